package tokenizer

import "github.com/sugarme/tokenizer/model/bpe"

// bpeScratch is one encoder's working memory.
type bpeScratch struct {
	parts []part
	queue mergeQueue
	cache map[string][]int32
}

// part is a symbol in a word's chain; prev and next are -1 at the ends, and a
// part that was merged into its left neighbour has symbol -1.
type part struct {
	symbol     int32
	prev, next int32
}

// merge applies the merges to a word's bytes, always the one of the lowest
// rank and among those the leftmost, in O(n log n).
func (m *byteBPE) merge(dst []int32, word string, sc *bpeScratch) []int32 {
	parts := sc.parts[:0]
	for i := 0; i < len(word); i++ {
		parts = append(parts, part{m.bytes[word[i]], int32(i - 1), int32(i + 1)})
	}
	parts[len(parts)-1].next = -1
	q := sc.queue[:0]
	for i := range parts[:len(parts)-1] {
		q = m.offer(q, parts, int32(i))
	}
	for len(q) > 0 {
		var top uint64
		top, q = q.pop()
		left := int32(top & (1<<32 - 1))
		val, ok := m.pair(parts, left)
		if !ok || val.Rank != int(top>>32) {
			continue // one of the two has changed since
		}
		right := parts[left].next
		parts[left].symbol = int32(val.NewId)
		parts[left].next = parts[right].next
		parts[right].symbol = -1
		if next := parts[left].next; next >= 0 {
			parts[next].prev = left
			q = m.offer(q, parts, left)
		}
		if prev := parts[left].prev; prev >= 0 {
			q = m.offer(q, parts, prev)
		}
	}
	for i := int32(0); i >= 0; i = parts[i].next {
		if s := int(parts[i].symbol); s < m.numTokens {
			dst = append(dst, int32(s))
		} else {
			dst = append(dst, m.text[s-m.numTokens]...)
		}
	}
	sc.parts, sc.queue = parts, q
	return dst
}

// pair returns the merge of part left with its right neighbour, if there is one.
func (m *byteBPE) pair(parts []part, left int32) (bpe.PairVal, bool) {
	p := parts[left]
	if p.symbol < 0 || p.next < 0 {
		return bpe.PairVal{}, false
	}
	val, ok := m.merges[bpe.Pair{C1: int(p.symbol), C2: int(parts[p.next].symbol)}]
	return val, ok
}

// offer queues the merge of part left with its right neighbour.
func (m *byteBPE) offer(q mergeQueue, parts []part, left int32) mergeQueue {
	if val, ok := m.pair(parts, left); ok {
		return q.push(uint64(val.Rank)<<32 | uint64(left))
	}
	return q
}

// mergeQueue is a binary heap of rank<<32 | position: smallest rank first,
// leftmost among equals. container/heap would allocate for each element.
type mergeQueue []uint64

func (q mergeQueue) push(x uint64) mergeQueue {
	q = append(q, x)
	i := len(q) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if q[parent] <= x {
			break
		}
		q[i] = q[parent]
		i = parent
	}
	q[i] = x
	return q
}

func (q mergeQueue) pop() (uint64, mergeQueue) {
	top, x := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	i := 0
	for {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if x <= q[child] {
			break
		}
		q[i] = q[child]
		i = child
	}
	if len(q) > 0 {
		q[i] = x
	}
	return top, q
}

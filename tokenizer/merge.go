package tokenizer

import (
	"hash/maphash"

	"github.com/sugarme/tokenizer/model/bpe"
)

// bpeScratch is one encoder's working memory.
type bpeScratch struct {
	parts []part
	queue queue[bpeMerge]
	words wordCache
}

// wordCache remembers the ids of short words: they repeat, so it answers for
// most of a text. A word has one place; a newer word takes it.
type wordCache struct {
	seed  maphash.Seed
	words []cachedWord // a power of two, made at first use
}

type cachedWord struct {
	word string
	ids  []int32
}

const (
	cacheWords = 1 << 14
	maxCacheOf = 64 // bytes of a word worth keeping
)

// place returns where word is remembered or will be.
func (c *wordCache) place(word string) *cachedWord {
	if c.words == nil {
		c.seed, c.words = maphash.MakeSeed(), make([]cachedWord, cacheWords)
	}
	return &c.words[maphash.String(c.seed, word)&(cacheWords-1)]
}

// part is a symbol in a word's chain; prev and next are -1 at the ends, and a
// part that was merged into its left neighbour has symbol -1.
type part struct {
	symbol     int32
	prev, next int32
}

// bpeMerge is a possible merge of two neighbours. It is out of date when they
// are no longer the symbols it was made for.
type bpeMerge struct{ left, right, merged int32 }

// merge applies the merges to a word's bytes, always the one of the lowest
// rank and among those the leftmost, in O(n log n).
func (m *byteBPE) merge(dst []int32, word string, sc *bpeScratch) []int32 {
	sc.parts, sc.queue = sc.parts[:0], sc.queue[:0]
	for i := 0; i < len(word); i++ {
		sc.parts = append(sc.parts, part{m.bytes[word[i]], int32(i - 1), int32(i + 1)})
	}
	parts := sc.parts
	parts[len(parts)-1].next = -1
	for i := range parts[:len(parts)-1] {
		m.offer(sc, int32(i))
	}
	for len(sc.queue) > 0 {
		order, merge := sc.queue.pop()
		left := int32(uint32(order))
		right := parts[left].next
		if parts[left].symbol != merge.left || right < 0 || parts[right].symbol != merge.right {
			continue
		}
		parts[left].symbol = merge.merged
		parts[left].next = parts[right].next
		parts[right].symbol = -1
		if next := parts[left].next; next >= 0 {
			parts[next].prev = left
			m.offer(sc, left)
		}
		if prev := parts[left].prev; prev >= 0 {
			m.offer(sc, prev)
		}
	}
	for i := int32(0); i >= 0; i = parts[i].next {
		if s := int(parts[i].symbol); s < m.numTokens {
			dst = append(dst, int32(s))
		} else {
			dst = append(dst, m.text[s-m.numTokens]...)
		}
	}
	return dst
}

// offer queues the merge of part left with its right neighbour, if there is
// one: by rank, then by position.
func (m *byteBPE) offer(sc *bpeScratch, left int32) {
	l, r := sc.parts[left].symbol, sc.parts[sc.parts[left].next].symbol
	if val, ok := m.merges[bpe.Pair{C1: int(l), C2: int(r)}]; ok {
		sc.queue.push(uint64(val.Rank)<<32|uint64(left), bpeMerge{l, r, int32(val.NewId)})
	}
}

package tokenizer

import (
	"container/heap"
	"fmt"
	"strconv"
	"strings"
)

// spaceMark is how SentencePiece writes a space.
const spaceMark = "\u2581"

// spm is SentencePiece BPE as llama.cpp does it for the "llama" kind: pairs of
// neighbours that together are a token merge, the highest score first; what is
// no token in the end falls back to its bytes.
type spm struct {
	ids    map[string]int32
	scores []float32
	bytes  [256]int32 // byte -> id of <0xNN>, or None
}

func (t *Tokenizer) initSPM(v *Vocab) error {
	if len(v.Scores) != len(t.tokens) {
		return fmt.Errorf("%d scores for %d tokens", len(v.Scores), len(t.tokens))
	}
	m := &spm{ids: t.ids, scores: v.Scores}
	for b := range m.bytes {
		id, ok := t.ids[fmt.Sprintf("<0x%02X>", b)]
		if !ok {
			id, ok = t.ids[string([]byte{byte(b)})]
		}
		if !ok {
			id = None
		}
		m.bytes[b] = id
	}
	t.model, t.addBOS, t.addSpacePrefix = m, or(v.AddBOS, true), or(v.AddSpacePrefix, true)
	t.pieces = make([]string, len(t.tokens))
	for i, text := range t.tokens {
		piece, err := spmPiece(text, t.types[i])
		if err != nil {
			return fmt.Errorf("token %d: %w", i, err)
		}
		t.pieces[i] = piece
	}
	return nil
}

func spmPiece(text string, typ Type) (string, error) {
	switch typ {
	case Control, Unknown, UserDefined:
		return text, nil
	case Normal:
		return strings.ReplaceAll(text, spaceMark, " "), nil
	case Byte:
		if len(text) != len("<0x00>") {
			return "", fmt.Errorf("%q is not a byte token", text)
		}
		b, err := strconv.ParseUint(text[3:5], 16, 8)
		if err != nil {
			return "", fmt.Errorf("%q is not a byte token", text)
		}
		return string([]byte{byte(b)}), nil
	}
	return "", nil
}

// spmPart is the bytes [start, end) of the text in the chain of parts; an
// empty one was merged into its left neighbour.
type spmPart struct {
	start, end int32
	prev, next int32
}

// spmPair is a possible merge of part left with its right neighbour.
type spmPair struct {
	score       float32
	left, right int32
	size        int32 // bytes of both: tells whether one has changed since
}

// spmQueue is a heap: highest score first, leftmost among equals.
type spmQueue []spmPair

func (q spmQueue) Len() int { return len(q) }
func (q spmQueue) Less(i, j int) bool {
	return q[i].score > q[j].score || q[i].score == q[j].score && q[i].left < q[j].left
}
func (q spmQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *spmQueue) Push(x any)   { *q = append(*q, x.(spmPair)) }
func (q *spmQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}

// spmText is one text being encoded.
type spmText struct {
	*spm
	text  string
	parts []spmPart
	queue spmQueue
}

// encode appends the ids of text to dst.
func (m *spm) encode(dst []int32, text string) ([]int32, error) {
	t := &spmText{spm: m, text: strings.ReplaceAll(text, " ", spaceMark)}
	for i := range t.text {
		k := int32(len(t.parts))
		t.parts = append(t.parts, spmPart{start: int32(i), prev: k - 1, next: k + 1})
		if k > 0 {
			t.parts[k-1].end = int32(i)
		}
	}
	last := &t.parts[len(t.parts)-1]
	last.end, last.next = int32(len(t.text)), -1
	for i := range t.parts {
		t.offer(int32(i))
	}
	for len(t.queue) > 0 {
		t.merge(heap.Pop(&t.queue).(spmPair))
	}
	for i := int32(0); i >= 0; i = t.parts[i].next {
		var err error
		if dst, err = t.ids32(dst, t.text[t.parts[i].start:t.parts[i].end]); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// offer queues the merge of part left with its right neighbour, if the two
// together are a token.
func (t *spmText) offer(left int32) {
	if left < 0 || t.parts[left].next < 0 {
		return
	}
	l, r := t.parts[left], t.parts[t.parts[left].next]
	if id, ok := t.ids[t.text[l.start:r.end]]; ok {
		heap.Push(&t.queue, spmPair{t.scores[id], left, l.next, r.end - l.start})
	}
}

func (t *spmText) merge(p spmPair) {
	l, r := &t.parts[p.left], &t.parts[p.right]
	if l.start == l.end || r.start == r.end || (l.end-l.start)+(r.end-r.start) != p.size {
		return // one of the two has changed since
	}
	l.end, r.start = r.end, r.end
	l.next = r.next
	if r.next >= 0 {
		t.parts[r.next].prev = p.left
	}
	t.offer(l.prev)
	t.offer(p.left)
}

// ids32 appends the token that s is, or those of its bytes.
func (m *spm) ids32(dst []int32, s string) ([]int32, error) {
	if id, ok := m.ids[s]; ok {
		return append(dst, id), nil
	}
	for _, b := range []byte(s) {
		if m.bytes[b] == None {
			return nil, fmt.Errorf("%q is not in the vocabulary and byte 0x%02X has no token", s, b)
		}
		dst = append(dst, m.bytes[b])
	}
	return dst, nil
}

package tokenizer

import (
	"fmt"
	"math"
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

// spmMerge is a possible merge of a part with its right neighbour. It is out of
// date when the two have no longer size bytes together.
type spmMerge struct{ right, size int32 }

// spmOrder sorts merges: the highest score first, then the leftmost.
func spmOrder(score float32, left int32) uint64 {
	bits := math.Float32bits(score)
	if bits>>31 == 0 {
		bits ^= 1<<31 - 1 // positive: the larger, the earlier
	}
	return uint64(bits)<<32 | uint64(left)
}

// spmText is one text being encoded.
type spmText struct {
	*spm
	text  string
	parts []spmPart
	queue queue[spmMerge]
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
		order, m := t.queue.pop()
		t.merge(int32(uint32(order)), m)
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
		t.queue.push(spmOrder(t.scores[id], left), spmMerge{l.next, r.end - l.start})
	}
}

func (t *spmText) merge(left int32, m spmMerge) {
	l, r := &t.parts[left], &t.parts[m.right]
	if l.start == l.end || r.start == r.end || (l.end-l.start)+(r.end-r.start) != m.size {
		return
	}
	l.end, r.start = r.end, r.end
	l.next = r.next
	if r.next >= 0 {
		t.parts[r.next].prev = left
	}
	t.offer(l.prev)
	t.offer(left)
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

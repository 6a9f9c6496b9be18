package gguf

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Read reads the description of a GGUF file of size bytes. It keeps nothing of
// r.
func Read(r io.ReaderAt, size int64) (*File, error) {
	p := &parser{r: r, size: size, limit: min(size, maxHeader)}
	p.seek(0)
	f := &File{Size: size, Alignment: defaultAlignment, keys: map[string]int{}, tensors: map[string]int{}}
	if err := p.file(f); err != nil {
		return nil, err
	}
	return f, nil
}

// parser walks a file's header. pos never passes limit.
type parser struct {
	r     io.ReaderAt
	buf   *bufio.Reader
	pos   int64
	limit int64 // of the header
	size  int64 // of the file
	tmp   [8]byte
}

// errorf is an error about the content at the current position.
func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: at byte %d: %s", ErrFormat, p.pos, fmt.Sprintf(format, args...))
}

func (p *parser) file(f *File) error {
	nTensors, nKVs, err := p.prelude(f)
	if err != nil {
		return err
	}
	for i := range nKVs {
		if err := p.kv(f); err != nil {
			return fmt.Errorf("metadata entry %d of %d: %w", i+1, nKVs, err)
		}
	}
	if err := f.setAlignment(); err != nil {
		return err
	}
	for i := range nTensors {
		if err := p.tensor(f); err != nil {
			return fmt.Errorf("tensor %d of %d: %w", i+1, nTensors, err)
		}
	}
	return p.place(f)
}

// prelude reads magic, version and the two counts.
func (p *parser) prelude(f *File) (nTensors, nKVs uint64, err error) {
	if p.size < 24 {
		return 0, 0, fmt.Errorf("%w: %d bytes are too few for a header", ErrFormat, p.size)
	}
	m, err := p.take(4, "magic")
	if err != nil {
		return 0, 0, err
	}
	if string(m) != magic {
		return 0, 0, fmt.Errorf("%w: it starts with %q, not %q", ErrFormat, m, magic)
	}
	if f.Version, err = p.uint32("version"); err != nil {
		return 0, 0, err
	}
	switch {
	case f.Version == 2 || f.Version == 3:
	case f.Version&0xffff == 0 && f.Version != 0:
		return 0, 0, fmt.Errorf("%w: it is big-endian; convert the model again for little-endian machines", ErrFormat)
	default:
		return 0, 0, fmt.Errorf("%w: it is GGUF version %d; versions 2 and 3 are read", ErrFormat, f.Version)
	}
	// The smallest tensor entry takes 24 bytes, the smallest metadata entry 13.
	if nTensors, err = p.count(24, "tensor"); err != nil {
		return 0, 0, err
	}
	nKVs, err = p.count(13, "metadata entry")
	return nTensors, nKVs, err
}

// count reads a number of entries of at least minSize bytes each.
func (p *parser) count(minSize uint64, what string) (uint64, error) {
	n, err := p.uint64(what + " count")
	if err != nil {
		return 0, err
	}
	if n > maxEntries || n > uint64(p.limit-p.pos)/minSize {
		return 0, p.errorf("a %s count of %d in a file of %d bytes", what, n, p.size)
	}
	return n, nil
}

func (p *parser) kv(f *File) error {
	key, err := p.text(maxKey, "key")
	if err != nil {
		return err
	}
	if _, dup := f.keys[key]; dup {
		return p.errorf("key %q appears twice", key)
	}
	v, err := p.value()
	if err != nil {
		return fmt.Errorf("key %q: %w", key, err)
	}
	f.keys[key] = len(f.Metadata)
	f.Metadata = append(f.Metadata, KV{key, v})
	return nil
}

func (p *parser) value() (Value, error) {
	k, err := p.kind()
	if err != nil {
		return Value{}, err
	}
	switch k {
	case KindString:
		s, err := p.string(uint64(p.limit), "string")
		return Value{kind: k, raw: s}, err
	case KindArray:
		return p.array()
	}
	raw, err := p.take(kindSizes[k], k.String())
	if err != nil {
		return Value{}, err
	}
	return scalarValue(k, raw), nil
}

// array reads an array; llama.cpp reads no arrays of arrays.
func (p *parser) array() (Value, error) {
	elem, err := p.kind()
	if err != nil {
		return Value{}, err
	}
	if elem == KindArray {
		return Value{}, p.errorf("an array of arrays")
	}
	n, err := p.uint64("array length")
	if err != nil {
		return Value{}, err
	}
	minSize := uint64(kindSizes[elem])
	if elem == KindString {
		minSize = 8
	}
	left := uint64(p.limit - p.pos)
	if n > left/minSize {
		return Value{}, p.errorf("an array of %d elements with %d bytes left", n, left)
	}
	v := Value{kind: KindArray, elem: elem, n: int(n)}
	if elem == KindString {
		v.raw, err = p.stringArray(n)
	} else {
		v.raw, err = p.bytes(n*minSize, "array")
	}
	return v, err
}

// stringArray walks the strings once to learn their length, then reads them in
// one piece, so that nothing is allocated for lengths that are lies.
func (p *parser) stringArray(n uint64) ([]byte, error) {
	start := p.pos
	for range n {
		size, err := p.uint64("string length")
		if err != nil {
			return nil, err
		}
		if size > uint64(p.limit-p.pos) {
			return nil, p.errorf("a string of %d bytes with %d bytes left", size, p.limit-p.pos)
		}
		if err := p.skip(int64(size)); err != nil {
			return nil, err
		}
	}
	end := p.pos
	p.seek(start)
	return p.bytes(uint64(end-start), "string array")
}

func (p *parser) kind() (Kind, error) {
	k, err := p.uint32("kind")
	if err != nil {
		return 0, err
	}
	if int64(k) >= int64(len(kindSizes)) {
		return 0, p.errorf("metadata of unknown kind %d", k)
	}
	return Kind(k), nil
}

// tensor reads one tensor's entry; Offset stays relative to the data section
// until place.
func (p *parser) tensor(f *File) error {
	name, err := p.text(maxName, "tensor name")
	if err != nil {
		return err
	}
	if _, dup := f.tensors[name]; dup {
		return p.errorf("tensor %q appears twice", name)
	}
	dims, err := p.uint32("dimension count")
	if err != nil {
		return err
	}
	if dims == 0 || dims > maxDims {
		return p.errorf("tensor %q has %d dimensions, want 1 to %d", name, dims, maxDims)
	}
	t := Tensor{Name: name, Shape: make([]uint64, dims)}
	for i := range t.Shape {
		if t.Shape[i], err = p.uint64("dimension"); err != nil {
			return err
		}
		if t.Shape[i] == 0 {
			return p.errorf("tensor %q has an empty dimension", name)
		}
	}
	typ, err := p.uint32("tensor type")
	if err != nil {
		return err
	}
	t.Type = Type(typ)
	if t.Bytes, err = t.Type.Bytes(t.Shape); err != nil {
		return p.errorf("tensor %q %s", name, err)
	}
	off, err := p.uint64("tensor offset")
	if err != nil {
		return err
	}
	if off > uint64(p.size) || off%uint64(f.Alignment) != 0 {
		return p.errorf("tensor %q has offset %d, want a multiple of %d inside the file of %d bytes", name, off, f.Alignment, p.size)
	}
	t.Offset = int64(off)
	f.tensors[name] = len(f.Tensors)
	f.Tensors = append(f.Tensors, t)
	return nil
}

// place makes the offsets absolute and checks that every tensor lies inside
// the file and overlaps no other.
func (p *parser) place(f *File) error {
	f.DataOffset = align(p.pos, f.Alignment)
	order := make([]int, len(f.Tensors))
	for i := range order {
		order[i] = i
		f.Tensors[i].Offset += f.DataOffset
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Compare(f.Tensors[a].Offset, f.Tensors[b].Offset)
	})
	var prev Tensor
	for _, i := range order {
		t := f.Tensors[i]
		if t.Offset > f.Size || t.Bytes > f.Size-t.Offset {
			return fmt.Errorf("%w: tensor %q needs bytes %d to %d but the file ends at %d: it is truncated or damaged",
				ErrFormat, t.Name, t.Offset, t.Offset+t.Bytes, f.Size)
		}
		if t.Offset < prev.Offset+prev.Bytes {
			return fmt.Errorf("%w: tensors %q and %q overlap", ErrFormat, prev.Name, t.Name)
		}
		prev = t
	}
	return nil
}

func (f *File) setAlignment() error {
	v, ok := f.Value(keyAlignment)
	if !ok {
		return nil
	}
	a, ok := v.Int()
	if v.kind != KindUint32 || !ok || a <= 0 || a > maxAlignment || a&(a-1) != 0 {
		return fmt.Errorf("%w: %s is %v (%s), want a u32 power of two up to %d", ErrFormat, keyAlignment, v.Any(), v.kind, maxAlignment)
	}
	f.Alignment = a
	return nil
}

// align rounds n up to a multiple of a, a power of two.
func align(n, a int64) int64 { return (n + a - 1) &^ (a - 1) }

// text reads a string of at most max bytes.
func (p *parser) text(max uint64, what string) (string, error) {
	b, err := p.string(max, what)
	return string(b), err
}

func (p *parser) string(max uint64, what string) ([]byte, error) {
	n, err := p.uint64(what + " length")
	if err != nil {
		return nil, err
	}
	if n > max {
		return nil, p.errorf("a %s of %d bytes, want at most %d", what, n, max)
	}
	return p.bytes(n, what)
}

// bytes reads n bytes into their own memory, once they are known to exist.
func (p *parser) bytes(n uint64, what string) ([]byte, error) {
	if n > uint64(p.limit-p.pos) {
		return nil, p.short(n, what)
	}
	b := make([]byte, n)
	if err := p.fill(b); err != nil {
		return nil, err
	}
	return b, nil
}

func (p *parser) uint32(what string) (uint32, error) {
	b, err := p.take(4, what)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (p *parser) uint64(what string) (uint64, error) {
	b, err := p.take(8, what)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// take reads n <= 8 bytes, valid until the next call.
func (p *parser) take(n int, what string) ([]byte, error) {
	if int64(n) > p.limit-p.pos {
		return nil, p.short(uint64(n), what)
	}
	b, err := p.buf.Peek(n)
	if err != nil {
		return nil, p.readErr(err)
	}
	copy(p.tmp[:], b)
	p.pos += int64(n)
	_, err = p.buf.Discard(n)
	return p.tmp[:n], p.readErr(err)
}

// short says why n bytes cannot be read.
func (p *parser) short(n uint64, what string) error {
	if p.limit < p.size {
		return p.errorf("the header is larger than %d bytes", p.limit)
	}
	return p.errorf("the file ends inside a %s: %d bytes wanted, %d left", what, n, p.limit-p.pos)
}

func (p *parser) fill(b []byte) error {
	n, err := io.ReadFull(p.buf, b)
	p.pos += int64(n)
	return p.readErr(err)
}

func (p *parser) skip(n int64) error {
	const whole = 1 << 30 // Discard takes an int, which may have 32 bits
	for n > 0 {
		d, err := p.buf.Discard(int(min(n, whole)))
		p.pos += int64(d)
		n -= int64(d)
		if err != nil {
			return p.readErr(err)
		}
	}
	return nil
}

// readErr words the end of a file that was longer a moment ago.
func (p *parser) readErr(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return p.errorf("the file is shorter than its size of %d bytes", p.size)
	}
	return err
}

// seek continues at pos.
func (p *parser) seek(pos int64) {
	p.pos = pos
	section := io.NewSectionReader(p.r, pos, p.limit-pos)
	if p.buf == nil {
		p.buf = bufio.NewReaderSize(section, window)
		return
	}
	p.buf.Reset(section)
}

package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The numbers of the WebAssembly sections that matter here (core
// specification, section 5.5.2).
const (
	sectionCustom    = 0
	sectionMemory    = 5
	sectionStart     = 8
	sectionData      = 11
	sectionDataCount = 12
)

// wasmPage is the unit of WebAssembly memory sizes.
const wasmPage = 64 << 10

// guestModule is the guest taken apart: code that the engine compiles, and the
// start contents of its memory, which the host supplies. So the same compiled
// code boots the guest once and afterwards runs over the booted memory.
type guestModule struct {
	code []byte // the module without data and debug sections
	size int    // start size of the linear memory, bytes
	data []segment
}

// segment is bytes that go to an address.
type segment struct {
	at    uint32
	bytes []byte
}

// splitGuest takes a module apart.
func splitGuest(wasm []byte) (*guestModule, error) {
	if len(wasm) < 8 || string(wasm[:4]) != "\x00asm" {
		return nil, errors.New("guest: not a WebAssembly module")
	}
	g := &guestModule{code: append([]byte(nil), wasm[:8]...)}
	for rest := wasm[8:]; len(rest) > 0; {
		id := rest[0]
		r := reader{b: rest[1:]}
		body := r.bytes(r.uvarint())
		if r.bad {
			return nil, fmt.Errorf("guest: section %d is cut short", id)
		}
		raw := rest[:len(rest)-len(r.b)]
		rest = r.b
		err := error(nil)
		switch id {
		case sectionCustom, sectionDataCount:
			continue
		case sectionData:
			if err = g.readData(body); err != nil {
				return nil, err
			}
			continue
		case sectionStart:
			return nil, errors.New("guest: has a start function")
		case sectionMemory:
			err = g.readMemory(body)
		}
		if err != nil {
			return nil, err
		}
		g.code = append(g.code, raw...)
	}
	return g, g.check()
}

func (g *guestModule) readMemory(body []byte) error {
	r := reader{b: body}
	count, kind, pages := r.uvarint(), r.uvarint(), r.uvarint()
	if r.bad || count != 1 || kind > 1 || pages > 1<<16 {
		return errors.New("guest: must have one plain 32-bit memory")
	}
	g.size = int(pages) * wasmPage
	return nil
}

// readData reads active segments with constant addresses, all that a C program
// without threads has.
func (g *guestModule) readData(body []byte) error {
	r := reader{b: body}
	for range r.uvarint() {
		kind, op, at, end := r.uvarint(), r.byte(), r.varint32(), r.byte()
		s := segment{uint32(at), r.bytes(r.uvarint())}
		if r.bad || kind != 0 || op != 0x41 || end != 0x0b { // i32.const …, end
			return errors.New("guest: a data segment is not of the plain kind")
		}
		g.data = append(g.data, s)
	}
	return nil
}

func (g *guestModule) check() error {
	for _, s := range g.data {
		if uint64(s.at)+uint64(len(s.bytes)) > uint64(g.size) {
			return errors.New("guest: a data segment lies outside the memory")
		}
	}
	return nil
}

// reader reads WebAssembly's encodings; bad is set once something is missing.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// varint32 reads a signed LEB128 number of 32 bits.
func (r *reader) varint32() int32 {
	var v int64
	for shift := uint(0); shift < 35; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return int32(v)
		}
	}
	r.bad = true
	return 0
}

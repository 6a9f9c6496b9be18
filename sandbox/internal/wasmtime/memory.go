package wasmtime

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Memory is a linear memory in a mapping of our own, so that the caller can
// back it by an image, see which pages were written, and put them back. It may
// serve one instance at a time.
type Memory struct {
	c       *C.coderm_memory // in C memory: Wasmtime keeps its address
	mapping []byte
}

// NewMemory reserves address space for a linear memory of size bytes (a
// multiple of 64 KiB), all zero and all inaccessible beyond size.
func NewMemory(size int) (*Memory, error) {
	mapping, err := unix.Mmap(-1, 0, Reserved+Guard, unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve 4 GiB of address space: %w", err)
	}
	m := &Memory{c: (*C.coderm_memory)(C.malloc(C.sizeof_coderm_memory)), mapping: mapping} // cgo's malloc: never nil
	*m.c = C.coderm_memory{
		base:     (*C.uint8_t)(unsafe.Pointer(&mapping[0])), // no memory of Go's
		reserved: Reserved, guard: Guard, limit: Reserved, bound: Reserved,
	}
	if err := m.Resize(size); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Resize changes the accessible size. No instance may be using the memory.
// What is cut off keeps its pages until the caller drops or remaps them.
func (m *Memory) Resize(size int) error {
	if size < 0 || size > Reserved {
		return fmt.Errorf("linear memory: %d bytes, want at most %d", size, Reserved)
	}
	if old := int(m.c.size); size < old {
		if err := unix.Mprotect(m.mapping[size:old], unix.PROT_NONE); err != nil {
			return fmt.Errorf("linear memory: shrink: %w", err)
		}
	} else if size > old {
		if err := unix.Mprotect(m.mapping[old:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return fmt.Errorf("linear memory: grow: %w", err)
		}
	}
	m.c.size = C.size_t(size)
	return nil
}

// Limit is what the instance may have from now on, in bytes.
func (m *Memory) Limit(size int) { m.c.limit = C.size_t(max(size, 0)) }

// Denied tells whether an instance wanted more than Limit said, since Bound.
func (m *Memory) Denied() bool { return bool(m.c.denied) }

// Bound makes the memory refuse to grow beyond size bytes from now on, whatever
// its instance may have, and forget what it refused before.
func (m *Memory) Bound(size int) {
	m.c.bound, m.c.refused, m.c.denied = C.size_t(size), false, false
}

// Refused tells whether an instance wanted more than Bound said.
func (m *Memory) Refused() bool { return bool(m.c.refused) }

// Faults counts the page faults that guest code has taken while it used the memory.
// Without one, it cannot have written to a page for the first time.
func (m *Memory) Faults() int64 { return int64(m.c.faults) }

// Bytes is the accessible memory; it stays at its address while it grows.
func (m *Memory) Bytes() []byte { return m.mapping[:m.c.size:m.c.size] }

// Close unmaps the memory. The instance using it must be closed before.
func (m *Memory) Close() error {
	if m.c == nil {
		return nil
	}
	C.free(unsafe.Pointer(m.c))
	m.c = nil
	return unix.Munmap(m.mapping)
}

package cow

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// store holds copies of pages in a mapping of its own: beside the garbage
// collector's heap, it grows without a second copy and shrinks at once.
type store struct {
	mapping []byte
	pages   int
}

const (
	minStore  = 1 << 20 // bytes mapped at first
	keptStore = 4 << 20 // bytes that stay mapped when the store is emptied
)

func (s *store) size() int { return s.pages * PageSize }

// page is the copy that add made as number k.
func (s *store) page(k int32) []byte { return s.mapping[int(k)*PageSize:][:PageSize] }

// add copies a page and returns the copy's number.
func (s *store) add(page []byte) (int32, error) {
	at := s.size()
	if at == len(s.mapping) {
		if err := s.grow(max(minStore, 2*at)); err != nil {
			return 0, fmt.Errorf("cow: room for a checkpoint: %w", err)
		}
	}
	copy(s.mapping[at:], page)
	s.pages++
	return int32(s.pages - 1), nil
}

// grow moves the pages' mapping, not their contents.
func (s *store) grow(size int) (err error) {
	if s.mapping == nil {
		s.mapping, err = unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		return err
	}
	m, err := unix.Mremap(s.mapping, size, unix.MREMAP_MAYMOVE)
	if err == nil {
		s.mapping = m
	}
	return err
}

// clear forgets all copies, and frees their memory where that is a lot.
func (s *store) clear() error {
	s.pages = 0
	if len(s.mapping) <= keptStore {
		return nil
	}
	return s.close()
}

func (s *store) close() error {
	if s.mapping == nil {
		return nil
	}
	err := unix.Munmap(s.mapping)
	s.mapping, s.pages = nil, 0
	return err
}

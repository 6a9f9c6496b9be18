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
	below   []int32 // by copy: what the page's restored from without it
}

const (
	minStore  = 1 << 20 // bytes mapped at first
	keptStore = 4 << 20 // bytes that stay mapped when the store is emptied
)

func (s *store) size() int { return s.pages * PageSize }

// page is the copy that add made as number k.
func (s *store) page(k int32) []byte { return s.mapping[int(k)*PageSize:][:PageSize] }

// add copies a page, restored from the copy below before or from none (-1), and
// returns the copy's number.
func (s *store) add(page []byte, below int32) (int32, error) {
	at := s.size()
	if at == len(s.mapping) {
		if err := s.grow(max(minStore, 2*at)); err != nil {
			return 0, fmt.Errorf("cow: room for a checkpoint: %w", err)
		}
	}
	copy(s.mapping[at:], page)
	s.pages++
	s.below = append(s.below, below)
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

// cut forgets all copies but the first n, and frees their memory where that is a
// lot and none is left.
func (s *store) cut(n int32) error {
	s.pages, s.below = int(n), s.below[:n]
	if n > 0 || len(s.mapping) <= keptStore {
		return nil
	}
	return s.close()
}

func (s *store) close() error {
	if s.mapping == nil {
		return nil
	}
	err := unix.Munmap(s.mapping)
	s.mapping, s.pages, s.below = nil, 0, nil
	return err
}

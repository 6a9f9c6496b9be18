package cow

import (
	"bytes"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxIdle is how many restores in a row may find an owned page unchanged before
// it is given back to the image. An idle page costs a comparison (0.2 µs) every
// time; one that comes back between two restores to a checkpoint costs a look at all
// pages (300 µs), so the next time it may be idle for twice as long, up to
// maxPatience times.
const (
	maxIdle     = 64
	maxPatience = 6
)

// maxOwned is how many pages are kept for copying. After a run that wrote more
// (16 MiB), all but the checkpoint's are given back at once.
const maxOwned = 4096

// Space is a mapping over an Image that can be restored. It belongs to one thread at
// a time.
type Space struct {
	im  *Image
	mem []byte // accessible memory, the image's pages first, zeros after

	owned []page     // pages that may differ from the image
	index []int32    // page number → place in owned + 1; 0: the image's
	given []patience // by page number
	saved store      // contents that checkpoints save
	marks []mark     // the checkpoints below the last
	size  int        // bytes accessible at the last checkpoint
	pages *pagemap   // nil: no way to ask, drop everything every time
	dirty bool       // pages may have become owned since the last look
	clean bool       // nothing can have been written since the last restore or checkpoint
}

// mark is what a space was before a checkpoint.
type mark struct {
	saved int32 // pages
	size  int
}

// patience is what is known of a page that is not always owned.
type patience struct {
	given bool  // back, for being idle
	times uint8 // that it came back
}

// page is an owned page.
type page struct {
	number int32
	saved  int32 // number in Space.saved of what to restore, or -1: the image's
	idle   int32 // restores since it was last found changed
}

// NewSpace maps the image over the start of mem, which must be page-aligned,
// accessible, private memory not shorter than the image. With fresh set every
// restore drops all that was written: the simple way, to compare with and to
// fall back to.
func NewSpace(im *Image, mem []byte, fresh bool) (*Space, error) {
	s := &Space{im: im}
	if !fresh {
		s.pages, _ = openPagemap() // not readable in some containers: drop everything then
	}
	if err := s.SetSize(mem); err != nil {
		s.Close()
		return nil, err
	}
	s.size = len(mem)
	if err := s.start(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Space) start() error {
	// A huge page would make 512 pages owned by one write.
	if err := unix.Madvise(s.mem, unix.MADV_NOHUGEPAGE); err != nil && err != unix.EINVAL {
		return fmt.Errorf("cow: refuse huge pages: %w", err)
	}
	if err := s.im.mapOver(s.mem); err != nil {
		return err
	}
	return drop(s.mem)
}

// Close frees what the space holds beside the mapping.
func (s *Space) Close() error {
	err := s.saved.close()
	if s.pages != nil {
		err = errors.Join(err, s.pages.close())
	}
	return err
}

// SetSize tells the space that the accessible memory is now mem, at the same
// address: it grew by a run, or was cut back to the checkpoint's size. What is
// cut off reads as zero when it comes back.
func (s *Space) SetSize(mem []byte) error {
	if len(mem)%PageSize != 0 || len(mem) < len(s.im.data) {
		return fmt.Errorf("cow: bad memory size %d", len(mem))
	}
	if len(mem) < len(s.mem) {
		s.clean = false
		if err := drop(s.mem[len(mem):]); err != nil {
			return err
		}
		s.keep(func(p page) bool { return int(p.number) < len(mem)/PageSize })
	}
	s.mem = mem
	if n := len(mem) / PageSize; n > len(s.index) {
		s.index = append(s.index, make([]int32, n-len(s.index))...)
		s.given = append(s.given, make([]patience, n-len(s.given))...)
	}
	return nil
}

// Size is what the memory's size must be before Restore: its size at the last
// checkpoint.
func (s *Space) Size() int { return s.size }

// Use tells the space that the memory is about to be written.
func (s *Space) Use() { s.clean = false }

// Wrote tells the space that pages may have been written for the first time: that
// somebody who could write to the memory has taken a page fault.
func (s *Space) Wrote() { s.dirty = true }

// Own tells it that n bytes at an offset were.
func (s *Space) Own(at, n int) {
	if at+n > len(s.mem) || s.pages == nil {
		s.dirty = true
		return
	}
	for p := at / PageSize; p*PageSize < at+n; p++ {
		s.own(int32(p))
	}
}

// Checkpoint makes the present contents what Restore puts back, until Uncheck. It
// copies what differs from the image, or from the checkpoint before; if that is more
// than room bytes, it reports false and changes nothing.
func (s *Space) Checkpoint(room int) (bool, error) {
	if err := s.look(); err != nil {
		return false, err
	}
	if n := len(s.owned) * PageSize; n > room && n-s.unchanged() > room {
		return false, nil
	}
	s.marks = append(s.marks, mark{int32(s.saved.pages), s.size})
	s.size = len(s.mem)
	s.clean = true
	for k := range s.owned {
		p := &s.owned[k]
		p.idle = 0
		now := s.at(p.number)
		if bytes.Equal(now, s.want(p)) {
			continue
		}
		n, err := s.saved.add(now, p.saved)
		if err != nil {
			return false, errors.Join(err, s.Uncheck())
		}
		p.saved = n
	}
	return true, nil
}

// Uncheck drops the last checkpoint: the next Restore goes back to the one before,
// or to the image.
func (s *Space) Uncheck() error {
	s.clean = false
	last := s.marks[len(s.marks)-1]
	s.marks, s.size = s.marks[:len(s.marks)-1], last.size
	for k := range s.owned {
		if p := &s.owned[k]; p.saved >= last.saved {
			p.saved = s.saved.below[p.saved]
		}
	}
	return s.saved.cut(last.saved)
}

// Forget drops all checkpoints.
func (s *Space) Forget() error {
	for len(s.marks) > 0 {
		if err := s.Uncheck(); err != nil {
			return err
		}
	}
	return nil
}

// want is what Restore makes of an owned page.
func (s *Space) want(p *page) []byte {
	if p.saved >= 0 {
		return s.saved.page(p.saved)
	}
	return s.im.page(p.number)
}

// unchanged is how many bytes of owned pages are as Restore would make them.
func (s *Space) unchanged() int {
	n := 0
	for k := range s.owned {
		if p := &s.owned[k]; bytes.Equal(s.at(p.number), s.want(p)) {
			n += PageSize
		}
	}
	return n
}

// Saved is how many bytes the checkpoints take beside the memory.
func (s *Space) Saved() int { return s.saved.size() }

// Restore puts the memory back. Its size must be Size again.
func (s *Space) Restore() error {
	if len(s.mem) != s.size {
		return fmt.Errorf("cow: restore %d bytes into %d", s.size, len(s.mem))
	}
	if s.clean {
		return nil
	}
	if err := s.look(); err != nil {
		return err
	}
	s.clean = true
	if s.pages == nil {
		return s.refill()
	}
	if len(s.owned)-s.saved.pages > maxOwned {
		if err := s.giveBack(func(p page) bool { return p.saved < 0 }); err != nil {
			return err
		}
	}
	var idle []int32
	for k := range s.owned {
		p := &s.owned[k]
		now, want := s.at(p.number), s.want(p)
		if !bytes.Equal(now, want) {
			copy(now, want)
			p.idle = 0
		} else if p.idle++; s.isIdle(p) {
			idle = append(idle, p.number)
		}
	}
	if len(idle) <= len(s.owned)/8 {
		return nil
	}
	for _, n := range idle {
		s.given[n].given = true
	}
	return s.giveBack(func(p page) bool { return s.isIdle(&p) })
}

func (s *Space) isIdle(p *page) bool { return p.saved < 0 && p.idle > maxIdle<<s.given[p.number].times }

// look finds the pages that became owned since the last look.
func (s *Space) look() error {
	if !s.dirty {
		return nil
	}
	s.dirty = false
	if s.pages == nil {
		for n := range len(s.mem) / PageSize {
			s.own(int32(n))
		}
		return nil
	}
	return s.pages.owned(s.mem, s.own)
}

// own notes a page as owned.
func (s *Space) own(n int32) {
	if s.index[n] == 0 {
		s.owned = append(s.owned, page{number: n, saved: -1})
		s.index[n] = int32(len(s.owned))
		if g := &s.given[n]; g.given && len(s.marks) > 0 {
			g.times = min(g.times+1, maxPatience)
		}
		s.given[n].given = false
	}
}

// giveBack returns the pages for which f is true to the image.
func (s *Space) giveBack(f func(page) bool) error {
	var err error
	var run []byte // neighbouring pages are dropped by one call
	s.keep(func(p page) bool {
		if !f(p) {
			return true
		}
		at := s.at(p.number)
		if len(run) > 0 && unsafe.Pointer(&at[0]) == unsafe.Add(unsafe.Pointer(&run[0]), len(run)) {
			run = unsafe.Slice(&run[0], len(run)+PageSize)
			return false
		}
		if e := drop(run); err == nil {
			err = e
		}
		run = at
		return false
	})
	if e := drop(run); err == nil {
		err = e
	}
	return err
}

// keep forgets the owned pages for which f is false.
func (s *Space) keep(f func(page) bool) {
	kept := s.owned[:0]
	for _, p := range s.owned {
		s.index[p.number] = 0
		if f(p) {
			kept = append(kept, p)
			s.index[p.number] = int32(len(kept))
		}
	}
	s.owned = kept
}

// refill restores without knowing which pages were written.
func (s *Space) refill() error {
	if err := drop(s.mem); err != nil {
		return err
	}
	for _, p := range s.owned {
		if p.saved >= 0 {
			copy(s.at(p.number), s.saved.page(p.saved))
		}
	}
	return nil
}

// drop returns pages to the image, or to zero where there is none.
func drop(mem []byte) error {
	if len(mem) == 0 {
		return nil
	}
	if err := unix.Madvise(mem, unix.MADV_DONTNEED); err != nil {
		return fmt.Errorf("cow: drop pages: %w", err)
	}
	return nil
}

// at is a page's memory.
func (s *Space) at(n int32) []byte { return s.mem[int(n)*PageSize:][:PageSize:PageSize] }

// Package cow gives a memory mapping back the contents it had: the start image,
// or a checkpoint taken later. It is how one interpreter instance serves one
// program after another, each from the same state.
//
// The mapping is private over an image file, so a page holds the image's
// contents until it is first written, which costs a page fault and makes the
// page ours ("owned"). Owned pages stay owned: putting one back is a copy of
// 4 KiB, a tenth of what a fault costs. Which pages are owned is read from
// /proc/self/pagemap, and only after runs that took a fault at all: without a fault
// no page can have become owned.
package cow

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PageSize is the unit in which memory is tracked. Kernels with larger pages
// are refused by NewImage.
const PageSize = 4096

// Image is the start state: an anonymous file in memory that nobody can change.
// Pages without any part are holes of the file, and are kept from being looked
// at: the kernel fills a hole for good when it is first read.
type Image struct {
	fd    int
	data  []byte // read-only mapping
	part  []bool // by page: a part lies there
	below *Image // has the other pages; nil: they are zeros
}

// Part is bytes at an offset of an image.
type Part struct {
	At   int
	Data []byte
}

// NewImage makes an image of size bytes, a multiple of PageSize, that is zero
// where no part lies.
func NewImage(size int, parts []Part) (*Image, error) { return newImage(size, parts, nil) }

// Over makes an image with other contents in the pages where parts lie. It must be
// closed before im.
func (im *Image) Over(parts []Part) (*Image, error) { return newImage(len(im.data), parts, im) }

func newImage(size int, parts []Part, below *Image) (*Image, error) {
	if n := unix.Getpagesize(); n != PageSize {
		return nil, fmt.Errorf("cow: pages of %d bytes are not supported", n)
	}
	fd, err := unix.MemfdCreate("coderm-guest", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("cow: create an image: %w", err)
	}
	im := &Image{fd: fd, below: below}
	if err := im.fill(size, parts); err != nil {
		im.Close()
		return nil, fmt.Errorf("cow: fill an image: %w", err)
	}
	return im, nil
}

func (im *Image) fill(size int, parts []Part) error {
	if size%PageSize != 0 {
		return fmt.Errorf("%d bytes are no whole pages", size)
	}
	if err := unix.Ftruncate(im.fd, int64(size)); err != nil {
		return err
	}
	im.part = make([]bool, size/PageSize)
	for _, p := range parts {
		if p.At < 0 || p.At+len(p.Data) > size {
			return fmt.Errorf("a part of %d bytes at %d is outside %d", len(p.Data), p.At, size)
		}
		for at := 0; at < len(p.Data); {
			n, err := unix.Pwrite(im.fd, p.Data[at:], int64(p.At+at))
			if err != nil {
				return err
			}
			at += n
		}
		for n := p.At / PageSize; n*PageSize < p.At+len(p.Data); n++ {
			im.part[n] = true
		}
	}
	if err := im.seal(); err != nil {
		return err
	}
	if size == 0 {
		return nil
	}
	data, err := unix.Mmap(im.fd, 0, size, unix.PROT_READ, unix.MAP_SHARED)
	im.data = data
	return err
}

// sealTries bounds how often sealing is tried; the kernel itself waits 150 ms each time.
const sealTries = 100

// seal makes the image what it stays. While the kernel moves or reclaims pages, on
// a machine short of memory, it holds them, cannot tell that from somebody writing
// to them, and says EBUSY.
func (im *Image) seal() error {
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	var err error
	for range sealTries {
		if _, err = unix.FcntlInt(uintptr(im.fd), unix.F_ADD_SEALS, seals); err != unix.EBUSY {
			break
		}
	}
	return err
}

// page is the contents of a page, beyond the image's end too.
func (im *Image) page(n int32) []byte {
	if int(n) < len(im.part) && im.part[n] {
		return im.data[int(n)*PageSize:][:PageSize]
	}
	if im.below != nil {
		return im.below.page(n)
	}
	return zeros[:]
}

var zeros [PageSize]byte

// mapOver maps the parts over mem.
func (im *Image) mapOver(mem []byte) error {
	if im.below != nil {
		if err := im.below.mapOver(mem); err != nil {
			return err
		}
	}
	for from := 0; from < len(im.part); {
		to := from
		for to < len(im.part) && im.part[to] == im.part[from] {
			to++
		}
		if im.part[from] {
			at, n := from*PageSize, (to-from)*PageSize
			if _, err := unix.MmapPtr(im.fd, int64(at), unsafe.Pointer(&mem[at]), uintptr(n),
				unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE); err != nil {
				return fmt.Errorf("cow: map the image: %w", err)
			}
		}
		from = to
	}
	return nil
}

// Close frees the image. Spaces over it keep working.
func (im *Image) Close() error {
	if im.fd < 0 {
		return nil
	}
	err := unix.Close(im.fd)
	im.fd = -1
	if im.data != nil {
		if e := unix.Munmap(im.data); err == nil {
			err = e
		}
		im.data = nil
	}
	return err
}

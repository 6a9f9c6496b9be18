package cow

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagemap asks /proc/self/pagemap which pages are ours: for the ranges of them where
// the kernel can tell (Linux 6.7), else for 8 bytes a page. Both are described in
// Documentation/admin-guide/mm/pagemap.rst of the Linux source.
type pagemap struct {
	fd      int
	buf     []byte   // of entries
	regions []region // of a scan; nil: the kernel has none
}

const (
	bitPresent = 1 << 63
	bitSwapped = 1 << 62
	bitFile    = 1 << 61 // the page is the file's, not ours
)

func openPagemap() (*pagemap, error) {
	fd, err := unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cow: pagemap: %w", err)
	}
	return &pagemap{fd: fd, regions: make([]region, 256)}, nil
}

func (p *pagemap) close() error { return unix.Close(p.fd) }

// owned calls f for each page of mem that is not the image file's. A page that was
// only read where no part lies may be among them or not.
func (p *pagemap) owned(mem []byte, f func(n int32)) error {
	if len(mem) == 0 {
		return nil
	}
	if p.regions != nil {
		if p.scan(mem, f) == nil {
			return nil
		}
		p.regions = nil
	}
	return p.read(mem, f)
}

// region is struct page_region of linux/fs.h.
type region struct{ start, end, categories uint64 }

// scanArg is struct pm_scan_arg.
type scanArg struct {
	size, flags         uint64
	start, end, walkEnd uint64
	vec, vecLen         uint64
	maxPages            uint64
	inverted            uint64 // the categories below that a page must not have
	mask, anyOf, ret    uint64
}

const (
	pagemapScan = 0xc0606610 // _IOWR('f', 16, struct pm_scan_arg)

	isFile    = 1 << 2
	isPresent = 1 << 3
	isSwapped = 1 << 4
	isZero    = 1 << 5 // the kernel's page of zeros
)

// scan is owned by ranges.
func (p *pagemap) scan(mem []byte, f func(n int32)) error {
	first := uint64(uintptr(unsafe.Pointer(&mem[0])))
	arg := scanArg{
		start: first, end: first + uint64(len(mem)),
		vec: uint64(uintptr(unsafe.Pointer(&p.regions[0]))), vecLen: uint64(len(p.regions)),
		inverted: isFile | isZero, mask: isFile | isZero, anyOf: isPresent | isSwapped, ret: isPresent,
	}
	arg.size = uint64(unsafe.Sizeof(arg))
	for arg.start < arg.end {
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(p.fd), pagemapScan, uintptr(unsafe.Pointer(&arg)))
		if errno != 0 {
			return errno
		}
		for _, r := range p.regions[:n] {
			for at := r.start; at < r.end; at += PageSize {
				f(int32((at - first) / PageSize))
			}
		}
		if arg.walkEnd <= arg.start {
			return fmt.Errorf("cow: scan pagemap: stopped at %d of %d pages", (arg.start-first)/PageSize, len(mem)/PageSize)
		}
		arg.start = arg.walkEnd
	}
	return nil
}

// read is owned by entries.
func (p *pagemap) read(mem []byte, f func(n int32)) error {
	if p.buf == nil {
		p.buf = make([]byte, 64<<10)
	}
	first := uintptr(unsafe.Pointer(&mem[0])) / PageSize
	total := len(mem) / PageSize
	for n := 0; n < total; {
		want := min((total-n)*8, len(p.buf))
		got, err := unix.Pread(p.fd, p.buf[:want], int64(first+uintptr(n))*8)
		if err != nil || got < 8 {
			return fmt.Errorf("cow: read pagemap: %d bytes, %w", got, err)
		}
		for at := 0; at+8 <= got; at += 8 {
			e := binary.LittleEndian.Uint64(p.buf[at:])
			if e&(bitPresent|bitSwapped) != 0 && e&bitFile == 0 {
				f(int32(n))
			}
			n++
		}
	}
	return nil
}

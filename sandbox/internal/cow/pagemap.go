package cow

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagemap reads /proc/self/pagemap: 8 bytes a page, see
// Documentation/admin-guide/mm/pagemap.rst in the Linux source.
type pagemap struct {
	fd  int
	buf []byte
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
	return &pagemap{fd: fd, buf: make([]byte, 64<<10)}, nil
}

func (p *pagemap) close() error { return unix.Close(p.fd) }

// owned calls f for each page of mem that is not the image file's.
func (p *pagemap) owned(mem []byte, f func(n int32)) error {
	if len(mem) == 0 {
		return nil
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

// threadFaults counts the page faults of the calling thread.
func threadFaults() int64 {
	var ru unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &ru); err != nil {
		return -1 // unknown: look every time
	}
	return ru.Minflt + ru.Majflt
}

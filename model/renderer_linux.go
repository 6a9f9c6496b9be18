package model

import (
	"fmt"
	"os"
	"syscall"
)

// limitMemory bounds the address space to so many bytes more than there are.
func limitMemory(more uint64) error {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		return err
	}
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &r); err != nil {
		return err
	}
	r.Cur = min(pages*uint64(os.Getpagesize())+more, r.Max)
	r.Max = r.Cur
	return syscall.Setrlimit(syscall.RLIMIT_AS, &r)
}

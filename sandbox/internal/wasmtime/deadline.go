package wasmtime

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"sync/atomic"
	"unsafe"
)

// Deadline ends the calls of the instances made with it: when their ticks are
// over, or when another goroutine says so.
type Deadline struct {
	c *C.coderm_deadline // in C memory: the engine looks at it on every tick
}

// NewDeadline makes a deadline; Close frees it.
func NewDeadline() *Deadline {
	c := (*C.coderm_deadline)(C.malloc(C.sizeof_coderm_deadline)) // cgo's, never nil
	*c = C.coderm_deadline{}
	return &Deadline{c}
}

// Close frees the deadline after the instances that use it.
func (d *Deadline) Close() {
	C.free(unsafe.Pointer(d.c))
	d.c = nil
}

// Stop makes the call in progress, and all later ones, end at the next tick;
// Stop(false) lets calls run again. Safe for concurrent use until Close.
func (d *Deadline) Stop(on bool) {
	var v uint32
	if on {
		v = 1
	}
	atomic.StoreUint32(d.stop(), v)
}

func (d *Deadline) stop() *uint32 { return (*uint32)(unsafe.Pointer(&d.c.stop)) }

// passed tells whether the last call ended because of the deadline.
func (d *Deadline) passed() bool { return d.c.ticks == 0 || atomic.LoadUint32(d.stop()) != 0 }

package wasmtime

// #include "shim.h"
import "C"

import (
	"fmt"
	"runtime/cgo"
	"syscall"
	"unsafe"
)

// coderm_host_call runs host function fn of an instance. It returns -1, or the
// length of the trap message it wrote, at most size bytes. args and msg are C's, for
// this call.
//
//export coderm_host_call
func coderm_host_call(handle C.uintptr_t, fn C.uint32_t, args *C.wasmtime_val_raw_t, n C.size_t, msg *C.char, size C.size_t) C.int {
	i := cgo.Handle(handle).Value().(*Instance)
	err := i.host[fn](unsafe.Slice((*Raw)(unsafe.Pointer(args)), int(n)))
	if err == nil {
		return -1
	}
	i.failed = err
	return C.int(copy(unsafe.Slice((*byte)(unsafe.Pointer(msg)), int(size)), err.Error()))
}

// Thread runs f on a new thread whose stack has stackSize bytes: the threads
// the Go runtime makes have what the user's stack limit says, too little or
// too much for deep recursion in the guest. f must not be interrupted by
// runtime.Goexit. Thread returns at once.
func Thread(stackSize int, f func()) error {
	if stackSize < 0 {
		return fmt.Errorf("start a worker thread: a stack of %d bytes", stackSize)
	}
	h := cgo.NewHandle(f)
	// int coderm_thread(uintptr_t handle, size_t stack_size)
	if rc := C.coderm_thread(C.uintptr_t(h), C.size_t(stackSize)); rc != 0 {
		h.Delete()
		return fmt.Errorf("start a worker thread: %w", syscall.Errno(rc))
	}
	return nil
}

// coderm_thread_main is what a new thread runs.
//
//export coderm_thread_main
func coderm_thread_main(handle C.uintptr_t) {
	h := cgo.Handle(handle)
	f := h.Value().(func())
	h.Delete()
	f()
}

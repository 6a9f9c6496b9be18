package wasmtime

// #include <wasmtime.h>
import "C"

import (
	"errors"
	"fmt"
)

// TrapCode says why WebAssembly code was stopped.
type TrapCode int

// The trap codes the sandbox tells apart (wasmtime/trap.h); HostTrap is ours,
// for a trap that a host function raised.
const (
	HostTrap      TrapCode = -1
	StackOverflow TrapCode = C.WASMTIME_TRAP_CODE_STACK_OVERFLOW
	OutOfBounds   TrapCode = C.WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS
	Unreachable   TrapCode = C.WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED
	Interrupt     TrapCode = C.WASMTIME_TRAP_CODE_INTERRUPT
	OutOfFuel     TrapCode = C.WASMTIME_TRAP_CODE_OUT_OF_FUEL
)

// Trap is the end of a call by a trap.
type Trap struct {
	Code    TrapCode
	Message string
}

func (t *Trap) Error() string { return "trap: " + t.Message }

// takeError turns an owned C error into a Go one and frees it.
func takeError(what string, e *C.wasmtime_error_t) error {
	if e == nil {
		return nil
	}
	var msg C.wasm_name_t
	// void wasmtime_error_message(const wasmtime_error_t *error, wasm_name_t *message)
	C.wasmtime_error_message(e, &msg)
	text := goString(&msg)
	// void wasm_byte_vec_delete(own wasm_byte_vec_t*)
	C.wasm_byte_vec_delete(&msg)
	// void wasmtime_error_delete(wasmtime_error_t *error)
	C.wasmtime_error_delete(e)
	return fmt.Errorf("%s: %s", what, text)
}

// takeTrap turns an owned C trap into a Go error and frees it.
func takeTrap(t *C.wasm_trap_t) *Trap {
	var msg C.wasm_message_t
	// void wasm_trap_message(const wasm_trap_t*, own wasm_message_t* out)
	C.wasm_trap_message(t, &msg)
	trap := &Trap{Code: HostTrap, Message: goString(&msg)}
	// void wasm_byte_vec_delete(own wasm_byte_vec_t*)
	C.wasm_byte_vec_delete(&msg)
	var code C.wasmtime_trap_code_t
	// bool wasmtime_trap_code(const wasm_trap_t *, wasmtime_trap_code_t *code)
	if C.wasmtime_trap_code(t, &code) {
		trap.Code = TrapCode(code)
	}
	// void wasm_trap_delete(own wasm_trap_t*)
	C.wasm_trap_delete(t)
	return trap
}

// goString copies a name that C owns, without a trailing zero byte.
func goString(v *C.wasm_byte_vec_t) string {
	b := C.GoBytes(unsafePointer(v.data), C.int(v.size))
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return string(b)
}

var errClosed = errors.New("wasmtime: used after Close")

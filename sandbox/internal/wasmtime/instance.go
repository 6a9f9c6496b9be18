package wasmtime

// #include "shim.h"
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"
)

// Host answers the guest's imports by the name "module.name". Arguments and
// result share args: parameters from index 0 on, the result in args[0]. A
// returned error ends the guest's call as a trap of code HostTrap.
type Host map[string]func(args []Raw) error

// Raw is one WebAssembly value of type i32, i64, f32 or f64, in a
// wasmtime_val_raw_t: words, so that it has the alignment of one.
type Raw [2]uint64

// I32 reads the value as an unsigned 32-bit integer.
func (r *Raw) I32() uint32 { return uint32(r[0]) }

// I64 reads the value as an unsigned 64-bit integer.
func (r *Raw) I64() uint64 { return r[0] }

// SetI32 writes a 32-bit integer.
func (r *Raw) SetI32(v uint32) { r[0] = uint64(v) }

// SetI64 writes a 64-bit integer.
func (r *Raw) SetI64(v uint64) { r[0] = v }

// Instance is a module at work in a store of its own. Not for concurrent use.
type Instance struct {
	store  *C.wasmtime_store_t
	ctx    *C.wasmtime_context_t
	linker *C.wasmtime_linker_t
	inst   C.wasmtime_instance_t
	host   []func(args []Raw) error
	handle cgo.Handle
	mem    *Memory
	limit  *Deadline
	failed error // what a host function returned during the present call

	raw  [maxArgs]Raw // here, so that a call allocates nothing
	fuel uint64       // that the present call began with
	left C.uint64_t
	trap *C.wasm_trap_t

	held uint64 // fuel that Allow keeps back
}

// Instantiate makes an instance over mem, which must have the module's
// minimum size or more. Both mem and limit must outlive the instance.
func (m *Module) Instantiate(mem *Memory, limit *Deadline, host Host) (*Instance, error) {
	if m.c == nil || mem.c == nil {
		return nil, errClosed
	}
	i := &Instance{mem: mem, limit: limit}
	i.handle = cgo.NewHandle(i)
	// wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *engine)
	i.linker = C.wasmtime_linker_new(m.engine.c)
	// wasmtime_store_t *wasmtime_store_new(wasm_engine_t *engine, void *data, void (*finalizer)(void *))
	i.store = C.wasmtime_store_new(m.engine.c, nil, nil)
	// wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *store)
	i.ctx = C.wasmtime_store_context(i.store)
	// void coderm_store_deadline(wasmtime_store_t *store, coderm_deadline *d)
	C.coderm_store_deadline(i.store, limit.c)
	if err := i.link(m, host); err != nil {
		i.Close()
		return nil, err
	}
	var trap *C.wasm_trap_t
	// wasmtime_error_t *coderm_instantiate(wasmtime_linker_t *linker, wasmtime_module_t *module, wasmtime_context_t *ctx, coderm_memory *mem, wasmtime_instance_t *instance, wasm_trap_t **trap)
	err := C.coderm_instantiate(i.linker, m.c, i.ctx, mem.c, &i.inst, &trap)
	if err != nil {
		i.Close()
		return nil, takeError("wasmtime: instantiate", err)
	}
	if trap != nil {
		i.Close()
		return nil, fmt.Errorf("wasmtime: instantiate: %w", takeTrap(trap))
	}
	return i, nil
}

func (i *Instance) link(m *Module, host Host) error {
	return m.eachImport(func(name string, t *C.wasm_importtype_t) error {
		f, ok := host[name]
		if !ok {
			return fmt.Errorf("wasmtime: instantiate: the host has no %s", name)
		}
		fn := len(i.host)
		i.host = append(i.host, f)
		return takeError("wasmtime: define "+name,
			// wasmtime_error_t *coderm_define(wasmtime_linker_t *linker, const wasm_importtype_t *import, uintptr_t handle, uint32_t fn, coderm_memory *mem)
			C.coderm_define(i.linker, t, C.uintptr_t(i.handle), C.uint32_t(fn), i.mem.c))
	})
}

// Close frees the instance and its store.
func (i *Instance) Close() {
	if i.store == nil {
		return
	}
	// void wasmtime_store_delete(wasmtime_store_t *store)
	C.wasmtime_store_delete(i.store)
	// void wasmtime_linker_delete(wasmtime_linker_t *linker)
	C.wasmtime_linker_delete(i.linker)
	i.handle.Delete()
	i.store = nil
}

// Func is an exported function.
type Func struct{ c C.wasmtime_func_t }

// Func finds an exported function.
func (i *Instance) Func(name string) (*Func, error) {
	e, err := i.export(name, C.WASMTIME_EXTERN_FUNC)
	if err != nil {
		return nil, err
	}
	return &Func{*(*C.wasmtime_func_t)(unsafe.Pointer(&e.of))}, nil
}

// Budget bounds one call.
type Budget struct {
	Fuel  uint64
	Ticks uint64 // epoch ticks until the call is interrupted
	Used  uint64 // fuel that other calls have used of the same budget
}

// maxArgs is how many arguments a call may have.
const maxArgs = 12

// Call calls f with integer arguments (maxArgs at most) and returns its first
// result, of which an i32 fills the lower half, and the fuel used of the budget. The error
// is a *Trap when the guest was stopped.
func (i *Instance) Call(f *Func, b Budget, args ...uint64) (result, fuel uint64, err error) {
	for k, a := range args {
		i.raw[k].SetI64(a)
	}
	i.limit.c.ticks = C.uint64_t(max(b.Ticks, 1))
	i.trap, i.failed, i.fuel = nil, nil, b.Fuel+b.Used
	i.held = 0
	// wasmtime_error_t *coderm_call(wasmtime_context_t *ctx, const wasmtime_func_t *f, wasmtime_val_raw_t *args, size_t n, uint64_t fuel, coderm_memory *mem, wasm_trap_t **trap)
	cerr := C.coderm_call(i.ctx, &f.c, (*C.wasmtime_val_raw_t)(unsafe.Pointer(&i.raw)), maxArgs,
		C.uint64_t(b.Fuel), i.mem.c, &i.trap)
	if cerr != nil {
		err := takeError("wasmtime: call", cerr)
		switch { // a trap that C code raises arrives as an error
		case i.failed != nil:
			err = &Trap{HostTrap, i.failed.Error()}
		case i.limit.passed():
			err = &Trap{Interrupt, "interrupted"}
		}
		return 0, i.Used(), err
	}
	fuel = i.Used()
	if i.trap != nil {
		return 0, fuel, takeTrap(i.trap)
	}
	return i.raw[0].I64(), fuel, nil
}

// Nested calls f from within a host function that the instance from called, of
// this instance or of from itself, on what is left of that call's budget.
func (i *Instance) Nested(from *Instance, f *Func, args ...uint64) (result uint64, err error) {
	for k, a := range args {
		i.raw[k].SetI64(a)
	}
	left := from.fuelLeft()
	if i != from {
		i.fuel, i.held = from.fuel, from.held
	}
	failed := i.failed
	i.trap, i.failed = nil, nil
	// wasmtime_error_t *coderm_call(wasmtime_context_t *ctx, const wasmtime_func_t *f, wasmtime_val_raw_t *args, size_t n, uint64_t fuel, coderm_memory *mem, wasm_trap_t **trap)
	cerr := C.coderm_call(i.ctx, &f.c, (*C.wasmtime_val_raw_t)(unsafe.Pointer(&i.raw)), maxArgs, C.uint64_t(left), i.mem.c, &i.trap)
	switch {
	case cerr != nil:
		err = takeError("wasmtime: call", cerr)
		switch {
		case i.failed != nil:
			err = &Trap{HostTrap, i.failed.Error()}
		case i.limit.passed():
			err = &Trap{Interrupt, "interrupted"}
		}
	case i.trap != nil:
		err = takeTrap(i.trap)
	}
	i.trap, i.failed = nil, failed
	if i != from {
		// wasmtime_error_t *wasmtime_context_set_fuel(wasmtime_context_t *context, uint64_t fuel)
		_ = takeError("", C.wasmtime_context_set_fuel(from.ctx, C.uint64_t(i.fuelLeft()))) // as for fuelLeft
	}
	return i.raw[0].I64(), err
}

// Allow, for host functions, gives the call in progress at most fuel until Allow
// is called again, of what its budget has left. Where that ends it, Part is true.
func (i *Instance) Allow(fuel uint64) {
	left := i.fuelLeft() + i.held
	fuel = min(fuel, left)
	i.held = left - fuel
	// wasmtime_error_t *wasmtime_context_set_fuel(wasmtime_context_t *context, uint64_t fuel)
	_ = takeError("", C.wasmtime_context_set_fuel(i.ctx, C.uint64_t(fuel))) // as for fuelLeft
}

// Part tells whether the last call was under a limit of Allow when it ended.
func (i *Instance) Part() bool { return i.held > 0 }

// Used is the fuel that the call in progress, or the last one, has used.
func (i *Instance) Used() uint64 { return i.fuel - i.held - i.fuelLeft() }

func (i *Instance) fuelLeft() uint64 {
	// wasmtime_error_t *wasmtime_context_get_fuel(const wasmtime_context_t *context, uint64_t *fuel)
	if err := takeError("", C.wasmtime_context_get_fuel(i.ctx, &i.left)); err != nil {
		return 0 // only when fuel is off, which NewEngine excludes
	}
	return uint64(i.left)
}

// Left is the fuel that the call in progress has left, for host functions.
func (i *Instance) Left() uint64 { return i.fuelLeft() }

// Spend takes fuel from the call in progress, for host functions.
func (i *Instance) Spend(fuel uint64) {
	left := i.fuelLeft()
	// wasmtime_error_t *wasmtime_context_set_fuel(wasmtime_context_t *context, uint64_t fuel)
	_ = takeError("", C.wasmtime_context_set_fuel(i.ctx, C.uint64_t(left-min(left, fuel)))) // as for fuelLeft
}

// Global reads an exported 32-bit global.
func (i *Instance) Global(name string) (uint32, error) {
	e, err := i.export(name, C.WASMTIME_EXTERN_GLOBAL)
	if err != nil {
		return 0, err
	}
	var v C.wasmtime_val_t
	// void wasmtime_global_get(wasmtime_context_t *store, const wasmtime_global_t *global, wasmtime_val_t *out)
	C.wasmtime_global_get(i.ctx, (*C.wasmtime_global_t)(unsafe.Pointer(&e.of)), &v)
	if v.kind != C.WASMTIME_I32 {
		return 0, fmt.Errorf("wasmtime: global %s is not an i32", name)
	}
	return *(*uint32)(unsafe.Pointer(&v.of)), nil
}

// SetGlobal writes an exported mutable 32-bit global.
func (i *Instance) SetGlobal(name string, value uint32) error {
	e, err := i.export(name, C.WASMTIME_EXTERN_GLOBAL)
	if err != nil {
		return err
	}
	v := C.wasmtime_val_t{kind: C.WASMTIME_I32}
	*(*uint32)(unsafe.Pointer(&v.of)) = value
	// wasmtime_error_t *wasmtime_global_set(wasmtime_context_t *store, const wasmtime_global_t *global, const wasmtime_val_t *val)
	return takeError("wasmtime: set "+name,
		C.wasmtime_global_set(i.ctx, (*C.wasmtime_global_t)(unsafe.Pointer(&e.of)), &v))
}

func (i *Instance) export(name string, kind C.wasmtime_extern_kind_t) (C.wasmtime_extern_t, error) {
	var e C.wasmtime_extern_t
	b := []byte(name)
	// bool wasmtime_instance_export_get(wasmtime_context_t *store, const wasmtime_instance_t *instance, const char *name, size_t name_len, wasmtime_extern_t *item)
	ok := C.wasmtime_instance_export_get(i.ctx, &i.inst, (*C.char)(unsafe.Pointer(&b[0])), C.size_t(len(b)), &e)
	if !ok || e.kind != kind {
		return e, fmt.Errorf("wasmtime: the module exports no such thing: %s", name)
	}
	return e, nil
}

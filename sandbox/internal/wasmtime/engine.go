package wasmtime

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Reserved is the address space a linear memory takes: all a 32-bit address
// can name. With Guard behind it, Wasmtime needs no bounds checks.
const (
	Reserved = 4 << 30
	Guard    = 32 << 20
)

// Config is what the sandbox chooses; the rest is fixed in NewEngine.
type Config struct {
	MaxStack int // bytes of native stack that WebAssembly code may use
}

// Engine compiles and runs modules. It is safe for concurrent use.
type Engine struct{ c *C.wasm_engine_t }

// NewEngine makes an engine with fuel and epochs on, whose linear memories come
// from Memory values.
func NewEngine(cfg Config) (*Engine, error) {
	// wasm_config_t* wasm_config_new(void)
	c := C.wasm_config_new()
	if c == nil {
		return nil, errors.New("wasmtime: no memory for a configuration")
	}
	// void wasmtime_config_NAME_set(wasm_config_t *, TYPE)
	C.wasmtime_config_consume_fuel_set(c, true)
	C.wasmtime_config_epoch_interruption_set(c, true)
	// The async stack is never used, but must not be smaller than the limit.
	C.wasmtime_config_async_stack_size_set(c, C.uint64_t(cfg.MaxStack+1<<20))
	C.wasmtime_config_max_wasm_stack_set(c, C.size_t(cfg.MaxStack))
	C.wasmtime_config_memory_reservation_set(c, Reserved)
	C.wasmtime_config_memory_guard_size_set(c, Guard)
	C.wasmtime_config_memory_may_move_set(c, false)
	C.wasmtime_config_native_unwind_info_set(c, false)
	// NaN payloads are the one place where WebAssembly differs between CPUs.
	C.wasmtime_config_cranelift_nan_canonicalization_set(c, true)
	// void coderm_config_memories(wasm_config_t *config)
	C.coderm_config_memories(c)
	// wasm_engine_t* wasm_engine_new_with_config(own wasm_config_t*)
	e := C.wasm_engine_new_with_config(c)
	if e == nil {
		return nil, errors.New("wasmtime: no engine for this configuration")
	}
	return &Engine{e}, nil
}

// Close frees the engine; modules and instances made by it stay usable.
func (e *Engine) Close() {
	if e.c != nil {
		// void wasm_engine_delete(own wasm_engine_t*)
		C.wasm_engine_delete(e.c)
		e.c = nil
	}
}

// Tick moves the epoch on by one: calls whose deadline passes are interrupted.
func (e *Engine) Tick() {
	// void wasmtime_engine_increment_epoch(wasm_engine_t *engine)
	C.wasmtime_engine_increment_epoch(e.c)
}

// Module is compiled code.
type Module struct {
	engine *Engine
	c      *C.wasmtime_module_t
}

// Compile compiles a WebAssembly binary. It uses all cores and takes seconds
// for an interpreter.
func (e *Engine) Compile(wasm []byte) (*Module, error) {
	if len(wasm) == 0 {
		return nil, errors.New("wasmtime: compile: empty module")
	}
	m := &Module{engine: e}
	// wasmtime_error_t *wasmtime_module_new(wasm_engine_t *engine, const uint8_t *wasm, size_t wasm_len, wasmtime_module_t **ret)
	err := C.wasmtime_module_new(e.c, (*C.uint8_t)(&wasm[0]), C.size_t(len(wasm)), &m.c)
	if err != nil {
		return nil, takeError("wasmtime: compile", err)
	}
	return m, nil
}

// Load maps a file that Serialize's bytes were written to. The file is code:
// the caller answers for its integrity.
func (e *Engine) Load(path string) (*Module, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	m := &Module{engine: e}
	// wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *engine, const char *path, wasmtime_module_t **ret)
	if err := C.wasmtime_module_deserialize_file(e.c, name, &m.c); err != nil {
		return nil, takeError("wasmtime: load "+path, err)
	}
	m.populate()
	return m, nil
}

// populate has the kernel map the code now and at once, where it can (Linux 5.14):
// piece by piece, as it is first run, looks like pages that a run has written.
func (m *Module) populate() {
	var start, end unsafe.Pointer
	// void wasmtime_module_image_range(const wasmtime_module_t *module, void **start, void **end)
	C.wasmtime_module_image_range(m.c, &start, &end)
	_ = unix.Madvise(unsafe.Slice((*byte)(start), uintptr(end)-uintptr(start)), unix.MADV_POPULATE_READ)
}

// Serialize returns the compiled code for Load.
func (m *Module) Serialize() ([]byte, error) {
	var v C.wasm_byte_vec_t
	// wasmtime_error_t *wasmtime_module_serialize(wasmtime_module_t *module, wasm_byte_vec_t *ret)
	if err := C.wasmtime_module_serialize(m.c, &v); err != nil {
		return nil, takeError("wasmtime: serialize", err)
	}
	// void wasm_byte_vec_delete(own wasm_byte_vec_t*)
	defer C.wasm_byte_vec_delete(&v)
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(v.data)), int(v.size))...), nil
}

// Close frees the module; instances made from it stay usable.
func (m *Module) Close() {
	if m.c != nil {
		// void wasmtime_module_delete(wasmtime_module_t *m)
		C.wasmtime_module_delete(m.c)
		m.c = nil
	}
}

// Imports lists what the module needs, as "module.name".
func (m *Module) Imports() []string {
	var out []string
	m.eachImport(func(name string, _ *C.wasm_importtype_t) error {
		out = append(out, name)
		return nil
	})
	return out
}

func (m *Module) eachImport(f func(name string, t *C.wasm_importtype_t) error) error {
	var v C.wasm_importtype_vec_t
	// void wasmtime_module_imports(const wasmtime_module_t *module, wasm_importtype_vec_t *out)
	C.wasmtime_module_imports(m.c, &v)
	// void wasm_importtype_vec_delete(own wasm_importtype_vec_t*)
	defer C.wasm_importtype_vec_delete(&v)
	for _, t := range unsafe.Slice(v.data, int(v.size)) {
		// const wasm_name_t* wasm_importtype_module(const wasm_importtype_t*)
		// const wasm_name_t* wasm_importtype_name(const wasm_importtype_t*)
		module, name := C.wasm_importtype_module(t), C.wasm_importtype_name(t)
		if err := f(goString(module)+"."+goString(name), t); err != nil {
			return err
		}
	}
	return nil
}

func unsafePointer(p *C.wasm_byte_t) unsafe.Pointer { return unsafe.Pointer(p) }

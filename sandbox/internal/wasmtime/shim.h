// Glue that cgo cannot express: C function pointers, thread-local state, and
// one call that would otherwise be five.
//
// Who owns what: errors and traps that are returned belong to the caller, who
// deletes them (takeError, takeTrap). Memories and deadlines are the caller's, in C
// memory, since Wasmtime keeps their addresses; both must outlive the store. Handles
// are cgo.Handles, numbers to C. Everything else is looked at during the call only.
//
// Threads: a store, with its context, linker and instance, is used by one at a time,
// and not always the same.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wasmtime.h>

// A linear memory mapped by us: base is the start of a reservation of
// `reserved` bytes followed by `guard` inaccessible ones; the first `size`
// bytes are readable and writable. Growth beyond `limit`, the guest's own, is denied,
// beyond `bound` refused, and either is noted.
// Whoever calls the instance may read and write it between calls.
typedef struct {
    uint8_t *base;
    size_t size, reserved, guard, limit, bound;
    bool denied, refused;
    int64_t faults; // page faults that guest code has taken while it used this
} coderm_memory;

// Makes the engine take linear memories from coderm_instantiate.
void coderm_config_memories(wasm_config_t *config);

// Instantiates the linked module in ctx with mem as its only linear memory, which
// is kept until the store is deleted. The instance is the store's; *instance names it.
wasmtime_error_t *coderm_instantiate(wasmtime_linker_t *linker,
                                     wasmtime_module_t *module,
                                     wasmtime_context_t *ctx,
                                     coderm_memory *mem,
                                     wasmtime_instance_t *instance,
                                     wasm_trap_t **trap);

// Defines the import module.name of type ty as host function number fn of the
// Go side's linker `handle`, which must stay until the linker and the stores made
// with it are deleted, as must mem, the memory of the instance.
wasmtime_error_t *coderm_define(wasmtime_linker_t *linker,
                                const wasm_importtype_t *import,
                                uintptr_t handle, uint32_t fn,
                                coderm_memory *mem);

// When a call must end: after `ticks` more epochs, or as soon as `stop` is set,
// which any thread may do, atomically. ticks is the calling thread's: it is set
// before a call and counted down during it.
typedef struct {
    uint64_t ticks;
    uint32_t stop;
} coderm_deadline;

// Makes every store epoch look at d, until the store is deleted.
void coderm_store_deadline(wasmtime_store_t *store, coderm_deadline *d);

// Sets the fuel and calls f, of the instance over mem, with n arguments (in and out in
// args, at least as many as f has parameters or results). Go's memory may be passed: it is looked at during
// the call only, though that calls back into Go.
wasmtime_error_t *coderm_call(wasmtime_context_t *ctx, const wasmtime_func_t *f,
                              wasmtime_val_raw_t *args, size_t n, uint64_t fuel,
                              coderm_memory *mem, wasm_trap_t **trap);

// Starts a thread with a stack of stack_size bytes that runs the Go function
// behind handle, which the function deletes, and ends. Returns 0 or an errno; then
// there is no thread and the handle is the caller's to delete.
int coderm_thread(uintptr_t handle, size_t stack_size);

#define _GNU_SOURCE // RUSAGE_THREAD
#include "shim.h"
#include "_cgo_export.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

// The memory that the instantiation in progress on this thread takes: Wasmtime
// asks an engine-wide callback for it, which is told nothing about the store.
static __thread coderm_memory *pending;

static uint8_t *memory_get(void *env, size_t *size, size_t *capacity) {
    coderm_memory *m = env;
    *size = m->size;
    *capacity = m->reserved;
    return m->base;
}

static wasmtime_error_t *memory_grow(void *env, size_t size) {
    coderm_memory *m = env;
    if (size > m->reserved)
        return wasmtime_error_new("linear memory: beyond its reservation");
    if (size > m->limit) {
        m->denied = true;
        return wasmtime_error_new("linear memory: beyond its limit");
    }
    if (size > m->bound) {
        m->refused = true;
        return wasmtime_error_new("linear memory: beyond its bound");
    }
    if (size > m->size) {
        if (mprotect(m->base + m->size, size - m->size, PROT_READ | PROT_WRITE) != 0)
            return wasmtime_error_new("linear memory: the system refuses more");
        m->size = size;
    }
    return NULL;
}

static wasmtime_error_t *memory_new(void *env, const wasm_memorytype_t *ty,
                                    size_t minimum, size_t maximum,
                                    size_t reserved, size_t guard,
                                    wasmtime_linear_memory_t *ret) {
    coderm_memory *m = pending;
    pending = NULL;
    if (m == NULL)
        return wasmtime_error_new("linear memory: none was given to this instance");
    if (m->size < minimum)
        return wasmtime_error_new("linear memory: smaller than the module says");
    if (m->reserved < reserved || m->guard < guard)
        return wasmtime_error_new("linear memory: reservation too small");
    ret->env = m;
    ret->get_memory = memory_get;
    ret->grow_memory = memory_grow;
    ret->finalizer = NULL; // the Go side owns it
    return NULL;
}

void coderm_config_memories(wasm_config_t *config) {
    wasmtime_memory_creator_t creator = {NULL, memory_new, NULL};
    wasmtime_config_host_memory_creator_set(config, &creator);
}

wasmtime_error_t *coderm_instantiate(wasmtime_linker_t *linker,
                                     wasmtime_module_t *module,
                                     wasmtime_context_t *ctx,
                                     coderm_memory *mem,
                                     wasmtime_instance_t *instance,
                                     wasm_trap_t **trap) {
    pending = mem;
    wasmtime_error_t *err =
        wasmtime_linker_instantiate(linker, ctx, module, instance, trap);
    pending = NULL;
    return err;
}

// thread_faults counts the page faults of this thread, or, where the system does
// not, how often it was asked: then there are always more than before.
static int64_t thread_faults(void) {
    static __thread int64_t asked;
    struct rusage r;
    return getrusage(RUSAGE_THREAD, &r) == 0 ? r.ru_minflt + r.ru_majflt : ++asked;
}

// What a host function needs to find its Go side.
typedef struct {
    uintptr_t handle;
    uint32_t fn;
    coderm_memory *mem;
} host_env;

static wasm_trap_t *host_call(void *env, wasmtime_caller_t *caller,
                              wasmtime_val_raw_t *args, size_t n) {
    host_env *e = env;
    char message[200]; // copied by wasmtime_trap_new
    e->mem->faults += thread_faults();
    int len = coderm_host_call(e->handle, e->fn, args, n, message, sizeof message);
    e->mem->faults -= thread_faults();
    return len < 0 ? NULL : wasmtime_trap_new(message, len);
}

wasmtime_error_t *coderm_define(wasmtime_linker_t *linker,
                                const wasm_importtype_t *import,
                                uintptr_t handle, uint32_t fn,
                                coderm_memory *mem) {
    const wasm_name_t *module = wasm_importtype_module(import);
    const wasm_name_t *name = wasm_importtype_name(import);
    const wasm_functype_t *ty =
        wasm_externtype_as_functype_const(wasm_importtype_type(import));
    if (ty == NULL)
        return wasmtime_error_new("import: not a function");
    host_env *e = malloc(sizeof *e); // the linker's, who frees it even when it refuses
    if (e == NULL)
        return wasmtime_error_new("import: out of memory");
    *e = (host_env){handle, fn, mem};
    return wasmtime_linker_define_func_unchecked(linker, module->data,
                                                 module->size, name->data,
                                                 name->size, ty, host_call, e,
                                                 free);
}

static wasmtime_error_t *
deadline_check(wasmtime_context_t *ctx, void *data, uint64_t *delta,
               wasmtime_update_deadline_kind_t *kind) {
    coderm_deadline *d = data;
    if (d->ticks > 0)
        d->ticks--;
    if (d->ticks == 0 || __atomic_load_n(&d->stop, __ATOMIC_RELAXED) != 0)
        return wasmtime_error_new("interrupted");
    *delta = 1;
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return NULL;
}

void coderm_store_deadline(wasmtime_store_t *store, coderm_deadline *d) {
    wasmtime_store_epoch_deadline_callback(store, deadline_check, d, NULL);
}

wasmtime_error_t *coderm_call(wasmtime_context_t *ctx, const wasmtime_func_t *f,
                              wasmtime_val_raw_t *args, size_t n, uint64_t fuel,
                              coderm_memory *mem, wasm_trap_t **trap) {
    wasmtime_error_t *err = wasmtime_context_set_fuel(ctx, fuel);
    if (err != NULL)
        return err;
    wasmtime_context_set_epoch_deadline(ctx, 1);
    mem->faults -= thread_faults();
    err = wasmtime_func_call_unchecked(ctx, f, args, n, trap);
    mem->faults += thread_faults();
    return err;
}

// What a thread's signal handlers need, Go's and Wasmtime's; Wasmtime makes do
// with a signal stack that it finds if that has 256 KiB or more.
enum { SIGNAL_STACK = 512 << 10 };

// The thread brings its signal stack, as part of its own stack, and switches it
// off before it ends. Wasmtime would map one and, when the thread ends, unmap it
// without switching it off: a signal that comes then kills the process.
static void *thread_main(void *arg) {
    char stack[SIGNAL_STACK];
    stack_t on = {.ss_sp = stack, .ss_size = sizeof stack}, off = {.ss_flags = SS_DISABLE};
    if (sigaltstack(&on, NULL) != 0)
        abort(); // the arguments are right, and no other failure is known
    coderm_thread_main((uintptr_t)arg);
    sigaltstack(&off, NULL);
    return NULL;
}

int coderm_thread(uintptr_t handle, size_t stack_size) {
    pthread_attr_t attr;
    pthread_t thread;
    int rc = pthread_attr_init(&attr);
    if (rc != 0)
        return rc;
    rc = pthread_attr_setstacksize(&attr, stack_size + SIGNAL_STACK);
    if (rc == 0)
        rc = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (rc == 0)
        rc = pthread_create(&thread, &attr, thread_main, (void *)handle);
    pthread_attr_destroy(&attr);
    return rc;
}

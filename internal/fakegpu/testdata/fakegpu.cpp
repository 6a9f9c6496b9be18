// A GPU backend for tests, loaded as the real ones are. Its devices have memory of
// their own, which is the host's and of a set size, and compute on the CPU. Their faults
// are those of CUDA: a buffer that does not fit is refused, and when memory runs out
// within a step the process is aborted.
//
//   CODERM_FAKE_GPU         memory of each device in MiB, e.g. "2048,1024"
//   CODERM_FAKE_GPU_FAULTS  file with a fault a line; each process takes the first:
//                           "alloc N" refuses its Nth buffer, "step N" aborts in the
//                           Nth graph it computes, "kill N" is killed there, with
//                           0 when it loads the backend

#include "ggml-backend-impl.h"
#include "ggml-backend.h"
#include "ggml.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct device {
    std::string name, description;
    size_t total = 0;
    std::atomic<size_t> used{0};
    ggml_backend_device dev = {};
    ggml_backend_buffer_type buft = {};
};

struct fault {
    std::string kind;
    long at = 0;
};

std::vector<device *> devices;
fault due;
std::atomic<long> buffers{0}, steps{0};

fault take_fault() {
    const char *path = getenv("CODERM_FAKE_GPU_FAULTS");
    if (!path) {
        return {};
    }
    std::ifstream in(path);
    std::string first, line, rest;
    std::getline(in, first);
    while (std::getline(in, line)) {
        rest += line + "\n";
    }
    in.close();
    std::ofstream(path) << rest;
    fault f;
    std::istringstream(first) >> f.kind >> f.at;
    return f;
}

device *of(ggml_backend_buffer_type_t t) { return (device *)t->context; }

// A buffer.

void buffer_free(ggml_backend_buffer_t b) {
    of(b->buft)->used -= b->size;
    free(b->context);
}
void *buffer_base(ggml_backend_buffer_t b) { return b->context; }
void buffer_memset(ggml_backend_buffer_t, ggml_tensor *t, uint8_t v, size_t at, size_t n) { memset((char *)t->data + at, v, n); }
void buffer_set(ggml_backend_buffer_t, ggml_tensor *t, const void *from, size_t at, size_t n) { memcpy((char *)t->data + at, from, n); }
void buffer_get(ggml_backend_buffer_t, const ggml_tensor *t, void *to, size_t at, size_t n) { memcpy(to, (const char *)t->data + at, n); }
void buffer_clear(ggml_backend_buffer_t b, uint8_t v) { memset(b->context, v, b->size); }

const size_t alignment = 64;

ggml_backend_buffer_t alloc(ggml_backend_buffer_type_t t, size_t size) {
    device *d = of(t);
    if ((due.kind == "alloc" && ++buffers == due.at) || d->used + size > d->total) {
        fprintf(stderr, "%s: out of memory: %zu bytes asked for, %zu of %zu in use\n", d->name.c_str(), size, d->used.load(), d->total);
        return nullptr;
    }
    void *base = nullptr;
    if (posix_memalign(&base, alignment, size + alignment) != 0) {
        return nullptr;
    }
    d->used += size;
    ggml_backend_buffer_i i = {};
    i.free_buffer = buffer_free;
    i.get_base = buffer_base;
    i.memset_tensor = buffer_memset;
    i.set_tensor = buffer_set;
    i.get_tensor = buffer_get;
    i.clear = buffer_clear;
    return ggml_backend_buffer_init(t, i, base, size);
}

const char *buft_name(ggml_backend_buffer_type_t t) { return of(t)->name.c_str(); }
size_t buft_alignment(ggml_backend_buffer_type_t) { return alignment; }
bool buft_is_host(ggml_backend_buffer_type_t) { return false; }

// What computes, in a context.

const char *backend_name(ggml_backend_t b) { return ((device *)b->device->context)->name.c_str(); }

void backend_free(ggml_backend_t b) {
    ggml_backend_free((ggml_backend_t)b->context);
    delete b;
}

enum ggml_status backend_compute(ggml_backend_t b, ggml_cgraph *g) {
    long step = ++steps;
    if (due.kind == "kill" && step == due.at) {
        raise(SIGKILL);
    }
    if (due.kind == "step" && step == due.at) {
        fprintf(stderr, "%s: out of memory\n", backend_name(b));
        GGML_ABORT("fake GPU error");
    }
    return ggml_backend_graph_compute((ggml_backend_t)b->context, g);
}

ggml_guid guid = {0xfa, 0x4e};

// A device.

device *of(ggml_backend_dev_t d) { return (device *)d->context; }
ggml_backend_dev_t cpu() { return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU); }

const char *dev_name(ggml_backend_dev_t d) { return of(d)->name.c_str(); }
const char *dev_description(ggml_backend_dev_t d) { return of(d)->description.c_str(); }
enum ggml_backend_dev_type dev_type(ggml_backend_dev_t) { return GGML_BACKEND_DEVICE_TYPE_GPU; }

void dev_memory(ggml_backend_dev_t d, size_t *free, size_t *total) {
    *total = of(d)->total;
    *free = of(d)->total - of(d)->used;
}

void dev_props(ggml_backend_dev_t d, ggml_backend_dev_props *p) {
    *p = {};
    p->name = dev_name(d);
    p->description = dev_description(d);
    p->type = dev_type(d);
    p->device_id = dev_name(d);
    dev_memory(d, &p->memory_free, &p->memory_total);
}

ggml_backend_t dev_init(ggml_backend_dev_t d, const char *) {
    auto *b = new ggml_backend();
    b->guid = &guid;
    b->device = d;
    b->context = ggml_backend_dev_init(cpu(), nullptr);
    b->iface.get_name = backend_name;
    b->iface.free = backend_free;
    b->iface.graph_compute = backend_compute;
    auto threads = (ggml_backend_set_n_threads_t)ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu()), "ggml_backend_set_n_threads");
    threads((ggml_backend_t)b->context, 1);
    return b;
}

ggml_backend_buffer_type_t dev_buft(ggml_backend_dev_t d) { return &of(d)->buft; }
bool dev_supports_op(ggml_backend_dev_t, const ggml_tensor *op) { return ggml_backend_dev_supports_op(cpu(), op); }
bool dev_supports_buft(ggml_backend_dev_t d, ggml_backend_buffer_type_t t) { return t->device == d; }

// The backend.

const char *reg_name(ggml_backend_reg_t) { return "Fake"; }
size_t reg_count(ggml_backend_reg_t) { return devices.size(); }
ggml_backend_dev_t reg_device(ggml_backend_reg_t, size_t i) { return &devices[i]->dev; }
void *reg_address(ggml_backend_reg_t, const char *) { return nullptr; }

ggml_backend_reg reg = {GGML_BACKEND_API_VERSION, {reg_name, reg_count, reg_device, reg_address}, nullptr};

} // namespace

extern "C" ggml_backend_reg_t ggml_backend_init(void) {
    if (!devices.empty()) {
        return &reg;
    }
    due = take_fault();
    if (due.kind == "kill" && due.at == 0) {
        fprintf(stderr, "the driver fails\n");
        raise(SIGKILL);
    }
    std::istringstream sizes(getenv("CODERM_FAKE_GPU") ? getenv("CODERM_FAKE_GPU") : "2048");
    for (std::string mib; std::getline(sizes, mib, ',');) {
        auto *d = new device();
        d->name = "Fake" + std::to_string(devices.size());
        d->description = "GPU of a test";
        d->total = std::stoull(mib) << 20;
        d->dev = {{}, &reg, d};
        d->dev.iface.get_name = dev_name;
        d->dev.iface.get_description = dev_description;
        d->dev.iface.get_memory = dev_memory;
        d->dev.iface.get_type = dev_type;
        d->dev.iface.get_props = dev_props;
        d->dev.iface.init_backend = dev_init;
        d->dev.iface.get_buffer_type = dev_buft;
        d->dev.iface.supports_op = dev_supports_op;
        d->dev.iface.supports_buft = dev_supports_buft;
        d->buft = {{}, &d->dev, d};
        d->buft.iface.get_name = buft_name;
        d->buft.iface.alloc_buffer = alloc;
        d->buft.iface.get_alignment = buft_alignment;
        d->buft.iface.is_host = buft_is_host;
        devices.push_back(d);
    }
    return &reg;
}

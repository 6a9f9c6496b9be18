#include "quantize.h"
#include "guard.h"

#include "llama.h"

#include <atomic>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

struct coderm_progress {
    std::atomic<int> done{0}, total{0};
    std::atomic<bool> cancel{false};

    std::thread::id thread;      // that quantizes
    ggml_log_callback log = nullptr; // where the lines go
    void *log_data = nullptr;
};

struct coderm_imatrix {
    std::unordered_map<std::string, std::vector<float>> values; // of each tensor
};

coderm_progress *coderm_progress_new(void) { return new (std::nothrow) coderm_progress; }

void coderm_progress_free(coderm_progress *p) { delete p; }

void coderm_progress_get(const coderm_progress *p, int *done, int *total) {
    *done = p->done;
    *total = p->total;
}

void coderm_progress_cancel(coderm_progress *p) { p->cancel = true; }

coderm_imatrix *coderm_imatrix_new(void) { return new (std::nothrow) coderm_imatrix; }

void coderm_imatrix_free(coderm_imatrix *m) { delete m; }

int coderm_imatrix_set(coderm_imatrix *m, const char *tensor, const float *values, size_t n) try {
    m->values[tensor].assign(values, values + n);
    return 1;
} catch (const std::exception &) {
    return 0;
}

namespace {

// llama.cpp has no other way to tell the progress than the line with which it
// begins each tensor, and none to stop: but an exception thrown from that line
// ends the quantization in good order, as between tensors no thread is at work.
void on_line(enum ggml_log_level level, const char *text, void *data) {
    auto *p = static_cast<coderm_progress *>(data);
    if (p->log) {
        p->log(level, text, p->log_data);
    }
    int done, total;
    if (std::this_thread::get_id() == p->thread && sscanf(text, "[%d/%d]", &done, &total) == 2) {
        p->done = done - 1;
        p->total = total;
        if (p->cancel) {
            throw std::runtime_error("cancelled");
        }
    }
}

} // namespace

int coderm_quantize(const char *in, const char *out, int ftype, int threads, int requantize, const coderm_imatrix *imatrix, coderm_progress *p) try {
    coderm_guard guard;
    auto params = llama_model_quantize_default_params();
    params.ftype = (enum llama_ftype)ftype;
    params.nthread = threads;
    params.allow_requantize = requantize;
    params.max_buf_size = 512u << 20; // its default of 8 GiB would hold the largest tensors whole

    std::vector<llama_model_imatrix_data> list; // ends with a null name
    if (imatrix) {
        for (auto &[name, values] : imatrix->values) {
            list.push_back({name.c_str(), values.data(), values.size()});
        }
        list.push_back({});
        params.imatrix = list.data();
    }

    p->thread = std::this_thread::get_id();
    llama_log_get(&p->log, &p->log_data);
    llama_log_set(on_line, p);
    int r = llama_model_quantize(in, out, &params);
    llama_log_set(p->log, p->log_data);
    return r;
} catch (const std::exception &) {
    return -1; // no memory for the list
}

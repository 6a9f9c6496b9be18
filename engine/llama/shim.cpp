#include "build_key.h"
#include "shim.h"
#include "guard.h"

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"

#include <dlfcn.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

// How long libgomp's threads spin at a barrier before they sleep. libgomp reads
// it from the environment when it starts, and then at every barrier; as it is
// linked in statically, its variables can be set in between.
extern "C" {
extern unsigned long long gomp_spin_count_var __attribute__((weak));
extern unsigned long long gomp_throttled_spin_count_var __attribute__((weak));
}

namespace {

std::mutex log_mutex;
std::string log_text;

const size_t log_cap = 64 << 10; // of the newest lines

void on_log(enum ggml_log_level level, const char *text, void *) {
    if (level == GGML_LOG_LEVEL_DEBUG) {
        return; // several lines a step
    }
    std::lock_guard<std::mutex> lock(log_mutex);
    log_text += text;
    if (log_text.size() > 2 * log_cap) {
        log_text.erase(0, log_text.size() - log_cap);
    }
}

// The last lines logged, for backends log the cause and then abort with a word.
std::string last_lines(int n) {
    std::unique_lock<std::mutex> lock(log_mutex, std::try_to_lock);
    size_t from = lock ? log_text.size() : 0;
    while (from > 0 && (log_text[from - 1] != '\n' || n-- > 0)) {
        from--;
    }
    return lock ? log_text.substr(from) : "";
}

// ggml calls this and then abort(). Where a guard stands, on the thread that reads
// a model or lays out its graph, an exception can still end the call in good
// order: llama.cpp's own errors are such. Elsewhere all that can be done is to say
// why. Go's own handler of the signal would print pages of registers and stacks
// below it.
void on_abort(const char *message) {
    if (coderm_guard::depth > 0) {
        const char *colon = strchr(message, ':'), *name = message; // the file's, without its folders
        for (const char *c = message; colon && c < colon; c++) {
            if (*c == '/') {
                name = c + 1;
            }
        }
        throw std::runtime_error(std::string("error: ") + name);
    }
    std::string text = last_lines(5) + "coderm: llama.cpp cannot go on: " + message + "\n";
    for (char &c : text) { // names out of a file must not command the terminal
        if (c != '\n' && (c < ' ' || c > '~')) {
            c = '?';
        }
    }
    fputs(text.c_str(), stderr);
    fflush(stderr);
    signal(SIGABRT, SIG_DFL);
}

} // namespace

thread_local int coderm_guard::depth = 0;

void coderm_init(void) {
    llama_log_set(on_log, nullptr);
    ggml_set_abort_callback(on_abort);
    llama_backend_init();
}

size_t coderm_log_take(char *out, size_t cap) {
    std::lock_guard<std::mutex> lock(log_mutex);
    size_t n = std::min(cap, log_text.size());
    memcpy(out, log_text.data() + log_text.size() - n, n);
    log_text.clear();
    return n;
}

coderm_model *coderm_model_load(const char *path, coderm_model_params p, const int *devices, const float *split, int n) try {
    coderm_guard guard;
    std::vector<ggml_backend_dev_t> devs(n + 1); // ends with NULL
    std::vector<float> parts(llama_max_devices());
    auto mp = llama_model_default_params();
    for (int i = 0; i < n; i++) {
        devs[i] = ggml_backend_dev_get(devices[i]);
        parts.at(i) = split[i];
    }
    mp.n_gpu_layers = p.gpu_layers;
    mp.split_mode = (enum llama_split_mode)p.split_mode;
    mp.devices = devs.data();
    mp.tensor_split = parts.data();
    mp.load_mode = p.mmap ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
    mp.use_extra_bufts = p.repack;
    mp.vocab_only = p.vocab_only;
    return llama_model_load_from_file(path, mp);
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return nullptr;
}

void coderm_model_free(coderm_model *m) { llama_model_free(m); }

coderm_model_info coderm_model_about(const coderm_model *m) {
    auto *vocab = llama_model_get_vocab(m);
    coderm_model_info i = {};
    i.params = llama_model_n_params(m);
    i.bytes = llama_model_size(m);
    i.n_vocab = llama_vocab_n_tokens(vocab);
    i.n_embd = llama_model_n_embd(m);
    i.n_layer = llama_model_n_layer(m);
    i.n_ctx_train = llama_model_n_ctx_train(m);
    i.n_swa = llama_model_n_swa(m);
    i.recurrent = llama_model_is_recurrent(m) || llama_model_is_hybrid(m);
    i.encoder = llama_model_has_encoder(m);
    i.add_bos = llama_vocab_get_add_bos(vocab);
    i.bos = llama_vocab_bos(vocab);
    i.eos = llama_vocab_eos(vocab);
    return i;
}

int coderm_model_desc(const coderm_model *m, char *out, size_t cap) { return llama_model_desc(m, out, cap); }

int coderm_tokenize(const coderm_model *m, const char *text, int len, int32_t *out, int cap, int add_special, int parse_special) try {
    coderm_guard guard;
    return llama_tokenize(llama_model_get_vocab(m), text, len, out, cap, add_special, parse_special);
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return INT32_MIN;
}

// A token whose text cannot be told has none.
int coderm_piece(const coderm_model *m, int32_t token, char *out, int cap, int special) try {
    coderm_guard guard;
    return llama_token_to_piece(llama_model_get_vocab(m), token, out, cap, 0, special);
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return 0;
}

int coderm_is_eog(const coderm_model *m, int32_t token) { return llama_vocab_is_eog(llama_model_get_vocab(m), token); }

const char *coderm_chat_template(const coderm_model *m) { return llama_model_chat_template(m, nullptr); }

int coderm_apply_template(const char *tmpl, const char **roles, const char **contents, int n, int add_generation_prompt, char *out, int cap) try {
    std::vector<llama_chat_message> messages(n);
    for (int i = 0; i < n; i++) {
        messages[i] = {roles[i], contents[i]};
    }
    return llama_chat_apply_template(tmpl, messages.data(), n, add_generation_prompt, out, cap);
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return -1;
}

// llama.cpp lays attention out over as many cells as are in use, rounded up to 256: with
// one buffer for many samples another number every few steps, and so another graph.
// Rounding up is an argument of its cache's constructor, which no setting reaches. So it
// is put in on the way there (the linker's --wrap, model.go). References are pointers
// and enums ints, in this call.
namespace {
thread_local uint32_t kv_step = 0;
}

#define KV_CACHE(prefix) prefix##_ZN14llama_kv_cacheC1ERK11llama_modelRK13llama_hparams9ggml_typeS6_bbbjjjj14llama_swa_typeP14llama_memory_iRKSt8functionIFbiEERKSA_IFiiEESI_PKc
extern "C" void KV_CACHE(__real_)(void *cache, const void *model, const void *hparams, int type_k, int type_v, bool v_trans, bool offload,
                                  bool unified, uint32_t size, uint32_t n_seq_max, uint32_t n_pad, uint32_t n_swa, int swa_type, void *other,
                                  const void *filter, const void *reuse, const void *share, const char *tag);
extern "C" void KV_CACHE(__wrap_)(void *cache, const void *model, const void *hparams, int type_k, int type_v, bool v_trans, bool offload,
                                  bool unified, uint32_t size, uint32_t n_seq_max, uint32_t n_pad, uint32_t n_swa, int swa_type, void *other,
                                  const void *filter, const void *reuse, const void *share, const char *tag) {
    if (unified && kv_step > 0 && size % kv_step == 0) { // a window's cache may be smaller
        n_pad = kv_step;
    }
    KV_CACHE(__real_)(cache, model, hparams, type_k, type_v, v_trans, offload, unified, size, n_seq_max, n_pad, n_swa, swa_type, other,
                      filter, reuse, share, tag);
}

coderm_context *coderm_context_new(coderm_model *m, coderm_context_params p) try {
    coderm_guard guard;
    kv_step = p.kv_step;
    auto cp = llama_context_default_params();
    cp.n_ctx = p.n_ctx;
    cp.n_seq_max = p.n_seq;
    cp.n_batch = p.n_batch;
    cp.n_ubatch = p.n_ubatch;
    cp.n_outputs_max = p.n_outputs;
    cp.n_threads = p.threads;
    cp.n_threads_batch = p.threads;
    cp.flash_attn_type = (enum llama_flash_attn_type)p.flash;
    cp.kv_unified = p.unified;
    cp.no_perf = true;
    cp.n_outputs_max_per_seq = p.one_output ? 1 : 0;
    if (p.kv_f32) {
        cp.type_k = cp.type_v = GGML_TYPE_F32;
    }
    if (p.kv_q8) {
        cp.type_k = cp.type_v = GGML_TYPE_Q8_0;
    }
    return llama_init_from_model(m, cp);
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return nullptr;
}

void coderm_context_free(coderm_context *c) { llama_free(c); }

int coderm_decode(coderm_context *c, int n, int32_t *token, int32_t *pos, int32_t *seq, int8_t *out, int hidden) try {
    std::vector<int32_t> ones(n, 1);
    std::vector<int32_t *> seqs(n); // not kept: they point into the caller's memory
    for (int i = 0; i < n; i++) {
        seqs[i] = &seq[i];
    }
    if (hidden) {
        llama_set_embeddings(c, true);
    }
    int r = llama_decode(c, {n, token, nullptr, pos, ones.data(), seqs.data(), out});
    llama_synchronize(c);
    if (hidden) {
        llama_set_embeddings(c, false);
    }
    return r;
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return -100;
}

int coderm_graphs_reused(coderm_context *c) { return llama_perf_context(c).n_reused; }

float *coderm_logits(coderm_context *c, int i) { return llama_get_logits_ith(c, i); }

float *coderm_hidden(coderm_context *c, int i) { return llama_get_embeddings_ith(c, i); }

void coderm_seq_copy(coderm_context *c, int32_t src, int32_t dst, int32_t n) {
    auto mem = llama_get_memory(c);
    llama_memory_seq_rm(mem, dst, -1, -1);
    // Between KV streams llama.cpp copies whole sequences only.
    llama_memory_seq_cp(mem, src, dst, -1, -1);
    llama_memory_seq_rm(mem, dst, n, -1);
}

int coderm_seq_trim(coderm_context *c, int32_t seq, int32_t n) {
    return llama_memory_seq_rm(llama_get_memory(c), seq, n, -1);
}

int coderm_device_count(void) { return (int)ggml_backend_dev_count(); }

coderm_device coderm_device_get(int i) {
    auto dev = ggml_backend_dev_get(i);
    coderm_device d = {};
    d.name = ggml_backend_dev_name(dev);
    d.description = ggml_backend_dev_description(dev);
    d.backend = ggml_backend_reg_name(ggml_backend_dev_backend_reg(dev));
    d.type = (int)ggml_backend_dev_type(dev);
    ggml_backend_dev_memory(dev, &d.free, &d.total);
    ggml_backend_dev_props props;
    ggml_backend_dev_get_props(dev, &props);
    d.id = props.device_id;
    return d;
}

// Ends out with what fits of why. Returns 0.
static int refused(char *out, size_t cap, const char *why) {
    snprintf(out, cap, "%s", why);
    return 0;
}

// Nothing is closed again: when it is loaded, ggml sets a handler for uncaught
// exceptions that would be left behind.
int coderm_backend_load(const char *path, char *why, size_t cap) try {
    if (!dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        return refused(why, cap, dlerror());
    }
    auto reg = ggml_backend_load(path);
    if (!reg) {
        return refused(why, cap, "it does not start, or is of another version");
    }
    return ggml_backend_reg_dev_count(reg) > 0 || refused(why, cap, "it finds no device (is the GPU's driver installed?)");
} catch (const std::exception &e) {
    on_log(GGML_LOG_LEVEL_ERROR, e.what(), nullptr);
    return refused(why, cap, "it fails");
}

// Backends pass ggml's own structs around, which change between versions, and
// check nothing of it.
int coderm_backend_matches(const char *path, char *why, size_t cap) {
    void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!lib) {
        return refused(why, cap, dlerror());
    }
    auto version = (const char *(*)(void))dlsym(lib, "ggml_version");
    const char *theirs = version ? version() : nullptr; // Ollama's build has none
    return (theirs && strcmp(theirs, ggml_version()) == 0) || refused(why, cap, "it was built with another version of ggml than coderm");
}

void coderm_set_spin(uint64_t n) {
    if (&gomp_spin_count_var && &gomp_throttled_spin_count_var) {
        gomp_spin_count_var = gomp_throttled_spin_count_var = n;
    }
}

const char *coderm_system_info(void) { return llama_print_system_info(); }

extern "C" {
const char *coderm_cpu_levels(void);
const char *coderm_cpu_level(void);
}

const char *coderm_llama_version(void) { return CODERM_LLAMA; }

const char *coderm_levels(void) { return coderm_cpu_levels(); }

const char *coderm_level(void) {
    const char *level = coderm_cpu_level();
    return level ? level : "none";
}

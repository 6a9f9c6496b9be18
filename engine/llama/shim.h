// The whole of llama.cpp that coderm calls, in C. Nothing here keeps state of
// its own except the log, which llama.cpp itself keeps per process.
//
// Who owns what: a pointer that is passed in is looked at during the call and never
// kept, so that Go's memory may be passed, and whoever passes it frees it.
// What *_new and *_load return belongs to the caller, who ends it by the *_free beside
// it; other pointers returned belong to llama.cpp and say until when they are
// valid. Exceptions end here: they become an error, with the reason in the log.
//
// Threads: a model may be used by several at once; a context by one at a time, and
// not always the same. Whatever is said to be for the process is called before
// there are any, by one thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A loaded model; its contexts are to be freed before it.
typedef struct llama_model coderm_model;
// A KV cache with what computes on it.
typedef struct llama_context coderm_context;

// Call once per process, before anything else.
void coderm_init(void);
// Computes attention on the CPU by a coderm_attend_fn of kernels/attention.h
// instead of llama.cpp's own; NULL for that. For the process; the function is kept.
void coderm_set_attention(void *fn);
// Computes products of quantized matrices by a coderm_products of kernels/gemm.h, as far
// as it has them; NULL for llama.cpp's own. For the process; the functions are
// kept, not the struct.
void coderm_set_products(const void *products);

// The lines llama.cpp logged since the last call, at most cap bytes of the
// newest, into the caller's out, without a zero at the end; returns the bytes
// written. On any thread.
size_t coderm_log_take(char *out, size_t cap);

typedef struct {
    int mmap;
    int repack;     // interleave the weights for this CPU's kernels
    int vocab_only;
    int gpu_layers; // the last layers that go on GPUs, the output counting as one
    int split_mode; // llama.cpp's llama_split_mode
} coderm_model_params;

// Divides the layers that go on GPUs, or their tensors, between the devices devices[i]
// of coderm_device_get, in order and in the proportions split; whole numbers whose
// sum is gpu_layers are numbers of layers. The other layers go on the CPU, with n = 0
// all. Both are [n] and copied. Returns NULL on failure; the reason is in the log.
coderm_model *coderm_model_load(const char *path, coderm_model_params p, const int *devices, const float *split, int n);
void coderm_model_free(coderm_model *m);

typedef struct {
    uint64_t params, bytes;
    int n_vocab, n_embd, n_layer, n_ctx_train, n_swa;
    int recurrent, encoder;
    int add_bos, bos, eos; // token ids, -1 for none
} coderm_model_info;

coderm_model_info coderm_model_about(const coderm_model *m);
// In words: type, size and quantization, e.g. "llama 8B Q4_K - Medium"; at most
// cap bytes of them into out, terminated. Returns their length.
int coderm_model_desc(const coderm_model *m, char *out, size_t cap);

// Token ids of len bytes of text into out, of cap ids; their number, or minus the
// number needed, or INT32_MIN on failure.
int coderm_tokenize(const coderm_model *m, const char *text, int len, int32_t *out, int cap, int add_special, int parse_special);
// Bytes of one token into out, without a zero; their number, or minus the number
// needed.
int coderm_piece(const coderm_model *m, int32_t token, char *out, int cap, int special);
// 1 when the token ends generation (end of turn, end of text).
int coderm_is_eog(const coderm_model *m, int32_t token);
// NULL when the model has none; else valid until coderm_model_free.
const char *coderm_chat_template(const coderm_model *m);
// The n messages rendered by the template, at most cap bytes of them into out,
// without a zero; the length needed, or -1.
int coderm_apply_template(const char *tmpl, const char **roles, const char **contents, int n, int add_generation_prompt, char *out, int cap);

typedef struct {
    uint32_t n_ctx;    // cells altogether
    uint32_t n_seq;    // sequences at once
    uint32_t n_batch;  // rows a decode takes at most
    uint32_t n_ubatch; // rows computed at once
    uint32_t n_outputs; // of which this many have logits at most; 0 = all
    int threads;
    int unified;  // one KV buffer for all sequences, or a stream for each
    int flash;    // -1 = llama.cpp decides
    int kv_f32;   // keys and values in f32 instead of f16
    int kv_q8;    // in q8_0
    int one_output;   // of a batch's rows one a sequence has an output at most
    uint32_t kv_step; // with unified: attention goes over a multiple of so many cells; 0 = 256
} coderm_context_params;

// NULL on failure; the reason is in the log. The model must stay until the context
// is freed.
coderm_context *coderm_context_new(coderm_model *m, coderm_context_params p);
void coderm_context_free(coderm_context *c);

// Decodes n rows: token[i] at position pos[i] of sequence seq[i]; logits are
// kept for rows with out[i] != 0, at most n_outputs of them. All four are [n],
// read during the call only. With hidden, which asks for hidden states too, all
// rows must have an output. Blocks until they are there. Returns 0, 1 (no room in
// the KV cache) or a negative llama.cpp code.
int coderm_decode(coderm_context *c, int n, int32_t *token, int32_t *pos, int32_t *seq, int8_t *out, int hidden);
// How often the graph of the decode before was used again, since the context was made.
int coderm_graphs_reused(coderm_context *c);
// Logits [n_vocab] of row i of the last decode, valid until the next one and to be
// changed by nobody; NULL when it had no output. The first call after a decode sorts
// the outputs: it must be over before other threads read.
float *coderm_logits(coderm_context *c, int i);
// Hidden state [n_embd] of row i of the last decode, which asked for hidden; valid
// as long as logits.
float *coderm_hidden(coderm_context *c, int i);

// dst becomes a copy of src's first n positions.
void coderm_seq_copy(coderm_context *c, int32_t src, int32_t dst, int32_t n);
// Forgets positions n and later of seq. Returns 0 when llama.cpp cannot.
int coderm_seq_trim(coderm_context *c, int32_t seq, int32_t n);

// The texts belong to the backend and are valid for good: none is ever unloaded.
typedef struct {
    const char *name;
    const char *description;
    const char *backend;
    const char *id;   // the hardware's, such as a PCI address; may be NULL
    int type; // 0 CPU, 1 GPU, 2 integrated GPU, 3 accelerator
    size_t free, total;
} coderm_device;

int coderm_device_count(void);
// i is below the count.
coderm_device coderm_device_get(int i);
// Loads a backend library, for the process and for good. Returns 1, or 0 when it is of
// no use, and why, at most cap - 1 bytes of it and a zero; what it logged may say more.
int coderm_backend_load(const char *path, char *why, size_t cap);
// Tells whether the ggml library at path, which a backend beside it was built with,
// has the version of ours; else why as above. It stays loaded.
int coderm_backend_matches(const char *path, char *why, size_t cap);
// How many times a computing thread looks before it sleeps, when it waits for
// the others. On any thread, between decodes.
void coderm_set_spin(uint64_t n);
// What the CPU kernels were compiled for, e.g. "AVX2 = 1 | ..."; llama.cpp's, and
// valid until the next call.
const char *coderm_system_info(void);
// Names the source of llama.cpp.
const char *coderm_llama_version(void);
// The levels of instructions that ggml's code for the processor was compiled for, each
// after a space, the best first; and the one that this processor computes with, "none"
// where it can run none of them, and nothing may be computed.
const char *coderm_levels(void);
const char *coderm_level(void);

#ifdef __cplusplus
}
#endif

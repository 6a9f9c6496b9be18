// The whole of llama.cpp that coderm calls, in C. Nothing here keeps state of
// its own except the log, which llama.cpp itself keeps per process.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct llama_model cm_model;
typedef struct llama_context cm_context;

// Call once per process, before anything else.
void cm_init(void);
// Computes attention on the CPU by a coderm_attend_fn of kernels/attention.h
// instead of llama.cpp's own; NULL for that. Not while a context is decoding.
void cm_set_attention(void *fn);
// Computes products of quantized matrices by a coderm_products of kernels/gemm.h, as far
// as it has them; NULL for llama.cpp's own. Not while a context is decoding either.
void cm_set_products(const void *products);

// The lines llama.cpp logged since the last call, at most cap bytes of the
// newest; returns the bytes written.
size_t cm_log_take(char *out, size_t cap);

typedef struct {
    int mmap;
    int repack;     // interleave the weights for this CPU's kernels
    int vocab_only;
} cm_model_params;

// Puts layers[i] of the last layers, the output counting as one, on device
// devices[i] of cm_device_get, in order; the others, and with n = 0 all, on the
// CPU. Returns NULL on failure; the reason is in the log.
cm_model *cm_model_load(const char *path, cm_model_params p, const int *devices, const int *layers, int n);
void cm_model_free(cm_model *m);

typedef struct {
    uint64_t params, bytes;
    int n_vocab, n_embd, n_layer, n_ctx_train, n_swa;
    int recurrent, encoder;
    int add_bos, bos, eos; // token ids, -1 for none
} cm_model_info;

cm_model_info cm_model_about(const cm_model *m);
// Metadata value as text into out (always terminated); its length or -1.
int cm_model_meta(const cm_model *m, const char *key, char *out, size_t cap);
// In words: type, size and quantization, e.g. "llama 8B Q4_K - Medium".
int cm_model_desc(const cm_model *m, char *out, size_t cap);

// Token ids of text into out; their number, or minus the number needed.
int cm_tokenize(const cm_model *m, const char *text, int len, int32_t *out, int cap, int add_special, int parse_special);
// Bytes of one token into out; their number, or minus the number needed.
int cm_piece(const cm_model *m, int32_t token, char *out, int cap, int special);
// 1 when the token ends generation (end of turn, end of text).
int cm_is_eog(const cm_model *m, int32_t token);
// NULL when the model has none.
const char *cm_chat_template(const cm_model *m);
// The messages rendered by the template; the length needed, or -1.
int cm_apply_template(const char *tmpl, const char **roles, const char **contents, int n, int add_generation_prompt, char *out, int cap);

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
} cm_context_params;

cm_context *cm_context_new(cm_model *m, cm_context_params p);
void cm_context_free(cm_context *c);
uint32_t cm_context_n_ctx_seq(const cm_context *c);

// Decodes n rows: token[i] at position pos[i] of sequence seq[i]; logits are
// kept for rows with out[i] != 0, at most n_outputs of them. With hidden, which
// asks for hidden states too, all rows must be such. Blocks until they are there.
// Returns 0, 1 (no room in the KV cache) or a negative llama.cpp code.
int cm_decode(cm_context *c, int n, int32_t *token, int32_t *pos, int32_t *seq, int8_t *out, int hidden);
// Logits [n_vocab] of row i of the last decode; NULL when it had no output.
float *cm_logits(cm_context *c, int i);
// Hidden state [n_embd] of row i of the last decode, which asked for hidden.
float *cm_hidden(cm_context *c, int i);

// dst becomes a copy of src's first n positions.
void cm_seq_copy(cm_context *c, int32_t src, int32_t dst, int32_t n);
// Forgets positions n and later of seq. Returns 0 when llama.cpp cannot.
int cm_seq_trim(cm_context *c, int32_t seq, int32_t n);

typedef struct {
    const char *name;
    const char *description;
    const char *backend;
    const char *id;   // the hardware's, such as a PCI address; may be NULL
    int type; // 0 CPU, 1 GPU, 2 integrated GPU, 3 accelerator
    size_t free, total;
} cm_device;

int cm_device_count(void);
cm_device cm_device_get(int i);
// Loads a backend library; NULL, or why it is of no use. What it logged may say
// more.
const char *cm_backend_load(const char *path);
// NULL when the ggml library at path, which a backend beside it was built with,
// has the version of ours; else what is wrong.
const char *cm_backend_mismatch(const char *path);
// How many times a computing thread looks before it sleeps, when it waits for
// the others.
void cm_set_spin(uint64_t n);
// What the CPU kernels were compiled for, e.g. "AVX2 = 1 | ...".
const char *cm_system_info(void);

#ifdef __cplusplus
}
#endif

// Attention of many tokens over one KV cache, for samples that share a prompt:
// the cells that many tokens see are multiplied as matrices, once for all of
// them; those that one token sees alone cost that token only. Plain C, no
// dependencies; see doc.go for the meaning, attention_reference.go for the same
// in textbook Go, attention_core.h for where the algorithm comes from.
//
// Nothing here allocates, keeps a pointer after it returns, or has state: any
// number of threads may compute at once, each into other rows.
#ifndef CODERM_ATTENTION_H
#define CODERM_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One attention: out = softmax(q·kᵀ·scale + mask)·v, every query head h with the
// key and value head h / (heads / kv_heads), which divides. All is the caller's, and read
// only but for out, which overlaps nothing else. A row of dk, dv or cells elements lies
// without gaps, at any alignment that its type allows; the steps between rows are in
// bytes, multiples of the element's size.
typedef struct {
    const float *q;        // [tokens][heads][dk]
    const uint16_t *k;     // [cells][kv_heads][dk], IEEE halves
    const uint16_t *v;     // [cells][kv_heads][dv], IEEE halves
    const uint16_t *mask;  // [tokens][cells], IEEE halves, -Inf hides a cell; NULL: all are seen
    const float *sinks;    // [heads], a score each head also divides by; NULL: none
    const float *slopes;   // [heads], what the mask is multiplied by; NULL: 1
    float *out;            // [tokens][heads][dv]; zeros where a token sees nothing
    size_t q_token, q_head, k_cell, k_head, v_cell, v_head, mask_token, out_token, out_head;
    int32_t tokens, heads, kv_heads, cells;
    int32_t dk, dv;        // multiples of 16, up to CODERM_ATTENTION_WIDEST
    float scale;
    float softcap;         // above 0: scores become softcap·tanh(score/softcap)
} coderm_attention;

// Computes rows [from, to) of the tokens·heads, in the order [kv head][token][head
// of the group]: what threads divide among themselves. scratch is
// coderm_attention_scratch(dk, dv) bytes of the thread's own, at any alignment,
// of no meaning before or after.
typedef void coderm_attend_fn(const coderm_attention *, int64_t from, int64_t to, void *scratch);

// Rows of one kv head are computed so many at a time, over so many cells; the
// widest heads keep all places in the scratch within 32 bits.
enum {
    CODERM_ATTENTION_ROWS = 48,
    CODERM_ATTENTION_CELLS = 64,
    CODERM_ATTENTION_WIDEST = 1 << 16,
};

static inline size_t coderm_attention_scratch(int32_t dk, int32_t dv) {
    size_t row = (size_t)dk + ((size_t)dv + 31) / 32 * 32;
    return 64 + sizeof(float) * (CODERM_ATTENTION_ROWS * (row + CODERM_ATTENTION_CELLS) + CODERM_ATTENTION_CELLS * row);
}

// The function for an instruction set as coderm_sampler_isa names it, NULL for
// one that this processor lacks. Its results do not depend on which. isa is read
// during the call only; what is returned stays valid.
coderm_attend_fn *coderm_attend_for(const char *isa);

#ifdef __cplusplus
}
#endif
#endif

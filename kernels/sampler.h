// Draws one token from each of many rows of logits, at the cost of little more
// than reading them. Plain C, no dependencies; see doc.go for the exact
// meaning of every setting, sampler_reference.go for the same in textbook Go.
#ifndef CODERM_SAMPLER_H
#define CODERM_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// One row to draw from. Settings outside their range are off, never an error.
// logits is the caller's, as are all arrays here; none is looked at after the call.
typedef struct {
    const float *logits;   // [vocab], read only; any alignment
    uint64_t seed;         // key of the sample's own random stream
    uint64_t position;     // index of the drawn token in its sample: the stream's counter
    float temperature;     // below 1e-5, or NaN: greedy
    float top_p;           // in (0, 1); else off
    float min_p;           // above 0; else off
    float repeat;          // repetition penalty, above 0 and not 1; else off
    int32_t top_k;         // in [1, vocab); else off
    int32_t recent_at;     // the penalised ids are recent[recent_at .. recent_at+recent_n);
    int32_t recent_n;      //   repeats count once, ids outside [0, vocab) are ignored
} coderm_row;

// What was drawn. A row without any logit above -Inf gives token -1 and
// logprob -Inf.
typedef struct {
    int32_t token;
    float logprob;         // natural log, of softmax(logits): temperature 1, no penalty, no filter
} coderm_pick;

// Working memory for one call at a time: two threads need two.
typedef struct coderm_scratch coderm_scratch;

// isa names the instructions to use, NULL for the best this processor has; it is
// read during the call only. Returns NULL when memory is short, vocab is not in
// [1, 2^30], or the processor lacks isa; else what coderm_scratch_free must free,
// on any thread. That takes NULL too.
coderm_scratch *coderm_scratch_new(int32_t vocab, const char *isa);
void coderm_scratch_free(coderm_scratch *);

// Draws picks[i] from rows[i] for i in [0, n). The rows are independent: any
// split of them over calls and threads gives the same picks. recent may be NULL
// when no row has recent_n above 0.
void coderm_sample(coderm_scratch *, const coderm_row *rows, size_t n,
                   const int32_t *recent, coderm_pick *picks);

// The i-th instruction set this processor can use, best first: "avx512", "avx2",
// "neon", "portable"; NULL after the last. The picks do not depend on it. The names
// are the library's own, for good.
const char *coderm_sampler_isa(size_t i);

#ifdef __cplusplus
}
#endif
#endif

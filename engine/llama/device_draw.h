// Drawing tokens where the logits are. llama.cpp copies the logits of every row to
// the host, unless each sequence has a sampler of which the backend computes a part.
// Its own samplers would copy several rows of the vocabulary's length each, and take
// some twenty operations a row. This one draws for all rows of a batch together and
// copies two numbers a row. device_draw.go says how it draws.
#pragma once
#include "shim.h"

#ifdef __cplusplus
extern "C" {
#endif

// What draws in one context.
typedef struct coderm_drawer coderm_drawer;

enum { CODERM_TRIES = 2 }; // draws of a row and step; all may fall outside the nucleus

typedef struct {
    float scale;                  // of logits: one by the temperature
    float top_p;                  // above 1: off
    float uniform[CODERM_TRIES];  // in [0, 1)
} coderm_draw;

typedef struct {
    float token;   // or -1: every try fell outside the nucleus
    float logprob; // natural log, at temperature 1; NaN where the logits are no numbers
} coderm_drawn;

// Draws for sequences 0 to n_seq-1 of c from now on, whose batches must have at most one
// row with an output a sequence and fit into n_ubatch rows. It is ended by
// coderm_drawer_free, before c is. NULL when the device that has the output cannot, and
// why, at most cap - 1 bytes of it and a zero.
coderm_drawer *coderm_drawer_new(coderm_context *c, int n_seq, char *why, size_t cap);
void coderm_drawer_free(coderm_drawer *d);
// Tells whether device i of coderm_device_get could draw; else why, as above.
int coderm_device_draws(int i, char *why, size_t cap);
// What drawing for so many rows takes of that device's memory, the logits included, by
// ggml's own planner: bytes.
size_t coderm_device_draw_bytes(int i, int vocab, int rows);
// Stops drawing, so that logits are copied again, or goes on. A change costs the next
// decode some milliseconds.
void coderm_drawer_on(coderm_drawer *d, int on);
// The settings of the next decode's n rows with an output, in order; copied.
void coderm_drawer_set(coderm_drawer *d, const coderm_draw *rows, int n);
// What was drawn in the last decode for its n rows with an output, of which row first
// was the first; valid until the next one. NULL when nothing was.
const coderm_drawn *coderm_drawer_get(coderm_drawer *d, int first, int n);

#ifdef __cplusplus
}
#endif

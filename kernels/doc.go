// Package kernels holds the inner loops coderm owns, in C, each beside a plain
// Go reference that says the same thing slowly (*_reference.go), which tests and
// fuzz targets hold it against. It knows nothing of llama.cpp. Shapes, layouts,
// alignment and who owns what are in the headers: sampler.h, attention.h, gemm.h.
//
// # The sampler
//
// [Sampler] draws one token from each of many rows of logits. For a row x and
// its [Settings], in this order (HF transformers'; as in vLLM, which CodeRM's
// reference results come from, the temperature precedes the filters, while
// llama.cpp's default chain applies it last):
//
//  1. NaN counts as -Inf, and +Inf as the largest float32. A row with nothing
//     above -Inf gives [NoToken].
//  2. Repeat r: the logit of every recent token becomes x/r where x > 0, else x·r.
//  3. Temperature T: below 1e-5 the token is the lowest id with the largest
//     logit, and the rest is skipped; else p = softmax(x/T).
//  4. TopK k: keep tokens whose logit is at least the k-th largest.
//  5. TopP: with p renormalised over what is kept, taken from the largest
//     down, keep tokens at least as probable as the one with which the sum
//     first reaches TopP.
//  6. MinP: keep tokens with p at least MinP times the largest p.
//  7. Draw: u = uniform(seed, position) in [0, 1); the token is the first kept
//     one, in id order, at which the running sum of p exceeds u times the sum
//     of all kept p.
//
// Every filter keeps all tokens of equal logit or none, so the order of ids
// never decides who is kept. Tokens at -Inf are never drawn.
//
// The uniform number is Philox4x32-10 with the seed as key and the position as
// counter: a sample depends on its own seed alone, whatever is in the batch.
//
// The log-probability returned is the natural log of softmax(x) at the drawn
// token: at temperature 1, before penalty and filters.
//
// # Attention
//
// softmax(q·kᵀ·scale + mask)·v of a batch's tokens over one KV cache, keys and
// values in halves, everything else in float32. A hundred samples of one prompt
// share most of the cells they see. So the cells are taken in blocks of 64: a block
// that enough tokens see enough of is multiplied as matrices, its keys and values
// read and converted once for all of them; the cells that a token sees alone, which
// lie scattered between those of other samples, are gathered and cost that token
// only. Cells that are hidden from a token cost it a look at its mask. (Hydragen,
// Juravsky et al. 2024, without a tree to keep: the mask knows.)
//
// A row's result depends on its own cells, but in the last bits also on which of
// them went into a product, so on how many tokens of the same call share them.
// Results have the same bits on every instruction set.
//
// # Products of quantized matrices
//
// Activations, one to a few hundred rows quantized to 8 bits, times weights of 4, 5
// or 8 bits. Instructions multiply unsigned by signed bytes: those of AVX-512 VNNI add
// four of the products to a lane of 32 bits, those of AVX2 two to one of 16, which is why
// weights of 8 bits are two of 4 there. Weights are offset to be unsigned; what that adds
// is the offset times the sum of the row's activations, and that is what each sum starts
// from, negated. Integers are exact; what is rounded is the product of scales and the sum
// over blocks, in an order that depends on the instruction set and the number of rows.
// There are functions for ggml's interleaved layouts and for its files' own; see gemm.h.
package kernels

// Products of quantized matrices for a few to a few hundred rows, in the layouts
// that ggml keeps weights and activations in: interleaved for the processor
// (ggml-cpu/repack.h), or row by row as in its files (ggml-common.h). Plain C, no
// dependencies; see doc.go for the method, gemm_reference.go for the same in textbook Go,
// element by element.
//
// All memory is the caller's, is read only but for out, which overlaps nothing else, and
// is not looked at after the call. Blocks lie without gaps at the alignment of
// their structs (2 bytes, 4 for Q8_K), rows of single blocks at any; out at that of a float.
// There is no state: threads may compute different parts of out at once.
#ifndef CODERM_GEMM_H
#define CODERM_GEMM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// out[r][c] = activations' row r times weights' column c, for r < rows, a multiple of
// 4, and c < cols, a multiple of 8; out's rows are ld floats apart. Vectors have
// n elements, a multiple of the block's, up to CODERM_GEMM_LONGEST. The blocks of a group
// of columns or rows follow one another, then come those of the next group.
typedef void coderm_gemm_fn(int n, float *out, size_t ld, const void *weights, const void *activations, int rows, int cols);

// Longer vectors would take more than a MiB of the stack, on which the scales of
// the rows at hand lie.
enum { CODERM_GEMM_LONGEST = 1 << 17 };

// 8 columns of 32 weights q·d, q in [-8, 8) (Q4_0) or a value of iq4_nl's table.
// Byte 8c + i of the first 64 holds elements i (low nibble) and 16 + i of column c, of
// the second 64 elements 8 + i and 24 + i; Q4_0's nibbles are in two's complement.
typedef struct {
    uint16_t d[8]; // halves
    uint8_t q[128];
} coderm_q4_0x8;

// 4 rows of 32 activations q·d: byte 32k + 8r + i is element 8k + i of row r.
typedef struct {
    uint16_t d[4]; // halves
    int8_t q[128];
} coderm_q8_0x4;

// 8 columns of 256 weights in 8 parts of 32, q·d·scale - dmin·min with q in [0, 16).
// Byte 256p + 64k + 8c + i holds elements 64p + 8k + i (low nibble) and 64p + 32 +
// 8k + i of column c. Of each part 12 bytes hold 8 scales and 8 mins of 6 bits, packed
// as ggml's Q4_K packs those of a column.
typedef struct {
    uint16_t d[8], dmin[8]; // halves
    uint8_t scales[96];
    uint8_t q[1024];
} coderm_q4_Kx8;

// 4 rows of 256 activations q·d: byte 32k + 8r + i is element 8k + i of row r;
// sums[16p + 4r + s] is that of row r's 16 elements from 64p + 16s.
typedef struct {
    float d[4];
    int8_t q[1024];
    int16_t sums[64];
} coderm_q8_Kx4;

// One row, which lies as it is: for rows = 1, an argument that is not looked at.
typedef struct {
    uint16_t d; // half
    int8_t q[32];
} coderm_q8_0;

typedef struct {
    float d;
    int8_t q[256];
    int16_t sums[16]; // of 16 elements each
} coderm_q8_K;

// The same for matrices that lie row by row, as ggml's files have them: out[r][c] =
// activations' row r times weights' row c, for r < rows and from <= c < to, both
// multiples of 16. Rows are of blocks of 32 elements, any number of them; steps are in bytes.
typedef struct {
    const void *weights, *activations;
    float *out;
    size_t weights_row, activations_row, out_row;
    int32_t blocks, rows, from, to;
} coderm_rows;
typedef void coderm_rows_fn(const coderm_rows *);

// By ggml's formats; one_ is for a single row of activations. rows_ is for weights of Q4_0, Q5_0
// and Q8_0 with activations of Q8_0, and for those of Q4_1 and Q5_1 with Q8_1.
typedef struct {
    const char *isa;
    coderm_gemm_fn *q4_0, *iq4_nl, *q4_K;
    coderm_gemm_fn *one_q4_0, *one_iq4_nl, *one_q4_K;
    coderm_rows_fn *rows_q4_0, *rows_q4_1, *rows_q5_0, *rows_q5_1, *rows_q8_0;
} coderm_products;

// Those for the nth best of the instruction sets that this processor has, the library's
// own for good; NULL where it has fewer.
const coderm_products *coderm_products_here(size_t nth);

#ifdef __cplusplus
}
#endif
#endif

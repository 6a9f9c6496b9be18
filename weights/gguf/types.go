package gguf

import (
	"fmt"
	"math/bits"
	"strings"
)

// Type is how a tensor's elements are stored. The numbers are ggml's and part
// of the file format (enum ggml_type in ggml.h).
type Type uint32

// The tensor types llama.cpp reads. The gaps are types it has removed.
const (
	F32     Type = 0
	F16     Type = 1
	Q4_0    Type = 2
	Q4_1    Type = 3
	Q5_0    Type = 6
	Q5_1    Type = 7
	Q8_0    Type = 8
	Q8_1    Type = 9
	Q2_K    Type = 10
	Q3_K    Type = 11
	Q4_K    Type = 12
	Q5_K    Type = 13
	Q6_K    Type = 14
	Q8_K    Type = 15
	IQ2_XXS Type = 16
	IQ2_XS  Type = 17
	IQ3_XXS Type = 18
	IQ1_S   Type = 19
	IQ4_NL  Type = 20
	IQ3_S   Type = 21
	IQ2_S   Type = 22
	IQ4_XS  Type = 23
	I8      Type = 24
	I16     Type = 25
	I32     Type = 26
	I64     Type = 27
	F64     Type = 28
	IQ1_M   Type = 29
	BF16    Type = 30
	TQ1_0   Type = 34
	TQ2_0   Type = 35
	MXFP4   Type = 39
	NVFP4   Type = 40
	Q1_0    Type = 41
	Q2_0    Type = 42
)

// blockTraits is one type's storage: block elements take size bytes.
type blockTraits struct {
	name  string
	block uint64
	size  uint64
}

// traits holds ggml's block sizes (the block_* structs of ggml-common.h).
var traits = map[Type]blockTraits{
	F32: {"F32", 1, 4}, F16: {"F16", 1, 2}, BF16: {"BF16", 1, 2}, F64: {"F64", 1, 8},
	I8: {"I8", 1, 1}, I16: {"I16", 1, 2}, I32: {"I32", 1, 4}, I64: {"I64", 1, 8},
	Q4_0: {"Q4_0", 32, 18}, Q4_1: {"Q4_1", 32, 20}, Q5_0: {"Q5_0", 32, 22}, Q5_1: {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34}, Q8_1: {"Q8_1", 32, 36},
	Q2_K: {"Q2_K", 256, 84}, Q3_K: {"Q3_K", 256, 110}, Q4_K: {"Q4_K", 256, 144},
	Q5_K: {"Q5_K", 256, 176}, Q6_K: {"Q6_K", 256, 210}, Q8_K: {"Q8_K", 256, 292},
	IQ1_S: {"IQ1_S", 256, 50}, IQ1_M: {"IQ1_M", 256, 56}, IQ2_XXS: {"IQ2_XXS", 256, 66},
	IQ2_XS: {"IQ2_XS", 256, 74}, IQ2_S: {"IQ2_S", 256, 82}, IQ3_XXS: {"IQ3_XXS", 256, 98},
	IQ3_S: {"IQ3_S", 256, 110}, IQ4_NL: {"IQ4_NL", 32, 18}, IQ4_XS: {"IQ4_XS", 256, 136},
	TQ1_0: {"TQ1_0", 256, 54}, TQ2_0: {"TQ2_0", 256, 66}, MXFP4: {"MXFP4", 32, 17},
	NVFP4: {"NVFP4", 64, 36}, Q1_0: {"Q1_0", 128, 18}, Q2_0: {"Q2_0", 64, 18},
}

// String is ggml's name of the type, or "type N" for an unknown one.
func (t Type) String() string {
	if tr, ok := traits[t]; ok {
		return tr.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// ParseType finds a type by its name, in any case.
func ParseType(name string) (Type, bool) {
	for t, tr := range traits {
		if strings.EqualFold(tr.name, name) {
			return t, true
		}
	}
	return 0, false
}

// Block gives the type's block: elems values are stored in size bytes. Both
// are 0 for an unknown type.
func (t Type) Block() (elems, size uint64) {
	tr := traits[t]
	return tr.block, tr.size
}

// Bytes is the storage of a tensor of this type. shape[0] is the row length
// (ggml's ne[0]) and must be a multiple of the block; a result that does not
// fit 63 bits is an error, so sums of two never overflow.
func (t Type) Bytes(shape []uint64) (int64, error) {
	tr, ok := traits[t]
	if !ok {
		return 0, fmt.Errorf("has %s, which llama.cpp does not read", t)
	}
	if len(shape) == 0 || len(shape) > maxDims {
		return 0, fmt.Errorf("has %d dimensions, want 1 to %d", len(shape), maxDims)
	}
	if shape[0]%tr.block != 0 {
		return 0, fmt.Errorf("has rows of %d elements, want a multiple of %s's block of %d", shape[0], t, tr.block)
	}
	n := shape[0] / tr.block
	for _, d := range append([]uint64{tr.size}, shape[1:]...) {
		hi, lo := bits.Mul64(n, d)
		if hi != 0 || lo > 1<<62 {
			return 0, fmt.Errorf("is larger than any file: shape %v", shape)
		}
		n = lo
	}
	return int64(n), nil
}

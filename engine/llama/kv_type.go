package llama

import "coderm/weights/gguf"

// KVType is how keys and values are kept.
type KVType string

// The types: 16-bit floats, or 8 bits with a scale for each 32. Auto is f16, but
// q8_0 where more layers fit a GPU with it.
const (
	KVTypeAuto KVType = ""
	KVTypeF16  KVType = "f16"
	KVTypeQ8   KVType = "q8_0"
)

// q8Block is how many numbers of q8_0 share a scale, of 2 bytes (ggml-common.h).
const q8Block = 32

// bytes is what takes f16 bytes in f16.
func (t KVType) bytes(f16 int64) int64 {
	if t == KVTypeQ8 {
		return f16 * (q8Block + 2) / (2 * q8Block)
	}
	return f16
}

// fitsQ8 tells whether llama.cpp can keep the model's keys and values in q8_0.
func fitsQ8(f *gguf.File) bool {
	key, value := headSizes(f)
	return key > 0 && key%q8Block == 0 && value > 0 && value%q8Block == 0
}

package synthetic

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"coderm/weights/gguf"
)

// A stamp turns a block of random bytes into a valid block of its type whose
// values have mean zero and about the standard deviation sd, by writing the
// block's scales over the noise.
type stamp func(block []byte, sd float64)

// The standard deviations of uniform integers: sqrt((n*n-1)/12).
const (
	sd4bit = 4.61  // of 16 values
	sd6bit = 18.47 // of 64
	sd8bit = 73.90 // of 256
)

var stamps = map[gguf.Type]stamp{
	// d, then 16 bytes of nibbles q: d*(q-8).
	gguf.Q4_0: func(b []byte, sd float64) { putHalf(b, sd/sd4bit) },
	// d, m, nibbles: d*q + m.
	gguf.Q4_1: func(b []byte, sd float64) { putHalf(b, sd/sd4bit); putHalf(b[2:], -7.5*sd/sd4bit) },
	// d, then 32 signed bytes.
	gguf.Q8_0: func(b []byte, sd float64) { putHalf(b, sd/sd8bit) },
	// d, dmin, 12 bytes of 6-bit scales and mins, nibbles: d*scale*q - dmin*min.
	// The bytes below unpack to 32 for all eight scales and mins.
	gguf.Q4_K: func(b []byte, sd float64) {
		d := sd / (32 * sd4bit)
		putHalf(b, d)
		putHalf(b[2:], 7.5*d)
		copy(b[4:16], []byte{0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0xa0, 0, 0, 0, 0})
	},
	// 192 bytes of 6-bit q, 16 signed scales, d: d*scale*(q-32).
	gguf.Q6_K: func(b []byte, sd float64) {
		for i := range 16 {
			b[192+i] = 8
		}
		putHalf(b[208:], sd/(8*sd6bit))
	},
}

// floatMasks turn eight random bytes into floats of type t by setting their
// exponent; sign and mantissa stay random. A float of random sign and mantissa
// in [2^e, 2^(e+1)) has a root mean square of 1.53 * 2^e.
func floatMasks(t gguf.Type, sd float64) (keep, set uint64) {
	e := int(math.Round(math.Log2(sd / 1.53)))
	switch t {
	case gguf.F16:
		return 0x83ff_83ff_83ff_83ff, uint64(15+e) << 10 * 0x0001_0001_0001_0001
	case gguf.BF16:
		return 0x807f_807f_807f_807f, uint64(127+e) << 7 * 0x0001_0001_0001_0001
	case gguf.F32:
		return 0x807f_ffff_807f_ffff, uint64(127+e) << 23 * 0x0000_0001_0000_0001
	}
	return math.MaxUint64, 0
}

// putHalf stores x, |x| < 65504, as an IEEE half, cutting off what does not fit.
func putHalf(b []byte, x float64) {
	bits := math.Float32bits(float32(math.Abs(x)))
	h := (bits>>23-112)<<10 | bits>>13&0x3ff
	if math.Abs(x) < 0x1p-14 { // subnormal: a multiple of 2^-24
		h = uint32(math.Abs(x) * 0x1p24)
	}
	if x < 0 {
		h |= 0x8000
	}
	binary.LittleEndian.PutUint16(b, uint16(h))
}

// quant is a file type: which tensor type each weight gets.
type quant struct {
	name string
	file uint32 // llama_ftype, for general.file_type
	base gguf.Type
	// more is the type of the tensors that llama.cpp's quantizer spends more
	// bits on; output is that of the output matrix.
	more, output gguf.Type
}

var quants = []quant{
	{"F32", 0, gguf.F32, gguf.F32, gguf.F32},
	{"F16", 1, gguf.F16, gguf.F16, gguf.F16},
	{"BF16", 32, gguf.BF16, gguf.BF16, gguf.BF16},
	{"Q4_0", 2, gguf.Q4_0, gguf.Q4_0, gguf.Q6_K},
	{"Q4_1", 3, gguf.Q4_1, gguf.Q4_1, gguf.Q6_K},
	{"Q8_0", 7, gguf.Q8_0, gguf.Q8_0, gguf.Q8_0},
	{"Q4_K_M", 15, gguf.Q4_K, gguf.Q6_K, gguf.Q6_K},
	{"Q6_K", 18, gguf.Q6_K, gguf.Q6_K, gguf.Q6_K},
}

// Quants lists the quantizations that Write knows.
func Quants() []string {
	var out []string
	for _, q := range quants {
		out = append(out, q.name)
	}
	return out
}

func findQuant(name string) (quant, error) {
	for _, q := range quants {
		if strings.EqualFold(q.name, name) {
			return q, nil
		}
	}
	return quant{}, fmt.Errorf("no synthetic quantization %q; there are %s", name, strings.Join(Quants(), ", "))
}

// layer is the type of a layer's attn_v and ffn_down: llama.cpp's rule
// use_more_bits (llama-quant.cpp) picks the first and last eighth and every
// third layer between.
func (q quant) layer(i, layers int) gguf.Type {
	if i < layers/8 || i >= 7*layers/8 || (i-layers/8)%3 == 2 {
		return q.more
	}
	return q.base
}

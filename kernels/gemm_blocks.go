package kernels

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/x448/float16"
)

// random gives so many blocks of any bits, but with scales that are numbers of
// an ordinary size and with the sums that belong to the quants.
func (l *layout) random(r *rand.Rand, blocks int) []byte {
	m := make([]byte, blocks*l.bytes)
	for i := range m {
		m[i] = byte(r.Uint32())
	}
	for b := range slices.Chunk(m, l.bytes) {
		switch l {
		case q4_Kx8:
			putHalves(r, b, 16) // scales and mins of 8 columns
		case q4_1, q5_1:
			putHalves(r, b, 2)
		case q8_1:
			// Its sum is rounded to a half, which is no error of the product: these
			// are sums that a half can hold.
			sum := 0
			for i := range b[4:] {
				b[4+i] = byte(int8(b[4+i]) / 2)
				sum += int(int8(b[4+i]))
			}
			putHalf(b, 1.0/64)
			putHalf(b[2:], float32(sum)/64)
		case q8_Kx4, q8_K:
			for i := range l.vectors {
				binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(0.01+r.Float32()))
			}
			putSums(l, b)
		default:
			putHalves(r, b, l.vectors)
		}
	}
	return m
}

func putHalf(b []byte, x float32) {
	binary.LittleEndian.PutUint16(b, float16.Fromfloat32(x).Bits())
}

func putHalves(r *rand.Rand, b []byte, n int) {
	for i := range n {
		putHalf(b[2*i:], 0.01+r.Float32())
	}
}

// putSums writes the sums of 16 elements each, as gemm.h has them for Q8_K.
func putSums(l *layout, b []byte) {
	for v := range l.vectors {
		for part := range l.elements / 16 {
			sum := 0.0
			for e := range 16 {
				sum += l.value(b, v, 16*part+e)
			}
			at := part
			if l == q8_Kx4 {
				at = part/4*16 + 4*v + part%4
			}
			quants := int16(math.Round(sum / floatAt(b, 4*v)))
			binary.LittleEndian.PutUint16(b[l.bytes-l.vectors*l.elements/16*2+2*at:], uint16(quants))
		}
	}
}

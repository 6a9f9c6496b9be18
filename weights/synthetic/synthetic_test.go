package synthetic

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"testing"
	"unicode/utf8"

	"github.com/x448/float16"

	"coderm/weights/gguf"
)

func half(b []byte) float64 {
	return float64(float16.Frombits(binary.LittleEndian.Uint16(b)).Float32())
}

// dequantize are plain readings of ggml's blocks (dequantize_row_* in
// ggml-quants.c).
var dequantize = map[gguf.Type]func(b []byte) []float64{
	gguf.F32: func(b []byte) []float64 {
		return []float64{float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))}
	},
	gguf.F16: func(b []byte) []float64 { return []float64{half(b)} },
	gguf.BF16: func(b []byte) []float64 {
		return []float64{float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))}
	},
	gguf.Q4_0: func(b []byte) (out []float64) {
		for _, q := range b[2:] {
			out = append(out, half(b)*(float64(q&15)-8), half(b)*(float64(q>>4)-8))
		}
		return out
	},
	gguf.Q4_1: func(b []byte) (out []float64) {
		for _, q := range b[4:] {
			out = append(out, half(b)*float64(q&15)+half(b[2:]), half(b)*float64(q>>4)+half(b[2:]))
		}
		return out
	},
	gguf.Q8_0: func(b []byte) (out []float64) {
		for _, q := range b[2:] {
			out = append(out, half(b)*float64(int8(q)))
		}
		return out
	},
	gguf.Q4_K: func(b []byte) (out []float64) {
		s, qs := b[4:16], b[16:]
		for j := range 8 {
			scale, low := s[j&3]&63, s[j&3+4]&63
			if j >= 4 {
				scale, low = s[j+4]&15|s[j-4]>>6<<4, s[j+4]>>4|s[j]>>6<<4
			}
			for i := range 32 {
				q := qs[j/2*32+i] >> (4 * (j & 1)) & 15
				out = append(out, half(b)*float64(scale)*float64(q)-half(b[2:])*float64(low))
			}
		}
		return out
	},
	gguf.Q6_K: func(b []byte) (out []float64) {
		for i := range 256 {
			n, l := i/128, i%128
			low := b[n*64+l%64] >> (4 * (l / 64)) & 15
			high := b[128+n*32+l%32] >> (2 * (l / 32)) & 3
			out = append(out, half(b[208:])*float64(int8(b[192+i/16]))*(float64(low|high<<4)-32))
		}
		return out
	},
}

// TestNoise: every type's blocks hold what they are asked to hold.
func TestNoise(t *testing.T) {
	for typ, values := range dequantize {
		for _, want := range []float64{0.1, 1.0 / 64, 1.0 / 128} {
			var b bytes.Buffer
			if err := noise(t.Context(), &b, "x", typ, 1<<16, want, func(int64) {}); err != nil {
				t.Fatal(err)
			}
			_, size := typ.Block()
			var n, sum, squares float64
			for block := range bytesOf(b.Bytes(), int(size)) {
				for _, x := range values(block) {
					n, sum, squares = n+1, sum+x, squares+x*x
				}
			}
			mean, sd := sum/n, math.Sqrt(squares/n)
			// Floats come in steps of a power of two, so their scale is coarse.
			if n != 1<<16 || math.Abs(mean) > 0.15*want || sd < 0.6*want || sd > 1.5*want {
				t.Errorf("%s: %v values of mean %.4f and deviation %.4f, want %.4f", typ, n, mean, sd, want)
			}
		}
	}
}

func bytesOf(b []byte, size int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) > 0; b = b[size:] {
			if !yield(b[:size]) {
				return
			}
		}
	}
}

func TestTinyIsValid(t *testing.T) {
	s, err := Find("tiny")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range Quants() {
		var b, again bytes.Buffer
		for _, w := range []io.Writer{&b, &again} {
			if err := Write(t.Context(), w, s, q, nil); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Errorf("%s: two writes differ", q)
		}
		f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if n, _ := Size(s, q); n != f.Size-f.DataOffset {
			t.Errorf("%s: Size is %d, the file has %d bytes of data", q, n, f.Size-f.DataOffset)
		}
	}
}

// TestLlama8BSize: a Q4_K_M file of Llama-3.1-8B has 4.92 GB (Hugging Face's
// bartowski/Meta-Llama-3.1-8B-Instruct-GGUF), 8.03 billion parameters.
func TestLlama8BSize(t *testing.T) {
	s, err := Find("llama-8b")
	if err != nil {
		t.Fatal(err)
	}
	n, err := Size(s, "q4_k_m")
	if err != nil || n < 4_905_000_000 || n > 4_925_000_000 {
		t.Errorf("%d bytes, %v", n, err)
	}
	q, _ := findQuant("F16")
	var elements uint64
	for _, x := range s.tensors(t.Context(), q, nil) {
		e := uint64(1)
		for _, d := range x.Shape {
			e *= d
		}
		elements += e
	}
	if want := uint64(8_030_261_248 + 64); elements != want { // 64 are rope_freqs
		t.Errorf("%d parameters, want %d", elements, want)
	}
}

func TestVocabulary(t *testing.T) {
	for _, n := range []int{128256, 49152, 1024} {
		tokens, merges, types := vocabulary(n, 16)
		if len(tokens) != n || len(types) != n || len(merges) != n-256-16 {
			t.Fatalf("%d tokens, %d types, %d merges", len(tokens), len(types), len(merges))
		}
		seen := map[string]bool{}
		for _, tok := range tokens {
			if seen[tok] || !utf8.ValidString(tok) {
				t.Fatalf("token %q is there twice or no text", tok)
			}
			seen[tok] = true
		}
	}
}

func TestByteTokens(t *testing.T) {
	for b, want := range map[byte]string{'A': "A", ' ': "Ġ", '\n': "Ċ", 0: "Ā", 0xad: "Ń", 0xff: "ÿ"} {
		if got := byteToken(b); got != want {
			t.Errorf("byte %#x stands as %q, want %q", b, got, want)
		}
	}
}

func TestCached(t *testing.T) {
	dir := t.TempDir()
	var written int64
	path, err := Cached(t.Context(), dir, "tiny", "q4_0", func(n int64) { written += n })
	if err != nil || written == 0 {
		t.Fatalf("%v, %d bytes", err, written)
	}
	written = 0
	again, err := Cached(t.Context(), dir, "tiny", "Q4_0", func(n int64) { written += n })
	if err != nil || again != path || written != 0 {
		t.Errorf("the second call gave %s, %v and wrote %d bytes", again, err, written)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if _, err := Cached(t.Context(), dir, "tiny", "q4_0", func(n int64) { written += n }); err != nil || written == 0 {
		t.Errorf("a truncated file was kept: %v", err)
	}
}

func TestCancelledLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err := Cached(ctx, dir, "tiny", "f32", func(int64) { cancel() })
	if err == nil {
		t.Error("the cancelled write succeeded")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("%v is left", entries)
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := Cached(t.Context(), t.TempDir(), "gpt-5", "q4_0", nil); err == nil {
		t.Error("an unknown shape was made")
	}
	if _, err := Cached(t.Context(), t.TempDir(), "tiny", "q3", nil); err == nil {
		t.Error("an unknown quantization was made")
	}
}

// Package imatrix reads importance matrices, which tell a quantizer which
// columns of a weight matter: for each tensor the mean square of each column of
// its input. llama.cpp's llama-imatrix writes them as GGUF files.
package imatrix

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"

	"coderm/weights/gguf"
)

// The tensors that llama-imatrix writes for the weight NAME: NAME.in_sum2 holds
// sums of squares, [columns, experts], NAME.counts the number of summands of
// each expert, [1, experts].
const (
	sumSuffix   = ".in_sum2"
	countSuffix = ".counts"
)

// Load reads the importance matrix at path: tensor name to [experts*columns].
func Load(path string) (map[string][]float32, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	g, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w (importance matrices of before 2025 are no GGUF files; make a new one with llama-imatrix)", err)
	}
	if g.Parts != nil {
		return nil, fmt.Errorf("%s: an importance matrix in several files is not read", path)
	}
	out := map[string][]float32{}
	for _, t := range g.Tensors {
		name, ok := strings.CutSuffix(t.Name, sumSuffix)
		if !ok {
			continue
		}
		counts, ok := g.Tensor(name + countSuffix)
		if !ok {
			return nil, fmt.Errorf("%s: %w: %s has no counts", path, gguf.ErrFormat, name)
		}
		sums, err := read(file, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		n, err := read(file, counts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if out[name], err = means(sums, n); err != nil {
			return nil, fmt.Errorf("%s: %w: %s: %w", path, gguf.ErrFormat, name, err)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w: no tensor %s is in it: it is no importance matrix", path, gguf.ErrFormat, "*"+sumSuffix)
	}
	return out, nil
}

// read reads a tensor of floats.
func read(file *os.File, t gguf.Tensor) ([]float32, error) {
	if t.Type != gguf.F32 {
		return nil, fmt.Errorf("%w: %s is %s, want F32", gguf.ErrFormat, t.Name, t.Type)
	}
	b := make([]byte, t.Bytes)
	if _, err := file.ReadAt(b, t.Offset); err != nil {
		return nil, fmt.Errorf("reading %s: %w", t.Name, err)
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out, nil
}

// means divides each expert's columns by its count. An expert without input
// weighs all columns the same.
func means(sums, counts []float32) ([]float32, error) {
	if len(sums)%len(counts) != 0 {
		return nil, fmt.Errorf("%d sums for %d counts", len(sums), len(counts))
	}
	columns := len(sums) / len(counts)
	for i, s := range sums {
		sums[i] = 1
		if n := counts[i/columns]; n > 0 {
			sums[i] = s / n
		}
		if math.IsNaN(float64(sums[i])) || math.IsInf(float64(sums[i]), 0) {
			return nil, fmt.Errorf("column %d is %v", i, sums[i])
		}
	}
	return sums, nil
}

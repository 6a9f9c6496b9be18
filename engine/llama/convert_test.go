package llama

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"coderm/weights/convert"
	"coderm/weights/gguf"
)

// convertFixtures are small models saved by transformers, with its own f32
// logits of a prompt and ids of texts; scripts/make-fixtures.sh records them.
const convertFixtures = "../../weights/testdata/convert"

// TestConvertedModelsAgreeWithTransformers converts each to f32 and compares
// what this engine computes.
func TestConvertedModelsAgreeWithTransformers(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(convertFixtures, "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, dir := range folders {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var want struct {
				Prompt []int32
				Texts  [][2]json.RawMessage
			}
			decodeFile(t, filepath.Join(dir, "expected.json"), &want)
			m := load(t, Config{Path: toF32(t, dir), Threads: 1})
			compareLogits(t, m, want.Prompt, readLogits(t, filepath.Join(dir, "logits.f32")))
			for _, pair := range want.Texts {
				var text string
				var ids []int32
				if err := json.Unmarshal(pair[0], &text); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(pair[1], &ids); err != nil {
					t.Fatal(err)
				}
				got, err := m.Tokenize(text, true)
				if err != nil || !slices.Equal(got, ids) {
					t.Errorf("tokens of %q: %v, %v; transformers says %v", text, got, err, ids)
				}
			}
		})
	}
}

func decodeFile(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func toF32(t *testing.T, dir string) string {
	t.Helper()
	f32 := gguf.F32
	c, err := convert.Open(dir, &f32)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	path := filepath.Join(t.TempDir(), "m.gguf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := c.Write(t.Context(), f, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func readLogits(t *testing.T, path string) []float32 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

// compareLogits: want is [positions, vocabulary].
func compareLogits(t *testing.T, m *Model, prompt []int32, want []float32) {
	t.Helper()
	s, err := m.newScorer(len(prompt), true)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows, err := s.Score(prompt, 0, len(prompt))
	if err != nil {
		t.Fatal(err)
	}
	var worst, scale float64
	for i, row := range rows {
		for j, got := range row {
			w := float64(want[i*len(row)+j])
			worst = max(worst, math.Abs(float64(got)-w))
			scale = max(scale, math.Abs(w))
		}
	}
	if len(rows)*len(rows[0]) != len(want) {
		t.Fatalf("%d rows of %d logits, want %d in all", len(rows), len(rows[0]), len(want))
	}
	t.Logf("logits up to %.1f differ by at most %.2g", scale, worst)
	// Sums in f32 in another order differ by some 1e-6 of their terms; a wrong
	// permutation, scaling or bias by the logits' own size.
	if worst > 3e-5*scale {
		t.Errorf("logits of up to %.1f differ by %.2g", scale, worst)
	}
}

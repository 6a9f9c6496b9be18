package llama

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/weights/gguf/gguftest"
)

// A model in several files gives what the same model in one gives, and its
// digest is that of all files.
func TestSplit(t *testing.T) {
	one := tiny(t, Config{Fixed: true})
	paths := gguftest.Split(t, one.config.Path, filepath.Join(t.TempDir(), "m"), 3)
	several := load(t, Config{Path: paths[0], Fixed: true})
	r := requests(1, int32(one.Info().Vocab))[0]
	r.N, r.Sampling, r.MaxTokens = 2, creative, 20
	var texts [2][]string
	for i, m := range []*Model{one, several} {
		for _, s := range generate(t, m, r) {
			texts[i] = append(texts[i], s.Text)
		}
	}
	if d := cmp.Diff(texts[0], texts[1]); d != "" {
		t.Errorf("(-one file +three):\n%s", d)
	}

	before, err := FileDigest(t.Context(), paths[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(paths[2])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-40] ^= 1
	if err := os.WriteFile(paths[2], b, 0o644); err != nil {
		t.Fatal(err)
	}
	if after, err := FileDigest(t.Context(), paths[0]); err != nil || after == before {
		t.Errorf("a change in the last part leaves the digest %s, %v", after, err)
	}
}

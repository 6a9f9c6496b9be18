package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"coderm/weights/chunk"
)

func TestPullFromOllama(t *testing.T) {
	model, license := ggufFile(t, chunk.Size+96, 4), []byte("MIT")
	manifest := fmt.Sprintf(`{"schemaVersion":2,"layers":[
		{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:%s","size":%d},
		{"mediaType":"application/vnd.ollama.image.template","digest":"sha256:%s","size":3},
		{"mediaType":"application/vnd.ollama.image.license","digest":"sha256:%s","size":3}]}`,
		chunk.Digest(model), len(model), chunk.Digest(license), chunk.Digest(license))
	dir := folder(t, map[string][]byte{
		"manifests/registry.ollama.ai/library/llama3.1/8b":      []byte(manifest),
		"manifests/registry.ollama.ai/library/evil/latest":      []byte(`{"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../x"}]}`),
		"manifests/registry.ollama.ai/library/noweights/latest": []byte(`{}`),
		"blobs/sha256-" + chunk.Digest(model):                   model,
		"blobs/sha256-" + chunk.Digest(license):                 license,
	})
	t.Setenv("OLLAMA_MODELS", dir)
	s := Open(t.TempDir())
	p := pull(t, s, "llama", "ollama:llama3.1:8b")
	checkModel(t, s, "llama", model)
	if p.Title != "llama3.1:8b" || len(p.Files) != 2 {
		t.Errorf("title %q, files %v", p.Title, p.Files)
	}
	for from, want := range map[string]string{
		"ollama:evil":      "bad digest",
		"ollama:noweights": "no model layer",
		"ollama:llama3.1":  `0 models called "llama3.1"`, // its only tag is 8b
		dir:                "models called",
	} {
		if _, err := tryPull(s, "x", from); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", from, err, want)
		}
	}
	flip(t, filepath.Join(dir, "blobs", "sha256-"+chunk.Digest(model)), 50)
	if _, err := tryPull(s, "x", "ollama:llama3.1:8b"); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged blob: %v", err)
	}
}

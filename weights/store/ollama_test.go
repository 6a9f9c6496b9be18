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
	layers := func(kinds ...string) []byte {
		var list []string
		for _, k := range kinds {
			list = append(list, fmt.Sprintf(`{"mediaType":"application/vnd.ollama.image.%s","digest":"sha256:%s"}`, k, chunk.Digest(model)))
		}
		return []byte(`{"layers":[` + strings.Join(list, ",") + "]}")
	}
	dir := folder(t, map[string][]byte{
		"manifests/registry.ollama.ai/library/llama3.1/8b":      []byte(manifest),
		"manifests/registry.ollama.ai/library/evil/latest":      []byte(`{"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:../../x"}]}`),
		"manifests/registry.ollama.ai/library/noweights/latest": []byte(`{}`),
		"manifests/registry.ollama.ai/library/adapted/latest":   layers("model", "adapter"),
		"manifests/registry.ollama.ai/library/seeing/latest":    layers("model", "template", "projector"),
		"manifests/registry.ollama.ai/library/two/latest":       layers("model", "model"),
		"manifests/registry.ollama.ai/library/loose/latest":     layers("tensor", "tensor"),
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
		"ollama:adapted":   `a layer of the kind "adapter"`,
		"ollama:seeing":    `a layer of the kind "projector"`,
		"ollama:two":       "several model layers",
		"ollama:loose":     `a layer of the kind "tensor"`,
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

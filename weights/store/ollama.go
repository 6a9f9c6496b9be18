package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"coderm/weights/chunk"
)

// ollamaPrefix marks a model of the Ollama installation on this machine.
const ollamaPrefix = "ollama:"

// The media types of an Ollama manifest's layers that we take.
var ollamaLayers = map[string]struct {
	name string
	role chunk.Role
}{
	ollamaLayer + "model":   {"model.gguf", chunk.RoleModel},
	ollamaLayer + "license": {"LICENSE", chunk.RoleOther},
}

// ollamaTexts are the layers that stay behind without loss: the chat template is
// a Go template, not the Jinja text our roles mean, and the GGUF file has its own;
// the others are settings and texts of a chat. Every other kind of layer (an
// adapter, a projector, loose tensors) is a part of the model.
var ollamaTexts = map[string]bool{"template": true, "system": true, "prompt": true, "params": true, "messages": true, "embed": true}

const ollamaLayer = "application/vnd.ollama.image."

// ollamaManifest is the part of Ollama's manifest that we read.
type ollamaManifest struct {
	Layers []struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"` // sha256:HEX
		Size      int64  `json:"size"`
	} `json:"layers"`
}

// ollamaDir is where Ollama keeps its models.
func ollamaDir() (string, error) {
	if dir := os.Getenv("OLLAMA_MODELS"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".ollama", "models"), err
}

// isOllamaDir tells whether dir is an Ollama model store.
func isOllamaDir(dir string) bool {
	for _, sub := range []string{"blobs", "manifests"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// ollamaSource offers the model ref ("llama3.1:8b", "hf.co/user/model:tag") of
// the Ollama store in dir. An empty ref means the only model there is.
func ollamaSource(dir, ref string, p chunk.Progress) (chunk.Source, error) {
	path, err := ollamaManifestPath(dir, ref)
	if err != nil {
		return nil, err
	}
	data, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	var m ollamaManifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("%s: not an Ollama manifest: %w", path, err)
	}
	paths := make(map[string]string)
	digests := make(map[string]string)
	for _, l := range m.Layers {
		want, ok := ollamaLayers[l.MediaType]
		kind := strings.TrimPrefix(l.MediaType, ollamaLayer)
		_, taken := paths[want.name]
		switch {
		case !ok && ollamaTexts[kind], taken && want.role != chunk.RoleModel:
			continue
		case !ok:
			return nil, fmt.Errorf("%s: the model has a layer of the kind %q, without which it would be another; only models of one GGUF file are taken", path, kind)
		case taken:
			return nil, fmt.Errorf("%s: the model has several model layers; only models of one GGUF file are taken", path)
		}
		hex, ok := strings.CutPrefix(l.Digest, "sha256:")
		if !ok || !chunk.ValidDigest(hex) {
			return nil, fmt.Errorf("%s: bad digest %q", path, l.Digest)
		}
		paths[want.name] = filepath.Join(dir, "blobs", "sha256-"+hex)
		digests[want.name] = hex
	}
	if paths["model.gguf"] == "" {
		return nil, fmt.Errorf("%s: no model layer", path)
	}
	src := hashedSource("model.gguf", paths, p)
	hash := src.make
	src.make = func(ctx context.Context) (*chunk.Manifest, error) {
		got, err := hash(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range got.Files {
			if f.SHA256 != digests[f.Name] {
				return nil, fmt.Errorf("%s is damaged: its SHA-256 is %s ('ollama pull' repairs it)", paths[f.Name], f.SHA256)
			}
		}
		got.Title = filepath.Base(filepath.Dir(path)) + ":" + filepath.Base(path)
		return got, nil
	}
	return src, nil
}

// ollamaManifestPath finds manifests/HOST/NAMESPACE/MODEL/TAG; a ref without
// host, namespace or tag matches any host and namespace, and the tag "latest".
func ollamaManifestPath(dir, ref string) (string, error) {
	name, tag, ok := strings.Cut(ref, ":")
	if !ok {
		tag = "latest"
	}
	var all, found []string
	root := filepath.Join(dir, "manifests")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		model, file := filepath.ToSlash(filepath.Dir(rel)), filepath.Base(rel)
		all = append(all, filepath.Base(model)+":"+file)
		if file == tag && (model == name || strings.HasSuffix(model, "/"+name)) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("no Ollama models: %w", err)
	}
	if ref == "" && len(all) == 1 {
		return ollamaManifestPath(dir, all[0])
	}
	if len(found) != 1 {
		sort.Strings(all)
		return "", fmt.Errorf("%d models called %q in the Ollama store %s; it has: %s (give --from %sNAME:TAG)",
			len(found), ref, dir, strings.Join(all, ", "), ollamaPrefix)
	}
	return found[0], nil
}

// readSmall reads a file that must be small.
func readSmall(path string) ([]byte, error) {
	const limit = 1 << 20
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(data) > limit {
		err = errors.New("too large")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"coderm/internal/fsx"
	"coderm/weights/chunk"
	"coderm/weights/convert"
)

// Quantizer stores a model's weights in fewer bits.
type Quantizer interface {
	// Check refuses a type that it has not.
	Check(typ string) error
	Quantize(ctx context.Context, in, out, typ string) error
}

// published is a model that is there as safetensors only. It is fetched, converted
// and, if a type was named, quantized, in a folder that a pull which is cut off leaves
// for the next.
type published struct {
	store    *Store
	hub      *hub
	title    string
	progress chunk.Progress
	m        *chunk.Manifest
}

// wanted are the files that a conversion reads.
func wanted(path string) bool {
	switch path {
	case "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
		"chat_template.jinja", "model.safetensors.index.json":
		return true
	}
	return strings.HasSuffix(path, ".safetensors") && !strings.Contains(path, "/")
}

func (s *Store) hubFolder(h *hub, title string, p chunk.Progress) (chunk.Source, error) {
	weights := false
	for _, f := range h.files {
		weights = weights || wanted(f.Path) && strings.HasSuffix(f.Path, ".safetensors")
	}
	switch {
	case !weights:
		return nil, fmt.Errorf("%s has neither GGUF files nor safetensors", h.repo)
	case h.typ != "" && s.Quantize == nil:
		return nil, fmt.Errorf("%s has no GGUF files, and this program does not quantize: leave :%s out", h.repo, h.typ)
	case h.typ != "":
		if err := s.Quantize.Check(h.typ); err != nil {
			return nil, err
		}
	}
	return &published{store: s, hub: h, title: title, progress: p}, nil
}

func (b *published) Close() error { return nil }

// Open reads the file that Manifest has left for the pull.
func (b *published) Open(_ context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	return os.Open(b.store.partial(f))
}

func (b *published) Manifest(ctx context.Context) (*chunk.Manifest, error) {
	if b.m != nil {
		return b.m, nil
	}
	key := "hub-" + chunk.Digest([]byte(b.hub.endpoint+"/"+b.title))
	unlock, err := b.store.lock(ctx, key)
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir := filepath.Join(b.store.dir, "partial", key, filepath.Base(b.hub.repo)) // convert names the model by it
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, f := range b.hub.files {
		if wanted(f.Path) {
			if err := b.fetch(ctx, f, dir); err != nil {
				return nil, err
			}
		}
	}
	path, err := b.make(ctx, dir)
	if err != nil {
		return nil, err
	}
	f, err := hashPath(ctx, path, plainName(filepath.Base(path)), chunk.RoleModel, nil)
	if err != nil {
		return nil, err
	}
	m := &chunk.Manifest{Version: 1, Name: "model", Title: b.title, Files: []chunk.File{f}}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	// The blob's own partial file: pulling it checks it and fetches nothing.
	if err := os.Rename(path, b.store.partial(&f)); err != nil {
		return nil, err
	}
	b.m = m
	return m, os.RemoveAll(filepath.Dir(dir))
}

// fetch completes one file, and compares it with the digest that the server names.
func (b *published) fetch(ctx context.Context, f hubFile, dir string) error {
	path := filepath.Join(dir, f.Path)
	if info, err := os.Stat(path); err == nil && info.Size() == f.Size {
		b.progress.Add(f.Size)
		return nil
	}
	r, err := openRemote(ctx, b.hub.client, b.hub.address(f.Path))
	if err != nil {
		return err
	}
	part, err := os.OpenFile(path+".part", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	file := &httpFile{store: b.store, r: r, progress: b.progress}
	err = file.fetch(ctx, part, path+".json")
	if err == nil && f.LFS.SHA256 != "" {
		var got chunk.File
		if got, err = chunk.HashFile(ctx, part, r.Size(), "file", chunk.RoleOther, nil); err == nil && got.SHA256 != f.LFS.SHA256 {
			err = errors.Join(fmt.Errorf("%s came with the SHA-256 %s, and the server says %s: pull again", f.Path, got.SHA256, f.LFS.SHA256),
				os.Remove(path+".part"), os.Remove(path+".json"))
		}
	}
	if err := errors.Join(err, part.Close()); err != nil {
		return err
	}
	return errors.Join(os.Rename(path+".part", path), os.Remove(path+".json"))
}

// make converts what is in the folder, and quantizes it if a type was named.
func (b *published) make(ctx context.Context, dir string) (path string, err error) {
	m, err := convert.Open(dir, nil)
	if err != nil {
		return "", err
	}
	defer m.Close()
	path = filepath.Join(dir, filepath.Base(b.hub.repo)+".gguf")
	err = fsx.WriteFile(path, func(f *os.File) error { return m.Write(ctx, f, nil) })
	if err != nil || b.hub.typ == "" {
		return path, err
	}
	small := strings.TrimSuffix(path, ".gguf") + "-" + b.hub.typ + ".gguf"
	if err := b.store.Quantize.Quantize(ctx, path, small, b.hub.typ); err != nil {
		return "", err
	}
	return small, os.Remove(path)
}

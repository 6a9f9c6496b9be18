package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"coderm/weights/chunk"
)

// folderSource offers files on this machine under a manifest, which is either
// read from the folder or made by hashing the files.
type folderSource struct {
	paths map[string]string // file name in the manifest -> path
	m     *chunk.Manifest
	make  func(ctx context.Context) (*chunk.Manifest, error)
}

func (s *folderSource) Manifest(ctx context.Context) (_ *chunk.Manifest, err error) {
	if s.m == nil {
		s.m, err = s.make(ctx)
	}
	return s.m, err
}

func (s *folderSource) Open(_ context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	path, ok := s.paths[f.Name]
	if !ok {
		return nil, fmt.Errorf("the source has no file %q", f.Name)
	}
	return os.Open(path)
}

func (s *folderSource) Close() error { return nil }

// companions are the files beside a model that travel with it.
var companions = map[string]chunk.Role{
	"tokenizer.json":      chunk.RoleTokenizer,
	"chat_template.jinja": chunk.RoleTemplate,
	"difficulty.json":     chunk.RoleClassifier,
	"LICENSE":             chunk.RoleOther,
}

// fileSource offers a single GGUF file.
func fileSource(path string, p chunk.Progress) chunk.Source {
	name := plainName(filepath.Base(path))
	return hashedSource(name, map[string]string{name: path}, p)
}

// plainName makes a file name one that a manifest may hold.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		}
		return '_'
	}, name)
	if name = strings.TrimLeft(name, "._-"); name == "" {
		return "model.gguf"
	}
	return name
}

// OpenManifestDir offers a folder with a manifest.json, as 'coderm model
// unpack' writes it: exactly the files that lists.
func OpenManifestDir(dir string) (chunk.Source, error) {
	f, err := os.Open(filepath.Join(dir, chunk.ManifestName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := chunk.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	s := &folderSource{m: m, paths: make(map[string]string)}
	for _, f := range m.Files {
		s.paths[f.Name] = filepath.Join(dir, f.Name)
	}
	return s, nil
}

// dirSource offers a folder: by its manifest.json if it has one, else its one
// GGUF file and companions.
func dirSource(dir string, p chunk.Progress) (chunk.Source, error) {
	src, err := OpenManifestDir(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return src, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	paths := make(map[string]string)
	var models []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasSuffix(name, ".gguf"):
			models = append(models, plainName(name))
			paths[plainName(name)] = filepath.Join(dir, name)
		case companions[name] != "":
			paths[name] = filepath.Join(dir, name)
		}
	}
	switch len(models) {
	case 0:
		return nil, fmt.Errorf("%s: no .gguf file and no %s in it (a Hugging Face folder needs 'coderm model convert' first)", dir, chunk.ManifestName)
	case 1:
		return hashedSource(models[0], paths, p), nil
	default:
		for _, name := range models {
			if err := checkName(name); err != nil {
				return nil, err
			}
		}
		return nil, fmt.Errorf("%s: %d .gguf files in it; give the path of one of them", dir, len(models))
	}
}

// hashedSource makes the manifest of the files in paths, model first.
func hashedSource(model string, paths map[string]string, p chunk.Progress) *folderSource {
	return &folderSource{paths: paths, make: func(ctx context.Context) (*chunk.Manifest, error) {
		m := &chunk.Manifest{Version: 1, Name: "model", Title: strings.TrimSuffix(model, ".gguf")}
		f, err := hashPath(ctx, paths[model], model, chunk.RoleModel, p)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, f)
		for _, name := range sortedKeys(paths) {
			if name == model {
				continue
			}
			f, err := hashPath(ctx, paths[name], name, companions[name], p)
			if err != nil {
				return nil, err
			}
			m.Files = append(m.Files, f)
		}
		return m, m.Validate()
	}}
}

func hashPath(ctx context.Context, path, name string, role chunk.Role, p chunk.Progress) (chunk.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return chunk.File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return chunk.File{}, err
	}
	if !info.Mode().IsRegular() {
		return chunk.File{}, fmt.Errorf("%s: not a regular file", path)
	}
	return chunk.HashFile(ctx, f, info.Size(), name, role, p)
}

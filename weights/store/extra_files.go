package store

import (
	"context"
	"fmt"
	"path/filepath"

	"coderm/weights/chunk"
)

// With adds files of this machine to what src offers, one for each role: a
// difficulty classifier to carry with its model. A file of the same role in
// src is replaced.
func With(src chunk.Source, extra map[chunk.Role]string, p chunk.Progress) chunk.Source {
	if len(extra) == 0 {
		return src
	}
	return &withFiles{Source: src, extra: extra, progress: p}
}

type withFiles struct {
	chunk.Source
	extra    map[chunk.Role]string
	progress chunk.Progress
	m        *chunk.Manifest
	files    folderSource // the extra ones
}

func (w *withFiles) Manifest(ctx context.Context) (*chunk.Manifest, error) {
	if w.m != nil {
		return w.m, nil
	}
	base, err := w.Source.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	m := *base
	m.Files = nil
	for _, f := range base.Files {
		if w.extra[f.Role] == "" {
			m.Files = append(m.Files, f)
		}
	}
	w.files.paths = make(map[string]string)
	for _, role := range sortedKeys(w.extra) {
		path := w.extra[role]
		f, err := hashPath(ctx, path, plainName(filepath.Base(path)), role, w.progress)
		if err != nil {
			return nil, err
		}
		m.Files = append(m.Files, f)
		w.files.paths[f.Name] = path
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("cannot add these files: %w", err)
	}
	w.m = &m
	return w.m, nil
}

func (w *withFiles) Open(ctx context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	if _, ok := w.files.paths[f.Name]; ok {
		return w.files.Open(ctx, f)
	}
	return w.Source.Open(ctx, f)
}

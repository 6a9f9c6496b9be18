package gguf

import (
	"fmt"
	"os"
	"strings"
)

// The keys of a model in several files. Each file says its number and how many
// there are; the metadata is in the first.
const (
	keySplitNo      = "split.no" // from 0
	keySplitCount   = "split.count"
	keySplitTensors = "split.tensors.count"
)

// maxParts bounds the files of one model; names have five digits.
const maxParts = 99_999

// SplitError says what keeps a file of a model in several files from being used.
type SplitError struct {
	Path   string
	Reason string
}

func (e *SplitError) Error() string { return e.Path + ": " + e.Reason }

// MergeHint says what to do with a model in several files where one is needed.
const MergeHint = "make it one file ('llama-gguf-split --merge FIRST OUT.gguf') and give that"

// Split tells which part of a model in several files f is, from 1, and how many
// there are: 1 of 1 for a model in one file.
func (f *File) Split() (part, count int, err error) {
	n, ok := f.Int(keySplitCount)
	if !ok || n == 0 || n == 1 {
		return 1, 1, nil
	}
	no, ok := f.Int(keySplitNo)
	if !ok || n < 0 || n > maxParts || no < 0 || no >= n {
		return 0, 0, fmt.Errorf("%w: part %d of %d by %s and %s", ErrFormat, no+1, n, keySplitNo, keySplitCount)
	}
	return int(no) + 1, int(n), nil
}

// splitSuffix ends the name of one of several files; llama.cpp finds the others
// by it.
func splitSuffix(part, count int) string { return fmt.Sprintf("-%05d-of-%05d.gguf", part, count) }

// openParts completes f, the file at path, if it is the first of several: with
// the tensors and the size of all.
func (f *File) openParts(path string) error {
	part, count, err := f.Split()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if count == 1 {
		return nil
	}
	prefix, named := strings.CutSuffix(path, splitSuffix(part, count))
	switch {
	case !named:
		return &SplitError{path, fmt.Sprintf("it is part %d of a model in %d files, and is not called NAME%s, by which the others are found; rename all, or %s",
			part, count, splitSuffix(part, count), MergeHint)}
	case part != 1:
		return &SplitError{path, fmt.Sprintf("it is part %d of a model in %d files; give the first, %s", part, count, prefix+splitSuffix(1, count))}
	}
	f.Parts = []string{path}
	for k := 2; k <= count; k++ {
		next := prefix + splitSuffix(k, count)
		if _, err := os.Stat(next); err != nil {
			return &SplitError{path, fmt.Sprintf("the model is in %d files, and part %d is missing: %v", count, k, err)}
		}
		g, err := openOne(next)
		if err != nil {
			return err
		}
		if gotPart, gotCount, err := g.Split(); err != nil || gotPart != k || gotCount != count {
			return &SplitError{next, fmt.Sprintf("by its name it is part %d of %d, by its content another file", k, count)}
		}
		if err := f.join(g); err != nil {
			return &SplitError{next, err.Error()}
		}
		f.Parts = append(f.Parts, next)
	}
	if want, ok := f.Int(keySplitTensors); ok && want != int64(len(f.Tensors)) {
		return &SplitError{path, fmt.Sprintf("its %d files have %d tensors, it says %d", count, len(f.Tensors), want)}
	}
	return nil
}

// join adds the tensors of a further part; their offsets are in its own file.
func (f *File) join(g *File) error {
	for _, t := range g.Tensors {
		if _, there := f.tensors[t.Name]; there {
			return fmt.Errorf("the tensor %q is in another part too", t.Name)
		}
		f.tensors[t.Name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
	}
	f.Size += g.Size
	return nil
}

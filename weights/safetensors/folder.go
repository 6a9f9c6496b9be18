package safetensors

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Names of a model folder's files.
const (
	singleFile = "model.safetensors"
	indexFile  = "model.safetensors.index.json"
	maxIndex   = 64 << 20 // the index of a model of 100,000 tensors takes 10 MB
)

// Folder is a model's safetensors files, one or many shards.
type Folder struct {
	Tensors []Tensor // sorted by name; no name twice
	Shards  int
	files   []*File
}

// Close closes all shards.
func (f *Folder) Close() error {
	var errs []error
	for _, x := range f.files {
		errs = append(errs, x.Close())
	}
	return errors.Join(errs...)
}

// OpenFolder opens model.safetensors in dir, or else the shards that
// model.safetensors.index.json names, each tensor in the shard it names.
func OpenFolder(dir string) (*Folder, error) {
	f := &Folder{}
	if err := f.open(dir); err != nil {
		f.Close()
		return nil, err
	}
	slices.SortFunc(f.Tensors, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	f.Shards = len(f.files)
	return f, nil
}

func (f *Folder) open(dir string) error {
	index := filepath.Join(dir, indexFile)
	weightMap, err := readIndex(index)
	if errors.Is(err, fs.ErrNotExist) {
		single, err := f.add(filepath.Join(dir, singleFile))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: neither %s nor %s is here: %w", dir, singleFile, indexFile, fs.ErrNotExist)
		}
		if err != nil {
			return err
		}
		f.Tensors = single.Tensors
		return nil
	}
	if err != nil {
		return err
	}
	shards := map[string][]string{} // file to tensor names
	for name, file := range weightMap {
		// A shard lies beside the index; anything else is an attempt to read
		// other files.
		if file != filepath.Base(file) || !filepath.IsLocal(file) {
			return fmt.Errorf("%s: %w: tensor %q is said to be in %q", index, ErrFormat, name, file)
		}
		shards[file] = append(shards[file], name)
	}
	for file, names := range shards {
		shard, err := f.add(filepath.Join(dir, file))
		if err != nil {
			return fmt.Errorf("shard named by %s: %w", indexFile, err)
		}
		inShard := map[string]Tensor{}
		for _, t := range shard.Tensors {
			inShard[t.Name] = t
		}
		for _, name := range names {
			t, ok := inShard[name]
			if !ok {
				return fmt.Errorf("%s: %w: tensor %q is not in %s", index, ErrFormat, name, file)
			}
			f.Tensors = append(f.Tensors, t)
		}
	}
	return nil
}

func (f *Folder) add(path string) (*File, error) {
	x, err := Open(path)
	if err != nil {
		return nil, err
	}
	f.files = append(f.files, x)
	return x, nil
}

// readIndex gives the index's weight_map, tensor name to file name.
func readIndex(path string) (map[string]string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxIndex {
		return nil, fmt.Errorf("%s: %w: an index of %d bytes", path, ErrFormat, st.Size())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrFormat, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, fmt.Errorf("%s: %w: weight_map is empty", path, ErrFormat)
	}
	return index.WeightMap, nil
}

package convert

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"coderm/problem"
)

// Progress counts what an import has done, while it goes.
type Progress struct {
	Bytes, BytesPlanned     atomic.Int64 // read of the files
	Checked, CheckedPlanned atomic.Int64 // problems whose completions were taken apart
}

// progress is where the import counts.
func (in *Input) progress() *Progress {
	if in.Progress == nil {
		in.Progress = new(Progress)
	}
	return in.Progress
}

// counted is a file whose reading is counted.
type counted struct {
	*os.File
	done *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	c.done.Add(int64(n))
	return n, err
}

func (c counted) ReadAt(b []byte, at int64) (int, error) {
	n, err := c.File.ReadAt(b, at)
	c.done.Add(int64(n))
	return n, err
}

// open opens what a flag names: a file of JSON, plain or compressed; a Parquet file;
// or a data set's folder as Hugging Face has them, of such files. Rows of Parquet
// come as JSON Lines.
func (in *Input) open(path string) (*problem.Input, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	paths := []string{path}
	if st.IsDir() {
		if paths, err = dataFiles(path); err != nil {
			return nil, err
		}
	}
	var files []counted
	closeAll := func() error {
		var all []error
		for _, f := range files {
			all = append(all, f.Close())
		}
		return errors.Join(all...)
	}
	for _, p := range paths {
		f, err := os.Open(p)
		if err != nil {
			return nil, errors.Join(err, closeAll())
		}
		files = append(files, counted{f, &in.progress().Bytes})
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			in.progress().BytesPlanned.Add(st.Size())
		}
	}
	if len(files) == 1 && !isParquet(files[0]) {
		return problem.NewInput(files[0], path)
	}
	r, w := io.Pipe()
	go func() {
		var err error
		for i, f := range files {
			if err = rowsOf(f, paths[i], w); err != nil {
				break
			}
		}
		w.CloseWithError(errors.Join(err, closeAll()))
	}()
	return problem.NewInput(r, path)
}

// rowsOf writes a data file's rows as lines.
func rowsOf(f counted, path string, w io.Writer) error {
	if isParquet(f) {
		if err := parquetRows(f, w); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	in, err := problem.NewInput(io.NopCloser(f), path)
	if err != nil {
		return err
	}
	defer in.Close()
	return liveObjects(in, path, func(object []byte) error {
		_, err := w.Write(append(object, '\n'))
		return err
	})
}

// dataFile is the name of a file that has rows.
var dataFile = regexp.MustCompile(`\.(parquet|jsonl|json)(\.gz|\.zst)?$`)

// splits of a data set are told by words in the files' names, as Hugging Face's
// library does: https://huggingface.co/docs/datasets/repository_structure
var splits = []struct {
	name string
	word *regexp.Regexp
}{
	{"test", regexp.MustCompile(`(^|[^a-z])(test|eval)\d*([^a-z]|$)`)},
	{"validation", regexp.MustCompile(`(^|[^a-z])(validation|valid|dev)\d*([^a-z]|$)`)},
	{"train", regexp.MustCompile(`(^|[^a-z])train\d*([^a-z]|$)`)},
}

// dataFiles are the files of a data set's folder: those of its test split, or of the
// only one there is.
func dataFiles(dir string) ([]string, error) {
	bySplit := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(d.Name(), ".") && path != dir:
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || !dataFile.MatchString(d.Name()) || d.Name() == "dataset_info.json":
			return nil
		}
		split := ""
		for _, s := range splits {
			if s.word.MatchString(strings.ToLower(d.Name())) {
				split = s.name
				break
			}
		}
		bySplit[split] = append(bySplit[split], path)
		return nil
	})
	if err != nil {
		return nil, err
	}
	files := bySplit["test"]
	if len(bySplit) == 1 {
		for _, files = range bySplit {
		}
	}
	if len(bySplit) == 0 {
		return nil, fmt.Errorf("%s: a folder without .parquet, .jsonl or .json files", dir)
	}
	folders := map[string]bool{}
	for _, f := range files {
		folders[filepath.Dir(f)] = true
	}
	if len(files) == 0 || len(folders) > 1 {
		return nil, fmt.Errorf("%s: a folder with several data sets in it; give one of its files or folders", dir)
	}
	slices.Sort(files)
	return files, nil
}

// input has fn read what a flag names.
func (in *Input) input(path string, fn func(*problem.Input) error) error {
	r, err := in.open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	return fn(r)
}

// lines calls fn for every row of a file.
func (in *Input) lines(path string, fn func(line []byte) error) error {
	return in.input(path, func(r *problem.Input) error { return r.Lines(fn) })
}

// objects is lines where the file may also be one JSON list.
func (in *Input) objects(path string, fn func(object []byte) error) error {
	return in.input(path, func(r *problem.Input) error { return liveObjects(r, path, fn) })
}

// isParquet tells a Parquet file by its first bytes; a pipe is none.
func isParquet(f counted) bool {
	magic := make([]byte, len(parquetMagic))
	n, _ := f.File.ReadAt(magic, 0)
	return string(magic[:n]) == parquetMagic
}

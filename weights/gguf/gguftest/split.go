// Package gguftest makes GGUF files for tests.
package gguftest

import (
	"fmt"
	"io"
	"os"
	"testing"

	"coderm/weights/gguf"
)

// Split writes the model at path as count files, called prefix-00001-of-…, and
// returns their paths. The metadata goes to the first, as llama-gguf-split has it.
func Split(t testing.TB, path, prefix string, count int) []string {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	var paths []string
	for k := range count {
		out := fmt.Sprintf("%s-%05d-of-%05d.gguf", prefix, k+1, count)
		meta := []gguf.KV{
			{Key: "split.no", Value: gguf.Uint16(uint16(k))},
			{Key: "split.count", Value: gguf.Uint16(uint16(count))},
			{Key: "split.tensors.count", Value: gguf.Int32(int32(len(f.Tensors)))},
		}
		if k == 0 {
			meta = append(f.Metadata[:len(f.Metadata):len(f.Metadata)], meta...)
		}
		var tensors []gguf.Source
		for _, t := range f.Tensors[k*len(f.Tensors)/count : (k+1)*len(f.Tensors)/count] {
			tensors = append(tensors, gguf.Source{Name: t.Name, Type: t.Type, Shape: t.Shape, Write: func(w io.Writer) error {
				_, err := io.Copy(w, io.NewSectionReader(data, t.Offset, t.Bytes))
				return err
			}})
		}
		w, err := os.Create(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := gguf.Write(w, meta, tensors); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, out)
	}
	return paths
}

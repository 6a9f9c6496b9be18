package gguf

import "testing"

// BenchmarkRead: the header of a 128k vocabulary, and the worst a file of 16 MB
// can ask for.
func BenchmarkRead(b *testing.B) {
	words := make([]string, 400_000)
	for i := range words {
		words[i] = "merge me"
	}
	empty := make([]string, 2<<20)
	for name, values := range map[string][]string{"vocabulary": words, "empty strings": empty} {
		file := encode(b, []KV{{"tokens", Strings(values)}}, nil)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := read(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package tokenizer

import (
	"strings"
	"testing"

	"coderm/internal/cputime"
	"coderm/internal/testkit"
	"coderm/tokenizer/internal/oracle"
	"coderm/weights/store"
)

// BenchmarkEncode compares, on 10,000 real texts and lines, our encoder,
// llama.cpp's and the library's BPE behind our splitters.
func BenchmarkEncode(b *testing.B) {
	texts := realLines(b, 10_000)
	bytes := int64(0)
	for _, s := range texts {
		bytes += int64(len(s))
	}
	run := func(b *testing.B, encode func(s string)) {
		b.SetBytes(bytes)
		start := cputime.Used()
		for b.Loop() {
			for _, s := range texts {
				encode(s)
			}
		}
		// Processor time is what a busy machine does not distort.
		b.ReportMetric(float64(bytes)*float64(b.N)/1e6/(cputime.Used()-start).Seconds(), "MB/cpu-s")
	}
	for _, name := range []string{"smollm2", "llama3_1", "qwen2_5", "llama2"} {
		b.Run(name, func(b *testing.B) {
			path := benchmarkVocab(b, name)
			tok, err := FromGGUF(path)
			if err != nil {
				b.Fatal(err)
			}
			ref, err := oracle.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer ref.Close()
			b.Run("ours", func(b *testing.B) {
				run(b, func(s string) {
					if _, err := tok.Encode(s, true); err != nil {
						b.Fatal(err)
					}
				})
			})
			b.Run("llama.cpp", func(b *testing.B) {
				run(b, func(s string) {
					if _, err := ref.Tokenize(s, true); err != nil {
						b.Fatal(err)
					}
				})
			})
			if m, ok := tok.model.(*byteBPE); ok {
				lib := libraryBPE(m)
				b.Run("library", func(b *testing.B) {
					run(b, func(s string) {
						m.pre.passes.split(s, func(word string) { libraryIDs(b, lib, word) })
					})
				})
			}
		})
	}
}

// BenchmarkEncodeLong is one word of 100,000 characters: the worst case.
func BenchmarkEncodeLong(b *testing.B) {
	tok, err := FromGGUF(benchmarkVocab(b, "llama3_1"))
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("abcdefghij", 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := tok.Encode(text, true); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, name := range []string{"smollm2", "llama3_1"} {
		b.Run(name, func(b *testing.B) {
			path := benchmarkVocab(b, name)
			for b.Loop() {
				if _, err := FromGGUF(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchmarkVocab(b *testing.B, name string) string {
	b.Helper()
	if name == "smollm2" {
		path, err := store.Resolve(store.DefaultName)
		testkit.Need(b, err, "the default model")
		return path
	}
	return writeGGUF(b, vocabOfJSON(b, fetchedJSON(b, name)))
}

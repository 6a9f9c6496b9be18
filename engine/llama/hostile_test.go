package llama

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coderm/engine"
	"coderm/tokenizer"
	"coderm/weights"
	"coderm/weights/gguf"
	"coderm/weights/synthetic"
)

// modelFile is a model's file that can be written with changes.
type modelFile struct {
	meta    []gguf.KV
	tensors []gguf.Source
}

func readModel(t *testing.T, path string) modelFile {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := modelFile{meta: f.Metadata}
	for _, x := range f.Tensors {
		content := data[x.Offset : x.Offset+x.Bytes]
		m.tensors = append(m.tensors, gguf.Source{Name: x.Name, Type: x.Type, Shape: x.Shape, Write: func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		}})
	}
	return m
}

// with is m with a key set.
func (m modelFile) with(key string, v gguf.Value) modelFile {
	m.meta = m.without(key).meta
	m.meta = append(m.meta, gguf.KV{Key: key, Value: v})
	return m
}

func (m modelFile) without(key string) modelFile {
	m.meta = slices.DeleteFunc(slices.Clone(m.meta), func(kv gguf.KV) bool { return kv.Key == key })
	return m
}

// withTensor is m with a tensor changed, and of zeros.
func (m modelFile) withTensor(i int, typ gguf.Type, shape []uint64) (modelFile, bool) {
	n, err := typ.Bytes(shape)
	if err != nil || n > 64<<20 {
		return m, false
	}
	m.tensors = slices.Clone(m.tensors)
	x := &m.tensors[i]
	x.Type, x.Shape = typ, shape
	x.Write = func(w io.Writer) error {
		_, err := w.Write(make([]byte, n))
		return err
	}
	return m, true
}

// extra are keys of other models, which llama.cpp reads where it finds them.
var extra = []string{
	"expert_count", "expert_used_count", "expert_group_count", "expert_group_used_count", "vocab_size", "nextn_predict_layers", "attention.key_length",
	"attention.value_length", "attention.key_length_swa", "attention.sliding_window", "attention.sliding_window_pattern", "attention.clamp_kqv",
	"attention.causal", "attention.scale", "pooling_type", "rope.dimension_sections", "rope.scaling.type", "rope.scaling.factor",
	"rope.scaling.original_context_length", "rope.scaling.attn_factor", "rope.freq_base", "rope.scale_linear", "embedding_length_out", "logit_scale",
	"residual_scale", "embedding_scale", "leading_dense_block_count", "features_length", "classifier.output_labels", "tensor_data_layout",
	"use_parallel_residual", "attention.max_alibi_bias", "attention.shared_kv_layers", "decoder_start_token_id", "expert_weights_scale",
}

// hostile lists changes of a model's header, each with a name.
func hostile(m modelFile, yield func(name string, m modelFile)) {
	values := []gguf.Value{
		gguf.Uint32(0), gguf.Uint32(1), gguf.Uint32(3), gguf.Uint32(65536), gguf.Uint32(math.MaxInt32), gguf.Uint32(math.MaxUint32),
		gguf.Float32(0), gguf.Float32(-1), gguf.Float32(1e38), gguf.Float32(float32(math.NaN())), gguf.Float32(float32(math.Inf(1))),
		gguf.Bool(true), gguf.String(""), gguf.String("gpt2"), gguf.String("\xff\x00" + strings.Repeat("x", 9999)),
		gguf.Strings(nil), gguf.Strings([]string{"a", "a"}), gguf.Int32s([]int32{-1, math.MinInt32, 7}), gguf.Int32s(make([]int32, 2000)), gguf.Float32s([]float32{1}),
	}
	var arch string
	for _, kv := range m.meta {
		if kv.Key == "general.architecture" {
			arch, _ = kv.Value.Text()
		}
	}
	keys := []string{"general.alignment", "split.count", "tokenizer.ggml.add_bos_token", "tokenizer.ggml.token_type_count", "tokenizer.ggml.precompiled_charsmap",
		"tokenizer.ggml.eot_token_id", "tokenizer.ggml.padding_token_id", "tokenizer.ggml.scores", "tokenizer.ggml.merges", "tokenizer.ggml.token_type"}
	for _, kv := range m.meta {
		keys = append(keys, kv.Key)
	}
	for _, key := range extra {
		keys = append(keys, arch+"."+key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		yield(key+" removed", m.without(key))
		for _, v := range values {
			if key == "general.architecture" && v.Kind() != gguf.KindString {
				continue
			}
			yield(fmt.Sprintf("%s=%.40v (%s)", key, v.Any(), v.Kind()), m.with(key, v))
		}
	}
	for _, kv := range m.meta {
		if list, ok := kv.Value.Strings(); ok {
			same := slices.Repeat([]string{list[0]}, len(list))
			empty := make([]string, len(list))
			yield(kv.Key+" all equal", m.with(kv.Key, gguf.Strings(same)))
			yield(kv.Key+" all empty", m.with(kv.Key, gguf.Strings(empty)))
			yield(kv.Key+" one fewer", m.with(kv.Key, gguf.Strings(list[1:])))
			yield(kv.Key+" twice", m.with(kv.Key, gguf.Strings(append(slices.Clone(list), list...))))
		}
		if list, ok := kv.Value.Ints(); ok && len(list) > 0 {
			for _, x := range []int32{-1, 0, 2, 6, math.MaxInt32} {
				yield(fmt.Sprintf("%s all %d", kv.Key, x), m.with(kv.Key, gguf.Int32s(slices.Repeat([]int32{x}, len(list)))))
			}
		}
	}
	for _, other := range []string{"qwen2", "gpt2", "bert", "t5", "mamba", "deepseek2", "gemma3", "phi3", "rwkv6", "clip"} {
		renamed := m
		renamed.meta = nil
		for _, kv := range m.meta {
			if rest, ok := strings.CutPrefix(kv.Key, arch+"."); ok {
				kv.Key = other + "." + rest
			}
			renamed.meta = append(renamed.meta, kv)
		}
		yield("all of it of "+other, renamed.with("general.architecture", gguf.String(other)))
	}
	for i, x := range m.tensors {
		if strings.HasPrefix(x.Name, "blk.1.") {
			continue // like those of the first
		}
		gone := m
		gone.tensors = slices.Delete(slices.Clone(m.tensors), i, i+1)
		yield(x.Name+" removed", gone)
		shapes := [][]uint64{{x.Shape[0]}, {1}, {x.Shape[0], 1, 1, 1}, append([]uint64{x.Shape[0] * 2}, x.Shape[1:]...)}
		if len(x.Shape) > 1 {
			shapes = append(shapes, []uint64{x.Shape[1], x.Shape[0]}, []uint64{x.Shape[0], x.Shape[1] + 1})
		}
		for _, shape := range shapes {
			if changed, ok := m.withTensor(i, x.Type, shape); ok {
				yield(fmt.Sprint(x.Name, " ", shape), changed)
			}
		}
		for _, typ := range []gguf.Type{gguf.F32, gguf.F16, gguf.F64, gguf.I8, gguf.I32, gguf.I64, gguf.Q8_1, gguf.Q8_K, gguf.Q4_0, gguf.IQ2_XXS, gguf.IQ1_S, gguf.TQ1_0} {
			if changed, ok := m.withTensor(i, typ, x.Shape); ok && typ != x.Type {
				yield(fmt.Sprint(x.Name, " of ", typ), changed)
			}
		}
	}
}

// flips changes bytes of the header at random, the same ones each time.
func flips(t *testing.T, path string, yield func(name string, data []byte)) {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		changed := bytes.Clone(data)
		for range 1 + i%3 {
			changed[random.Int64N(f.DataOffset)] = byte(random.Uint32())
		}
		yield(fmt.Sprint("flip ", i), changed)
	}
}

const hostileDir = "CODERM_TEST_HOSTILE"

// TestHostileHeaders: whatever a header says, loading the model and computing
// with it ends in a result or an error, not with the process.
func TestHostileHeaders(t *testing.T) {
	if dir := os.Getenv(hostileDir); dir != "" {
		loadAll(dir)
		return
	}
	tinyPath, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "tiny", "Q4_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"llama": tinyPath, "sentencepiece": toF32(t, filepath.Join(convertFixtures, "llama2")), "qwen2": toF32(t, filepath.Join(convertFixtures, "qwen2")),
	} {
		t.Run(name, func(t *testing.T) { survives(t, path) })
	}
}

// survives loads changed copies of a model in other processes.
func survives(t *testing.T, path string) {
	dir := t.TempDir()
	var names []string
	file := func() string { return filepath.Join(dir, fmt.Sprintf("%05d.gguf", len(names))) }
	hostile(readModel(t, path), func(name string, m modelFile) {
		f, err := os.Create(file())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(gguf.Write(f, m.meta, m.tensors), f.Close()); err != nil {
			os.Remove(f.Name()) // ours does not write it
			return
		}
		names = append(names, name)
	})
	flips(t, path, func(name string, data []byte) {
		if err := os.WriteFile(file(), data, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	})
	if len(names) < 1000 {
		t.Fatalf("%d changes only", len(names))
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for next := 0; next < len(names); {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		var out, stderr bytes.Buffer
		c := exec.CommandContext(ctx, exe, "-test.run", "^TestHostileHeaders$")
		c.Env = append(os.Environ(), hostileDir+"="+dir)
		c.Stdout, c.Stderr = &out, &stderr
		err := c.Run()
		cancel()
		at := strings.Count(out.String(), "at ")
		loaded += strings.Count(out.String(), "loaded")
		if err == nil {
			break
		}
		if at == 0 {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		text := stderr.String()
		t.Errorf("%s: %v\n%s", names[next+at-1], err, text[:min(len(text), 1500)])
		for i := next; i < next+at; i++ {
			os.Remove(filepath.Join(dir, fmt.Sprintf("%05d.gguf", i)))
		}
		next += at
	}
	if loaded < 50 {
		t.Errorf("%d of %d models were loaded", loaded, len(names))
	}
	t.Logf("%d changes, of which %d load", len(names), loaded)
}

// loadAll loads all models of a folder, one after the other.
func loadAll(dir string) {
	list, err := filepath.Glob(filepath.Join(dir, "*.gguf"))
	if err != nil {
		panic(err)
	}
	q8, _ := ParseFileType("Q8_0")
	for i, path := range list {
		fmt.Println("at", path)
		if f, err := gguf.Open(path); err == nil { // what is computed without llama.cpp
			fmt.Println(weights.Estimate(f, weights.Load{Context: 4096, Samples: 4}))
			_, err = tokenizer.FromGGUF(path)
			fmt.Println(err)
		}
		if i%8 == 0 {
			fmt.Println(Quantize(context.Background(), path, emptyIn(dir), QuantizeConfig{Type: q8, Requantize: true, Threads: 2}))
		}
		m, err := Load(context.Background(), Config{Path: path, Threads: 1, GPULayers: -1})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("loaded")
		r := engine.Request{Prompt: engine.Prompt{Text: "def f(x):\n"}, N: 2, MaxTokens: 3}
		err = m.Generate(context.Background(), each(r), func(int, engine.Sample) error { return nil })
		m.ChatTemplate()
		m.Close()
		fmt.Println(err)
	}
}

// emptyIn makes the file that Quantize writes over.
func emptyIn(dir string) string {
	path := filepath.Join(dir, "quantized")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		panic(err)
	}
	return path
}

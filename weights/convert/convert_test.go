package convert

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coderm/weights"
	"coderm/weights/gguf"
	"coderm/weights/synthetic"
)

// fixtures are models saved by transformers with what llama.cpp's converter
// made of them; scripts/make-fixtures.sh records them.
const fixtures = "../testdata/convert"

type expectation struct {
	Tensors []struct {
		Name, Type, SHA256 string
		Shape              []uint64
	}
	Metadata map[string]any
}

func expected(t *testing.T, name string) expectation {
	t.Helper()
	var e expectation
	if err := readJSON(filepath.Join(fixtures, name, "expected.json"), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func cases(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(fixtures)
	if err != nil || len(entries) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// converted converts the folder in memory.
func converted(t *testing.T, dir string, typ *gguf.Type) (*gguf.File, []byte) {
	t.Helper()
	m, err := Open(dir, typ)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	var progress int64
	if err := m.Write(t.Context(), &b, func(n int64) { progress += n }); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if size, err := m.Size(); err != nil || size != f.Size-f.DataOffset || progress > size || progress < size*9/10 {
		t.Errorf("Size %d, %v; progress %d; written %d", size, err, progress, f.Size-f.DataOffset)
	}
	return f, b.Bytes()
}

// notOurs are keys of llama.cpp's converter that we leave out or write
// differently.
var notOurs = map[string]string{
	"general.name":                  "ours is the folder's name as it is",
	"general.size_label":            "for leader boards",
	"tokenizer.ggml.add_sep_token":  "for encoders",
	"sha256(tokenizer.ggml.scores)": "theirs are all -1000, see TestScores",
}

func TestSameAsLlamaCpp(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			want := expected(t, name)
			f, b := converted(t, filepath.Join(fixtures, name), nil)
			if len(f.Tensors) != len(want.Tensors) {
				t.Errorf("%d tensors, want %d", len(f.Tensors), len(want.Tensors))
			}
			for _, w := range want.Tensors {
				got, ok := f.Tensor(w.Name)
				if !ok {
					t.Errorf("tensor %q is missing", w.Name)
					continue
				}
				sum := sha256.Sum256(b[got.Offset : got.Offset+got.Bytes])
				if got.Type.String() != w.Type || !slices.Equal(got.Shape, w.Shape) || hex.EncodeToString(sum[:]) != w.SHA256 {
					t.Errorf("tensor %q: %s %v differs from %s %v", w.Name, got.Type, got.Shape, w.Type, w.Shape)
				}
			}
			for key, w := range want.Metadata {
				compareMetadata(t, f, key, w)
			}
		})
	}
}

func compareMetadata(t *testing.T, f *gguf.File, key string, want any) {
	t.Helper()
	var got any
	if inner, ok := strings.CutPrefix(key, "sha256("); ok {
		got = digest(f, strings.TrimSuffix(inner, ")"))
	} else if v, ok := f.Value(key); ok {
		got = v.Any()
		if i, ok := got.(int64); ok {
			got = float64(i) // as JSON reads numbers
		}
	}
	if got != want && notOurs[key] == "" {
		t.Errorf("%s is %v, want %v", key, got, want)
	}
}

// digest is make.py's: of the elements' texts with zero bytes between.
func digest(f *gguf.File, key string) string {
	v, _ := f.Value(key)
	texts, ok := v.Strings()
	if !ok {
		ints, _ := v.Ints()
		for _, i := range ints {
			texts = append(texts, strconv.FormatInt(i, 10))
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// TestScores: the rebuilt scores rank every merge before the later ones, and
// what no merge makes last.
func TestScores(t *testing.T) {
	f, _ := converted(t, filepath.Join(fixtures, "llama2"), nil)
	v, _ := f.Value("tokenizer.ggml.scores")
	scores, _ := v.Floats()
	v, _ = f.Value("tokenizer.ggml.tokens")
	tokens, _ := v.Strings()
	var tok tokenizerJSON
	if err := readJSON(filepath.Join(fixtures, "llama2", "tokenizer.json"), &tok); err != nil {
		t.Fatal(err)
	}
	if err := tok.parse(); err != nil {
		t.Fatal(err)
	}
	last, made := 1.0, map[string]bool{}
	for _, m := range tok.merges {
		piece := m.left + m.right
		if made[piece] {
			continue
		}
		made[piece] = true
		if s := scores[slices.Index(tokens, piece)]; s >= last {
			t.Fatalf("%q has score %v after %v", piece, s, last)
		} else {
			last = s
		}
	}
	for i, text := range tokens {
		if !made[text] && scores[i] >= last {
			t.Errorf("%q, which no merge makes, has score %v", text, scores[i])
		}
	}
}

// TestTypes: every type for every source type, compared value by value.
func TestTypes(t *testing.T) {
	for _, name := range []string{"llama3", "smollm2", "qwen2"} { // bf16, f32, f16
		dir := filepath.Join(fixtures, name)
		f32 := gguf.F32
		exact, exactBytes := converted(t, dir, &f32)
		for _, typ := range []gguf.Type{gguf.F16, gguf.BF16} {
			f, b := converted(t, dir, &typ)
			if n, _ := f.Int("general.file_type"); n != map[gguf.Type]int64{gguf.F16: 1, gguf.BF16: 32}[typ] {
				t.Errorf("%s: general.file_type is %d", typ, n)
			}
			for _, x := range f.Tensors {
				want := gguf.F32
				if len(x.Shape) > 1 {
					want = typ
				}
				if x.Type != want {
					t.Errorf("%s has type %s, want %s", x.Name, x.Type, want)
				}
				// Half precision keeps 11 bits, bfloat16 8.
				tolerance := map[gguf.Type]float64{gguf.F32: 0, gguf.F16: 1.0 / 2048, gguf.BF16: 1.0 / 256}[x.Type]
				e, _ := exact.Tensor(x.Name)
				a, err1 := convertValues(b[x.Offset:x.Offset+x.Bytes], x.Type, gguf.F32)
				if err1 != nil {
					t.Fatal(err1)
				}
				for i := 0; i < len(a); i += 4 {
					got, want := f32At(a[i:]), f32At(exactBytes[e.Offset+int64(i):])
					if math.Abs(got-want) > tolerance*math.Abs(want)+1e-7 {
						t.Fatalf("%s %s: %v, want %v", name, x.Name, got, want)
					}
				}
			}
		}
	}
}

func f32At(b []byte) float64 {
	return float64(math.Float32frombits(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24))
}

func TestRounding(t *testing.T) {
	tests := []struct {
		x    float32
		want uint16
	}{
		{1, 0x3f80}, {-2, 0xc000}, {0, 0},
		{math.Float32frombits(0x3f808000), 0x3f80}, // half way: to even
		{math.Float32frombits(0x3f818000), 0x3f82},
		{math.Float32frombits(0x3f808001), 0x3f81},
		{float32(math.Inf(-1)), 0xff80},
	}
	for _, tt := range tests {
		if got := bfloat16(tt.x); got != tt.want {
			t.Errorf("bfloat16(%v) = %#x, want %#x", tt.x, got, tt.want)
		}
	}
	if b := bfloat16(float32(math.NaN())); b&0x7f80 != 0x7f80 || b&0x7f == 0 {
		t.Errorf("bfloat16(NaN) = %#x is no NaN", b)
	}
}

func TestOverflowIsNamed(t *testing.T) {
	big := []byte{0, 0, 0x80, 0x7e} // 8.5e37
	if _, err := convertValues(big, gguf.F32, gguf.F16); err == nil || !strings.Contains(err.Error(), "bf16") {
		t.Errorf("got %v", err)
	}
}

// edited copies a fixture and edits one of its JSON files.
func edited(t *testing.T, name, file string, edit func(m map[string]any)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(fixtures, name))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	var m map[string]any
	if err := readJSON(path, &m); err != nil {
		t.Fatal(err)
	}
	edit(m)
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRefusals(t *testing.T) {
	set := func(key string, v any) func(map[string]any) { return func(m map[string]any) { m[key] = v } }
	at := func(m map[string]any, keys ...string) map[string]any {
		for _, k := range keys {
			m = m[k].(map[string]any)
		}
		return m
	}
	tests := []struct {
		name, file  string
		edit        func(m map[string]any)
		want        string
		unsupported bool
	}{
		{"architecture", "config.json", set("architectures", []string{"GemmaForCausalLM"}), "GemmaForCausalLM", true},
		{"no architecture", "config.json", set("architectures", nil), "no named architecture", true},
		{"quantized", "config.json", set("quantization_config", map[string]any{"quant_method": "gptq"}), "quantized", true},
		{"activation", "config.json", set("hidden_act", "gelu"), "gelu", true},
		{"rope scaling", "config.json", set("rope_scaling", map[string]any{"rope_type": "longrope"}), "longrope", true},
		{"no heads", "config.json", set("num_attention_heads", 0), "num_attention_heads is 0", false},
		{"negative layers", "config.json", set("num_hidden_layers", -1), "num_hidden_layers is -1", false},
		{"huge layers", "config.json", set("num_hidden_layers", 1<<40), "num_hidden_layers", false},
		{"more layers", "config.json", set("num_hidden_layers", 3), "blk.2.", false},
		{"fewer layers", "config.json", set("num_hidden_layers", 1), "in no layer", false},
		{"other width", "config.json", set("intermediate_size", 65), "has shape", false},
		{"small vocabulary", "config.json", set("vocab_size", 100), "vocab_size is 100", false},
		{"tokenizer type", "tokenizer.json", func(m map[string]any) { at(m, "model")["type"] = "Unigram" }, "Unigram", true},
		{"pre-tokenizer", "tokenizer.json", func(m map[string]any) {
			m["pre_tokenizer"] = map[string]any{"type": "Sequence", "pretokenizers": []any{
				map[string]any{"type": "Split", "pattern": map[string]any{"Regex": `\w+`}},
				map[string]any{"type": "ByteLevel", "use_regex": false}}}
		}, `Split \w+`, true},
		{"token twice", "tokenizer.json", func(m map[string]any) {
			m["added_tokens"] = append(m["added_tokens"].([]any), map[string]any{"id": 5, "content": "a"})
		}, `both "a"`, false},
		{"bad merge", "tokenizer.json", func(m map[string]any) { at(m, "model")["merges"] = []any{"ab"} }, "no space", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Open(edited(t, "llama3", tt.file, tt.edit), nil)
			if err == nil {
				m.Close()
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrUnsupported) != tt.unsupported {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestMissingFiles(t *testing.T) {
	for _, file := range []string{"config.json", "tokenizer.json", "model-00002-of-00003.safetensors"} {
		dir := filepath.Join(t.TempDir(), "m")
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(fixtures, "llama3"))); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("without %s: %v", file, err)
		}
	}
}

// TestVariants: other spellings of the same thing give the same result.
func TestVariants(t *testing.T) {
	tests := []struct {
		name, fixture, file string
		edit                func(m map[string]any)
		key                 string
		want                any
	}{
		{"end tokens as a list", "smollm2", "config.json", func(m map[string]any) { m["eos_token_id"] = []int{375, 373} }, "tokenizer.ggml.eos_token_id", int64(375)},
		{"rope_parameters", "smollm2", "config.json", func(m map[string]any) {
			delete(m, "rope_theta")
			m["rope_parameters"] = map[string]any{"rope_type": "default", "rope_theta": 5000}
		}, "llama.rope.freq_base", 5000.0},
		{"old rope type", "smollm2", "config.json", func(m map[string]any) {
			m["rope_scaling"] = map[string]any{"type": "linear", "factor": 2}
		}, "llama.rope.scaling.factor", 2.0},
		{"yarn", "qwen2", "config.json", func(m map[string]any) {
			m["rope_scaling"] = map[string]any{"type": "yarn", "factor": 4, "original_max_position_embeddings": 128}
		}, "qwen2.rope.scaling.original_context_length", int64(128)},
		{"template among several", "smollm2", "tokenizer_config.json", func(m map[string]any) {
			m["chat_template"] = []any{map[string]any{"name": "tools", "template": "x"}, map[string]any{"name": "default", "template": "y"}}
		}, "tokenizer.chat_template", "y"},
		{"token as an object", "smollm2", "tokenizer_config.json", func(m map[string]any) {
			m["eos_token"] = map[string]any{"content": "<|endoftext|>"}
		}, "tokenizer.ggml.eos_token_id", int64(373)},
		{"no BOS wanted", "smollm2", "tokenizer_config.json", func(m map[string]any) { m["add_bos_token"] = true }, "tokenizer.ggml.add_bos_token", true},
		{"merges as strings", "smollm2", "tokenizer.json", func(m map[string]any) {
			model := m["model"].(map[string]any)
			var lines []string
			for _, p := range model["merges"].([]any) {
				pair := p.([]any)
				lines = append(lines, pair[0].(string)+" "+pair[1].(string))
			}
			model["merges"] = lines
		}, "tokenizer.ggml.pre", "smollm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _ := converted(t, edited(t, tt.fixture, tt.file, tt.edit), nil)
			v, _ := f.Value(tt.key)
			if got := v.Any(); got != tt.want {
				t.Errorf("%s is %v, want %v", tt.key, got, tt.want)
			}
			if want := expected(t, tt.fixture).Metadata["sha256(tokenizer.ggml.merges)"]; digest(f, "tokenizer.ggml.merges") != want {
				t.Error("the merges have changed")
			}
		})
	}
}

func TestCancel(t *testing.T) {
	m, err := Open(filepath.Join(fixtures, "llama3"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	err = m.Write(ctx, io.Discard, func(int64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzTokenizer: no tokenizer.json makes the converter panic.
func FuzzTokenizer(f *testing.F) {
	for _, name := range []string{"llama3", "llama2"} {
		b, err := os.ReadFile(filepath.Join(fixtures, name, "tokenizer.json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","b"]],"byte_fallback":true}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var tok tokenizerJSON
		if json.Unmarshal(b, &tok) != nil || tok.parse() != nil {
			return
		}
		if _, err := tok.metadata(512); err == nil {
			tok.added(tokenizerConfig{})
		}
	})
}

// TestSyntheticFolder: a random folder becomes the model that package synthetic
// writes directly, the weights aside.
func TestSyntheticFolder(t *testing.T) {
	shape, err := synthetic.Find("tiny")
	if err != nil {
		t.Fatal(err)
	}
	shape.Rope = &weights.RopeScaling{Factor: 8, LowFactor: 1, HighFactor: 4, Original: 256}
	dir := filepath.Join(t.TempDir(), "synthetic")
	if err := synthetic.WriteFolder(t.Context(), dir, shape, 3, nil); err != nil {
		t.Fatal(err)
	}
	got, _ := converted(t, dir, nil)
	var b bytes.Buffer
	if err := synthetic.Write(t.Context(), &b, shape, "BF16", nil); err != nil {
		t.Fatal(err)
	}
	want, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range want.Metadata {
		v, ok := got.Value(kv.Key)
		if kv.Key == "general.name" {
			continue
		}
		if kv.Key == "tokenizer.ggml.eos_token_id" {
			continue // the folder lists end of text first, as Llama 3.1's does
		}
		if !ok || !reflect.DeepEqual(v.Any(), kv.Value.Any()) {
			t.Errorf("%s differs", kv.Key)
		}
	}
	for _, x := range want.Tensors {
		y, ok := got.Tensor(x.Name)
		if !ok || y.Type != x.Type || !slices.Equal(y.Shape, x.Shape) {
			t.Errorf("tensor %s: got %+v, want %+v", x.Name, y, x)
		}
	}
}

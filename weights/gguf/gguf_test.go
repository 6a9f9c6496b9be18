package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	oracle "github.com/gpustack/gguf-parser-go"
	"pgregory.net/rapid"
)

// sample is metadata of every kind the writer makes, and three tensors.
func sample() ([]KV, []Source) {
	fill := func(n int) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := w.Write(bytes.Repeat([]byte{7}, n))
			return err
		}
	}
	meta := []KV{
		{"general.architecture", String("llama")},
		{"llama.block_count", Uint32(2)},
		{"llama.rope.freq_base", Float32(10000)},
		{"tokenizer.ggml.add_bos_token", Bool(true)},
		{"tokenizer.ggml.tokens", Strings([]string{"a", "", "ünï"})},
		{"tokenizer.ggml.token_type", Int32s([]int32{1, -1, 3})},
		{"tokenizer.ggml.scores", Float32s([]float32{0, -1.5, 2})},
	}
	tensors := []Source{
		{"token_embd.weight", Q4_0, []uint64{32, 3}, fill(54)},
		{"output_norm.weight", F32, []uint64{5}, fill(20)},
		{"blk.0.attn_q.weight", Q6_K, []uint64{256, 2}, fill(420)},
	}
	return meta, tensors
}

func encode(t testing.TB, meta []KV, tensors []Source) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, meta, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (*File, error) { return Read(bytes.NewReader(b), int64(len(b))) }

func TestRoundTrip(t *testing.T) {
	meta, tensors := sample()
	b := encode(t, meta, tensors)
	f, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Metadata, meta) {
		t.Errorf("metadata: got %v, want %v", f.Metadata, meta)
	}
	for i, want := range tensors {
		got := f.Tensors[i]
		n, _ := want.Type.Bytes(want.Shape)
		if got.Name != want.Name || got.Type != want.Type || got.Bytes != n || !reflect.DeepEqual(got.Shape, want.Shape) {
			t.Errorf("tensor %d: got %+v, want %+v", i, got, want)
		}
		data := b[got.Offset : got.Offset+got.Bytes]
		if !bytes.Equal(data, bytes.Repeat([]byte{7}, int(n))) {
			t.Errorf("tensor %q has other data than was written", got.Name)
		}
	}
	if f.Size%defaultAlignment != 0 {
		t.Errorf("the file's size %d is not padded", f.Size)
	}
	if s, _ := f.Metadata[4].Value.Strings(); !reflect.DeepEqual(s, []string{"a", "", "ünï"}) {
		t.Errorf("strings: %q", s)
	}
	if n, ok := f.Arch("block_count"); n != 2 || !ok {
		t.Errorf("block_count = %d, %v", n, ok)
	}
}

func TestValueKinds(t *testing.T) {
	arr := func(elem Kind, n int, raw ...byte) Value { return Value{kind: KindArray, elem: elem, n: n, raw: raw} }
	tests := []struct {
		v    Value
		want any
	}{
		{scalarValue(KindInt8, []byte{0xff}), int64(-1)},
		{scalarValue(KindInt16, []byte{0xfe, 0xff}), int64(-2)},
		{scalarValue(KindUint16, []byte{0xfe, 0xff}), int64(0xfffe)},
		{scalarValue(KindInt32, []byte{0, 0, 0, 0x80}), int64(math.MinInt32)},
		{scalarValue(KindUint64, bytes.Repeat([]byte{0xff}, 8)), uint64(math.MaxUint64)},
		{scalarValue(KindInt64, bytes.Repeat([]byte{0xff}, 8)), int64(-1)},
		{scalarValue(KindFloat64, binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.1))), 0.1},
		{scalarValue(KindBool, []byte{1}), true},
		{arr(KindUint8, 2, 1, 255), []int64{1, 255}},
		{arr(KindBool, 2, 1, 0), []bool{true, false}},
		{arr(KindUint64, 1, bytes.Repeat([]byte{0xff}, 8)...), []uint64{math.MaxUint64}},
		{Strings(nil), []string{}},
		{Float32s([]float32{0.5}), []float64{0.5}},
	}
	for _, tt := range tests {
		if got := tt.v.Any(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %#v, want %#v", tt.v.Kind(), got, tt.want)
		}
	}
	if _, ok := Strings([]string{"1"}).Ints(); ok {
		t.Error("strings decoded as integers")
	}
}

// hostile builds a file by hand: counts, then raw bytes.
func hostile(nTensors, nKVs uint64, rest ...[]byte) []byte {
	b := append([]byte(magic), 3, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, nTensors)
	b = binary.LittleEndian.AppendUint64(b, nKVs)
	return append(b, bytes.Join(rest, nil)...)
}

func u32(x uint32) []byte    { return binary.LittleEndian.AppendUint32(nil, x) }
func u64(x uint64) []byte    { return binary.LittleEndian.AppendUint64(nil, x) }
func str(s string) []byte    { return appendString(nil, []byte(s)) }
func pad(n int) []byte       { return make([]byte, n) }
func cat(b ...[]byte) []byte { return bytes.Join(b, nil) }

// entry is a tensor's entry with one dimension per d.
func entry(name string, typ Type, offset uint64, d ...uint64) []byte {
	b := cat(str(name), u32(uint32(len(d))))
	for _, x := range d {
		b = append(b, u64(x)...)
	}
	return cat(b, u32(uint32(typ)), u64(offset))
}

func TestHostileFiles(t *testing.T) {
	const huge = 1 << 60
	meta, tensors := sample()
	good := encode(t, meta, tensors)
	tests := []struct {
		name string
		file []byte
		want string // in the error
	}{
		{"empty", nil, "too few"},
		{"other format", []byte("PK\x03\x04 and then some more bytes"), `starts with "PK`},
		{"version 1", cat([]byte(magic), u32(1), pad(40)), "version 1"},
		{"big endian", cat([]byte(magic), []byte{0, 0, 0, 3}, pad(40)), "big-endian"},
		{"huge tensor count", hostile(huge, 0, pad(100)), "tensor count"},
		{"huge metadata count", hostile(0, huge, pad(100)), "metadata entry count"},
		{"endless key", hostile(0, 1, u64(huge), pad(100)), "key"},
		{"endless string", hostile(0, 1, str("k"), u32(8), u64(huge), pad(100)), "string"},
		{"huge array", hostile(0, 1, str("k"), u32(9), u32(4), u64(huge), pad(100)), "array of"},
		{"array of arrays", hostile(0, 1, str("k"), u32(9), u32(9), u64(1), pad(100)), "array of arrays"},
		{"array that wraps", hostile(0, 1, str("k"), u32(9), u32(10), u64(1<<61+1), pad(100)), "array of"},
		{"endless string in array", hostile(0, 1, str("k"), u32(9), u32(8), u64(2), str("x"), u64(huge), pad(100)), "a string of"},
		{"unknown kind", hostile(0, 1, str("k"), u32(13), pad(100)), "unknown kind 13"},
		{"key twice", hostile(0, 2, str("k"), u32(0), pad(1), str("k"), u32(0), pad(100)), "twice"},
		{"alignment of a wrong kind", hostile(0, 1, str(keyAlignment), u32(8), str("32"), pad(100)), keyAlignment},
		{"alignment zero", hostile(0, 1, str(keyAlignment), u32(4), u32(0), pad(100)), keyAlignment},
		{"alignment odd", hostile(0, 1, str(keyAlignment), u32(4), u32(24), pad(100)), keyAlignment},
		{"tensor twice", hostile(2, 0, entry("t", F32, 0, 1), entry("t", F32, 32, 1), pad(100)), "twice"},
		{"no dimensions", hostile(1, 0, entry("t", F32, 0), pad(100)), "0 dimensions"},
		{"many dimensions", hostile(1, 0, entry("t", F32, 0, 1, 1, 1, 1, 1), pad(100)), "5 dimensions"},
		{"empty dimension", hostile(1, 0, entry("t", F32, 0, 4, 0), pad(100)), "empty dimension"},
		{"shape that wraps", hostile(1, 0, entry("t", F32, 0, 1<<40, 1<<40), pad(100)), "larger than any file"},
		{"removed type", hostile(1, 0, entry("t", 31, 0, 32), pad(100)), "type 31"},
		{"half a block", hostile(1, 0, entry("t", Q4_K, 0, 32), pad(400)), "block of 256"},
		{"odd offset", hostile(1, 0, entry("t", F32, 8, 1), pad(100)), "offset 8"},
		{"offset outside", hostile(1, 0, entry("t", F32, 1<<62, 1), pad(100)), "offset"},
		{"data outside", hostile(1, 0, entry("t", F32, 32, 64), pad(100)), "truncated or damaged"},
		{"overlap", hostile(2, 0, entry("a", F32, 0, 16), entry("b", F32, 32, 16), pad(300)), "overlap"},
		{"same place", hostile(2, 0, entry("a", F32, 0, 16), entry("b", F32, 0, 16), pad(300)), "overlap"},
		{"long tensor name", hostile(1, 0, entry(strings.Repeat("x", 64), F32, 0, 1), pad(100)), "64 bytes"},
		{"truncated header", good[:150], "ends inside"},
		{"truncated data", good[:len(good)-100], "truncated or damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.file)
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// allocated is what fn allocates in all, in bytes.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHostileFilesAllocateLittle(t *testing.T) {
	const body = 1 << 20
	files := map[string][]byte{
		"counts":        hostile(1<<40, 1<<40, pad(body)),
		"string":        hostile(0, 1, str("k"), u32(8), u64(1<<40), pad(body)),
		"string array":  hostile(0, 1, str("k"), u32(9), u32(8), u64(body/8), pad(body/2), u64(1<<50), pad(body/2)),
		"number array":  hostile(0, 1, str("k"), u32(9), u32(0), u64(body+1), pad(body)),
		"empty strings": hostile(0, 2, str("k"), u32(9), u32(8), u64(body/8), pad(body), str("k"), pad(20)),
	}
	for name, b := range files {
		t.Run(name, func(t *testing.T) {
			var err error
			got := allocated(func() { _, err = read(b) })
			if err == nil {
				t.Fatal("the file was accepted")
			}
			// The read window and the error take a fixed 64 KB.
			if limit := uint64(len(b) + 64<<10); got > limit {
				t.Errorf("%d bytes allocated for a file of %d", got, len(b))
			}
		})
	}
}

// TestShrinkingFile: the size was right when it was asked for.
func TestShrinkingFile(t *testing.T) {
	meta, tensors := sample()
	b := encode(t, meta, tensors)
	if _, err := Read(bytes.NewReader(b[:100]), int64(len(b))); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesFolders(t *testing.T) {
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrFormat) {
		t.Errorf("got %v", err)
	}
}

func TestBlocksAgreeWithOracle(t *testing.T) {
	for typ := range traits {
		elems, size := typ.Block()
		want, ok := oracle.GGMLType(typ).Trait()
		if !ok || want.BlockSize != elems || want.TypeSize != size {
			t.Errorf("%s: block %d in %d bytes, the oracle says %+v", typ, elems, size, want)
		}
		if name := oracle.GGMLType(typ).String(); name != typ.String() {
			t.Errorf("type %d is called %s, the oracle says %s", typ, typ, name)
		}
	}
}

// TestOracle compares whole files with gguf-parser-go's reading of them.
func TestOracle(t *testing.T) {
	meta, tensors := sample()
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, encode(t, meta, tensors), 0o644); err != nil {
		t.Fatal(err)
	}
	compareWithOracle(t, path)
}

// CompareWithOracle is for the external test, which may import the store.
var CompareWithOracle = compareWithOracle

func compareWithOracle(t *testing.T, path string) {
	t.Helper()
	got, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := oracle.ParseGGUFFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Metadata) != len(want.Header.MetadataKV) || len(got.Tensors) != len(want.TensorInfos) {
		t.Fatalf("%d keys and %d tensors, the oracle reads %d and %d",
			len(got.Metadata), len(got.Tensors), len(want.Header.MetadataKV), len(want.TensorInfos))
	}
	if got.DataOffset != want.TensorDataStartOffset {
		t.Errorf("data at %d, the oracle says %d", got.DataOffset, want.TensorDataStartOffset)
	}
	for i, kv := range got.Metadata {
		o := want.Header.MetadataKV[i]
		if kv.Key != o.Key || uint32(kv.Value.Kind()) != uint32(o.ValueType) {
			t.Errorf("entry %d is %s (%s), the oracle says %s (%s)", i, kv.Key, kv.Value.Kind(), o.Key, o.ValueType)
			continue
		}
		var theirs any
		switch o.ValueType {
		case oracle.GGUFMetadataValueTypeArray:
			av := o.ValueArray()
			if kv.Value.Len() != int(av.Len) {
				t.Errorf("%s has %d elements, the oracle says %d", kv.Key, kv.Value.Len(), av.Len)
			}
			continue
		case oracle.GGUFMetadataValueTypeString:
			theirs = o.ValueString()
		case oracle.GGUFMetadataValueTypeBool:
			theirs = o.ValueBool()
		case oracle.GGUFMetadataValueTypeFloat32:
			theirs = float64(o.ValueFloat32())
		case oracle.GGUFMetadataValueTypeUint32:
			theirs = int64(o.ValueUint32())
		default:
			continue
		}
		if diff := cmp.Diff(theirs, kv.Value.Any()); diff != "" {
			t.Errorf("%s (-oracle +ours):\n%s", kv.Key, diff)
		}
	}
	for i, ours := range got.Tensors {
		o := want.TensorInfos[i]
		if ours.Name != o.Name || uint32(ours.Type) != uint32(o.Type) || ours.Bytes != int64(o.Bytes()) ||
			ours.Offset-got.DataOffset != int64(o.Offset) || !reflect.DeepEqual(ours.Shape, o.Dimensions) {
			t.Errorf("tensor %+v, the oracle reads %+v", ours, o)
		}
	}
}

// TestWriterRefuses what its own reader would not read back.
func TestWriterRefuses(t *testing.T) {
	ok := func(io.Writer) error { return nil }
	tests := []struct {
		name    string
		meta    []KV
		tensors []Source
	}{
		{"key twice", []KV{{"a", Uint32(1)}, {"a", Uint32(1)}}, nil},
		{"alignment", []KV{{keyAlignment, Uint32(64)}}, nil},
		{"tensor twice", nil, []Source{{"t", F32, []uint64{1}, ok}, {"t", F32, []uint64{1}, ok}}},
		{"half a block", nil, []Source{{"t", Q4_0, []uint64{16}, ok}}},
		{"short data", nil, []Source{{"t", F32, []uint64{1}, ok}}},
	}
	for _, tt := range tests {
		if err := Write(io.Discard, tt.meta, tt.tensors); err == nil {
			t.Errorf("%s: written", tt.name)
		}
	}
}

func TestRoundTripProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfDistinct(rapid.StringN(1, 20, -1), rapid.ID).Draw(t, "keys")
		var meta []KV
		for _, k := range keys {
			if k == keyAlignment {
				continue
			}
			v := rapid.OneOf(
				rapid.Map(rapid.Uint32(), Uint32),
				rapid.Map(rapid.Float32Range(-1e9, 1e9), Float32),
				rapid.Map(rapid.Bool(), Bool),
				rapid.Map(rapid.String(), String),
				rapid.Map(rapid.SliceOf(rapid.String()), Strings),
				rapid.Map(rapid.SliceOf(rapid.Int32()), Int32s),
			).Draw(t, "value")
			meta = append(meta, KV{k, v})
		}
		var b bytes.Buffer
		if err := Write(&b, meta, nil); err != nil {
			t.Fatal(err)
		}
		f, err := read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for i, kv := range meta {
			if got := f.Metadata[i]; got.Key != kv.Key || !reflect.DeepEqual(got.Value.Any(), kv.Value.Any()) {
				t.Fatalf("wrote %v, read %v", kv, got)
			}
		}
	})
}

// FuzzRead: whatever the bytes, Read neither panics nor describes anything
// outside the file, and every value decodes.
func FuzzRead(f *testing.F) {
	meta, tensors := sample()
	f.Add(encode(f, meta, tensors))
	f.Add(hostile(2, 0, entry("a", F32, 0, 16), entry("b", Q4_0, 64, 32), pad(300)))
	f.Add(hostile(0, 1, str(keyAlignment), u32(4), u32(64), pad(100)))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := read(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("an error of reading memory: %v", err)
			}
			return
		}
		for _, kv := range g.Metadata {
			kv.Value.Any()
		}
		if err := g.CheckModel(); err != nil && !errors.Is(err, ErrFormat) {
			t.Fatalf("no error of the format: %v", err)
		}
		for _, x := range g.Tensors {
			_ = b[x.Offset : x.Offset+x.Bytes]
			if x.Elements() <= 0 {
				t.Fatalf("tensor %q has %d elements", x.Name, x.Elements())
			}
		}
	})
}

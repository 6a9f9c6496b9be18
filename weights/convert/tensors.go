package convert

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"coderm/weights/gguf"
	"coderm/weights/safetensors"
)

// tensor is one tensor of the result and where it comes from.
type tensor struct {
	name  string
	typ   gguf.Type
	shape []uint64 // in ggml's order

	from    safetensors.Tensor // its Name is "" when values are given
	heads   int                // > 0: the rows of so many heads are to be permuted
	values  []float32
	inOrder int // in the file: by layer, as llama.cpp reads them
}

// names maps a tensor's name, without the layer's prefix and the suffix, to
// llama.cpp's.
var names = map[string]string{
	"model.embed_tokens":       "token_embd",
	"model.norm":               "output_norm",
	"lm_head":                  "output",
	"input_layernorm":          "attn_norm",
	"self_attn.q_proj":         "attn_q",
	"self_attn.k_proj":         "attn_k",
	"self_attn.v_proj":         "attn_v",
	"self_attn.o_proj":         "attn_output",
	"post_attention_layernorm": "ffn_norm",
	"mlp.gate_proj":            "ffn_gate",
	"mlp.up_proj":              "ffn_up",
	"mlp.down_proj":            "ffn_down",
}

// order is the place within a layer.
var order = []string{
	"attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down",
}

// ignored are tensors that old models carry and that are computed anyway.
var ignored = []string{".rotary_emb.inv_freq", ".attention.masked_bias", ".attention.bias"}

// sourceTypes are the types that weights come in.
var sourceTypes = map[string]gguf.Type{"F32": gguf.F32, "F16": gguf.F16, "BF16": gguf.BF16}

// plan checks that the tensors are exactly the model's and says what becomes
// of each.
func (c *config) plan(tensors []safetensors.Tensor, typ *gguf.Type) ([]tensor, error) {
	want := c.shapes()
	var out []tensor
	if f := c.ropeFactors(); f != nil {
		out = append(out, tensor{name: "rope_freqs.weight", typ: gguf.F32, shape: []uint64{uint64(len(f))}, values: f, inOrder: -2})
	}
	for _, from := range tensors {
		if slices.ContainsFunc(ignored, func(s string) bool { return strings.HasSuffix(from.Name, s) }) {
			continue
		}
		if c.Tied && from.Name == "lm_head.weight" {
			continue // the embedding again
		}
		t, err := c.rename(from)
		if err != nil {
			return nil, err
		}
		shape, ok := want[t.name]
		if !ok {
			return nil, fmt.Errorf("tensor %q is not part of a %s of %d layers", from.Name, c.arch.hf, c.Layers)
		}
		delete(want, t.name)
		if !slices.Equal(t.shape, shape) {
			return nil, fmt.Errorf("tensor %q has shape %v, config.json asks for %v", from.Name, from.Shape, reversed(shape))
		}
		switch {
		case !isMatrix(t): // llama.cpp computes norms and biases in f32
			t.typ = gguf.F32
		case typ != nil:
			t.typ = *typ
		}
		out = append(out, t)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !c.optional(name) {
			return nil, fmt.Errorf("the tensor for %q is missing", name)
		}
	}
	slices.SortFunc(out, func(a, b tensor) int { return cmp.Compare(a.inOrder, b.inOrder) })
	return out, nil
}

// isMatrix tells the tensors that may be quantized from norms and biases.
func isMatrix(t tensor) bool { return len(t.shape) > 1 }

// rename finds the tensor's place in the result.
func (c *config) rename(from safetensors.Tensor) (tensor, error) {
	typ, ok := sourceTypes[from.DType]
	if !ok {
		return tensor{}, fmt.Errorf("tensor %q of type %s %w: F32, F16 and BF16 can", from.Name, from.DType, ErrUnsupported)
	}
	t := tensor{typ: typ, shape: reversed(from.Shape), from: from}
	base, suffix := from.Name, ""
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		base, suffix = base[:i], base[i:]
	}
	prefix := ""
	if rest, ok := strings.CutPrefix(base, "model.layers."); ok {
		number, inLayer, _ := strings.Cut(rest, ".")
		layer, err := strconv.Atoi(number)
		if err != nil || layer < 0 || layer >= c.Layers || strconv.Itoa(layer) != number {
			return tensor{}, fmt.Errorf("tensor %q is in no layer of 0 to %d", from.Name, c.Layers-1)
		}
		prefix, base = "blk."+number+".", inLayer
		t.inOrder = layer * len(order)
	}
	short, ok := names[base]
	inLayer := slices.Index(order, short)
	if !ok || suffix != ".weight" && suffix != ".bias" || (inLayer >= 0) != (prefix != "") {
		return tensor{}, fmt.Errorf("tensor %q is not part of a %s", from.Name, c.arch.hf)
	}
	t.name = prefix + short + suffix
	switch {
	case short == "token_embd":
		t.inOrder = -1
	case prefix == "":
		t.inOrder = c.Layers * len(order)
	default:
		t.inOrder += inLayer
	}
	if c.arch.permute && short == "attn_q" {
		t.heads = c.Heads
	}
	if c.arch.permute && short == "attn_k" {
		t.heads = c.KVHeads
	}
	return t, nil
}

// shapes gives every tensor the model may have, with its shape.
func (c *config) shapes() map[string][]uint64 {
	u := func(n ...int) []uint64 {
		var out []uint64
		for _, x := range n {
			out = append(out, uint64(x))
		}
		return out
	}
	q, kv := c.Heads*c.headDim(), c.KVHeads*c.headDim()
	out := map[string][]uint64{"token_embd.weight": u(c.Hidden, c.Vocab), "output_norm.weight": u(c.Hidden)}
	if !c.Tied {
		out["output.weight"] = u(c.Hidden, c.Vocab)
	}
	for i := range c.Layers {
		p := fmt.Sprintf("blk.%d.", i)
		out[p+"attn_norm.weight"], out[p+"ffn_norm.weight"] = u(c.Hidden), u(c.Hidden)
		for name, shape := range map[string][]uint64{
			"attn_q": u(c.Hidden, q), "attn_k": u(c.Hidden, kv), "attn_v": u(c.Hidden, kv), "attn_output": u(q, c.Hidden),
			"ffn_gate": u(c.Hidden, c.Intermediate), "ffn_up": u(c.Hidden, c.Intermediate), "ffn_down": u(c.Intermediate, c.Hidden),
		} {
			out[p+name+".weight"], out[p+name+".bias"] = shape, shape[1:]
		}
	}
	return out
}

// optional tells whether the model may lack the tensor: biases, except the
// attention's in a family that always has them.
func (c *config) optional(name string) bool {
	if !strings.HasSuffix(name, ".bias") {
		return false
	}
	return !c.arch.qkvBias || !strings.HasSuffix(name, "_q.bias") && !strings.HasSuffix(name, "_k.bias") && !strings.HasSuffix(name, "_v.bias")
}

// fileType is the llama_ftype of the type that most bytes have.
func fileType(plan []tensor) uint32 {
	elements := map[gguf.Type]uint64{}
	for _, t := range plan {
		if isMatrix(t) {
			elements[t.typ] += t.shape[0] * t.shape[1]
		}
	}
	switch most := max(elements[gguf.F32], elements[gguf.F16], elements[gguf.BF16]); most {
	case elements[gguf.BF16]:
		return 32
	case elements[gguf.F16]:
		return 1
	}
	return 0
}

func reversed(s []uint64) []uint64 {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}

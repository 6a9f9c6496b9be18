package synthetic

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"coderm/internal/fsx"
	"coderm/weights/gguf"
)

// hfTensor is one tensor of a Hugging Face folder.
type hfTensor struct {
	name  string
	shape []int // PyTorch's order
	sd    float64
}

// WriteFolder writes the model as a Hugging Face folder with random bf16
// weights in the given number of shards, to measure conversion with.
func WriteFolder(ctx context.Context, dir string, s Shape, shards int, progress Progress) error {
	if progress == nil {
		progress = func(int64) {}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, v := range map[string]any{
		"config.json": s.hfConfig(), "tokenizer.json": s.hfTokenizer(), "tokenizer_config.json": map[string]any{"chat_template": chatTemplate},
	} {
		if err := writeJSON(filepath.Join(dir, name), v); err != nil {
			return err
		}
	}
	tensors := s.hfTensors()
	weightMap := map[string]string{}
	for i := range shards {
		part := tensors[i*len(tensors)/shards : (i+1)*len(tensors)/shards]
		name := fmt.Sprintf("model-%05d-of-%05d.safetensors", i+1, shards)
		for _, t := range part {
			weightMap[t.name] = name
		}
		err := fsx.WriteFile(filepath.Join(dir, name), func(f *os.File) error {
			return writeShard(ctx, f, part, progress)
		})
		if err != nil {
			return err
		}
	}
	return writeJSON(filepath.Join(dir, "model.safetensors.index.json"), map[string]any{"weight_map": weightMap})
}

func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o666)
}

// hfTensors lists the tensors as transformers names them.
func (s Shape) hfTensors() []hfTensor {
	const sd = 0.02
	q, kv := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim
	out := []hfTensor{{"model.embed_tokens.weight", []int{s.Vocab, s.Embed}, sd}}
	for i := range s.Layers {
		p := fmt.Sprintf("model.layers.%d.", i)
		out = append(out,
			hfTensor{p + "input_layernorm.weight", []int{s.Embed}, sd},
			hfTensor{p + "self_attn.q_proj.weight", []int{q, s.Embed}, sd},
			hfTensor{p + "self_attn.k_proj.weight", []int{kv, s.Embed}, sd},
			hfTensor{p + "self_attn.v_proj.weight", []int{kv, s.Embed}, sd},
			hfTensor{p + "self_attn.o_proj.weight", []int{s.Embed, q}, sd},
			hfTensor{p + "post_attention_layernorm.weight", []int{s.Embed}, sd},
			hfTensor{p + "mlp.gate_proj.weight", []int{s.FF, s.Embed}, sd},
			hfTensor{p + "mlp.up_proj.weight", []int{s.FF, s.Embed}, sd},
			hfTensor{p + "mlp.down_proj.weight", []int{s.Embed, s.FF}, sd})
	}
	out = append(out, hfTensor{"model.norm.weight", []int{s.Embed}, sd})
	if !s.Tied {
		out = append(out, hfTensor{"lm_head.weight", []int{s.Vocab, s.Embed}, sd})
	}
	return out
}

// writeShard writes one safetensors file.
func writeShard(ctx context.Context, w io.Writer, tensors []hfTensor, progress Progress) error {
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	offset := 0
	for _, t := range tensors {
		end := offset + 2*t.elements()
		header[t.name] = map[string]any{"dtype": "BF16", "shape": t.shape, "data_offsets": []int{offset, end}}
		offset = end
	}
	b, err := json.Marshal(header)
	if err != nil {
		return err
	}
	b = append(b, strings.Repeat(" ", -len(b)&7)...) // the data begins aligned
	out := bufio.NewWriterSize(w, 1<<20)
	if err := binary.Write(out, binary.LittleEndian, uint64(len(b))); err != nil {
		return err
	}
	if _, err := out.Write(b); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := noise(ctx, out, t.name, gguf.BF16, t.elements(), t.sd, progress); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (t hfTensor) elements() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

func (s Shape) hfConfig() map[string]any {
	c := map[string]any{
		"architectures": []string{"LlamaForCausalLM"}, "model_type": "llama", "hidden_act": "silu",
		"hidden_size": s.Embed, "intermediate_size": s.FF, "num_hidden_layers": s.Layers,
		"num_attention_heads": s.Heads, "num_key_value_heads": s.KVHeads, "head_dim": s.HeadDim,
		"vocab_size": s.Vocab, "max_position_embeddings": s.Context, "rms_norm_eps": 1e-5,
		"rope_theta": s.RopeBase, "tie_word_embeddings": s.Tied, "torch_dtype": "bfloat16",
		"bos_token_id": s.Vocab - s.Specials, "eos_token_id": []int{s.Vocab - s.Specials + 1, s.Vocab - s.Specials + 9},
	}
	if r := s.Rope; r != nil {
		c["rope_scaling"] = map[string]any{
			"rope_type": "llama3", "factor": r.Factor, "low_freq_factor": r.LowFactor,
			"high_freq_factor": r.HighFactor, "original_max_position_embeddings": r.Original,
		}
	}
	return c
}

// llama3Split is how Llama 3's tokenizer.json splits text.
const llama3Split = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

func (s Shape) hfTokenizer() map[string]any {
	tokens, merges, types := vocabulary(s.Vocab, s.Specials)
	vocab := map[string]int{}
	var added []map[string]any
	for id, t := range tokens {
		if types[id] == controlToken {
			added = append(added, map[string]any{"id": id, "content": t, "special": true})
		} else {
			vocab[t] = id
		}
	}
	bos := specials[0]
	return map[string]any{
		"added_tokens": added,
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": []any{
			map[string]any{"type": "Split", "pattern": map[string]any{"Regex": llama3Split}, "behavior": "Isolated"},
			map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
		}},
		"post_processor": map[string]any{"type": "TemplateProcessing", "single": []any{
			map[string]any{"SpecialToken": map[string]any{"id": bos, "type_id": 0}},
			map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}},
		}},
		"decoder": map[string]any{"type": "ByteLevel"},
		"model":   map[string]any{"type": "BPE", "vocab": vocab, "merges": merges, "ignore_merges": true, "byte_fallback": false},
	}
}

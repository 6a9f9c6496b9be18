package convert

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"coderm/weights"
	"coderm/weights/gguf"
)

// config is what config.json says, in its words.
type config struct {
	Architectures    []string        `json:"architectures"`
	Hidden           int             `json:"hidden_size"`
	Intermediate     int             `json:"intermediate_size"`
	Layers           int             `json:"num_hidden_layers"`
	Heads            int             `json:"num_attention_heads"`
	KVHeads          int             `json:"num_key_value_heads"`
	HeadDim          int             `json:"head_dim"`
	Vocab            int             `json:"vocab_size"`
	Context          int             `json:"max_position_embeddings"`
	RMSEps           float64         `json:"rms_norm_eps"`
	Tied             bool            `json:"tie_word_embeddings"`
	Activation       string          `json:"hidden_act"`
	RopeTheta        float64         `json:"rope_theta"`
	RopeScaling      *ropeConfig     `json:"rope_scaling"`
	RopeParameters   *ropeConfig     `json:"rope_parameters"` // rope_scaling since transformers 5
	UseSlidingWindow bool            `json:"use_sliding_window"`
	Quantization     json.RawMessage `json:"quantization_config"`

	BOS tokenID `json:"bos_token_id"`
	EOS tokenID `json:"eos_token_id"`
	PAD tokenID `json:"pad_token_id"`
	UNK tokenID `json:"unk_token_id"`

	arch architecture
	rope ropeConfig
}

type ropeConfig struct {
	RopeType    string  `json:"rope_type"`
	Type        string  `json:"type"` // rope_type before transformers 4.43
	Theta       float64 `json:"rope_theta"`
	Factor      float64 `json:"factor"`
	LowFactor   float64 `json:"low_freq_factor"`
	HighFactor  float64 `json:"high_freq_factor"`
	OriginalCtx int     `json:"original_max_position_embeddings"`
	AttnFactor  float64 `json:"attention_factor"`
	BetaFast    float64 `json:"beta_fast"`
	BetaSlow    float64 `json:"beta_slow"`
}

// tokenID is a token id that some configurations give as a list; then it is
// the first one, which is the main one.
type tokenID struct {
	ID  int
	Set bool
}

func (t *tokenID) UnmarshalJSON(b []byte) error {
	var one *int
	if json.Unmarshal(b, &one) == nil {
		if one != nil {
			*t = tokenID{*one, true}
		}
		return nil
	}
	var list []int
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("want a token id or a list of them, got %s", b)
	}
	if len(list) > 0 {
		*t = tokenID{list[0], true}
	}
	return nil
}

// architecture is what differs between the families.
type architecture struct {
	hf      string // config.json's name
	gguf    string // llama.cpp's name
	permute bool   // whether llama.cpp rotates neighbours where transformers rotates halves
	qkvBias bool   // whether the attention always has biases
}

var architectures = []architecture{
	{hf: "LlamaForCausalLM", gguf: "llama", permute: true},
	{hf: "Qwen2ForCausalLM", gguf: "qwen2", qkvBias: true},
}

// Bounds that no model passes and that keep arithmetic on them within int64.
const (
	maxLayers = 4096
	maxDim    = 1 << 24
)

// check refuses what cannot be converted and fills in what is left out.
func (c *config) check() error {
	i := slices.IndexFunc(architectures, func(a architecture) bool { return slices.Contains(c.Architectures, a.hf) })
	if i < 0 {
		return fmt.Errorf("a model of %s %w: LlamaForCausalLM and Qwen2ForCausalLM can", quoted(c.Architectures), ErrUnsupported)
	}
	c.arch = architectures[i]
	if s := string(c.Quantization); s != "" && s != "null" {
		return fmt.Errorf("a quantized model %w: start from the original one in bf16 or f16", ErrUnsupported)
	}
	if c.Activation != "" && c.Activation != "silu" {
		return fmt.Errorf("a model with hidden_act %q %w: llama.cpp computes silu", c.Activation, ErrUnsupported)
	}
	if c.UseSlidingWindow {
		return fmt.Errorf("a model with use_sliding_window %w: llama.cpp attends to everything in this family", ErrUnsupported)
	}
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	for _, d := range []struct {
		key string
		n   int
	}{
		{"hidden_size", c.Hidden}, {"intermediate_size", c.Intermediate}, {"vocab_size", c.Vocab},
		{"num_attention_heads", c.Heads}, {"num_key_value_heads", c.KVHeads}, {"max_position_embeddings", c.Context},
	} {
		if d.n <= 0 || d.n > maxDim {
			return fmt.Errorf("%s is %d, want 1 to %d", d.key, d.n, maxDim)
		}
	}
	if c.Layers <= 0 || c.Layers > maxLayers {
		return fmt.Errorf("num_hidden_layers is %d, want 1 to %d", c.Layers, maxLayers)
	}
	if c.Heads%c.KVHeads != 0 {
		return fmt.Errorf("num_attention_heads %d is no multiple of num_key_value_heads %d", c.Heads, c.KVHeads)
	}
	if c.HeadDim == 0 && c.Hidden%c.Heads != 0 {
		return fmt.Errorf("hidden_size %d is no multiple of num_attention_heads %d", c.Hidden, c.Heads)
	}
	if c.HeadDim < 0 || c.HeadDim > maxDim || c.headDim()%2 != 0 {
		return fmt.Errorf("head_dim is %d, want an even number", c.headDim())
	}
	if c.RMSEps <= 0 {
		return fmt.Errorf("rms_norm_eps is %v, want more than 0", c.RMSEps)
	}
	return c.checkRope()
}

// checkRope brings the places where rotary settings are written into one.
func (c *config) checkRope() error {
	switch {
	case c.RopeParameters != nil:
		c.rope = *c.RopeParameters
	case c.RopeScaling != nil:
		c.rope = *c.RopeScaling
	}
	r := &c.rope
	if r.RopeType == "" {
		r.RopeType = r.Type
	}
	if r.Theta == 0 {
		r.Theta = c.RopeTheta
	}
	if r.Theta == 0 {
		r.Theta = 10000 // transformers' default
	}
	switch r.RopeType {
	case "", "default":
		r.RopeType = ""
		return nil
	case "llama3":
		if r.Factor <= 0 || r.LowFactor <= 0 || r.HighFactor <= r.LowFactor || r.OriginalCtx <= 0 {
			return fmt.Errorf("rope_scaling llama3 needs positive factor, low_freq_factor < high_freq_factor and original_max_position_embeddings")
		}
		return nil
	case "linear", "yarn":
		if r.Factor <= 0 {
			return fmt.Errorf("rope_scaling %s needs a positive factor", r.RopeType)
		}
		if r.OriginalCtx == 0 {
			r.OriginalCtx = c.Context
		}
		return nil
	}
	return fmt.Errorf("a model with rope_scaling %q %w: llama3, linear and yarn can", r.RopeType, ErrUnsupported)
}

// headDim is the width of one attention head.
func (c *config) headDim() int {
	if c.HeadDim != 0 {
		return c.HeadDim
	}
	return c.Hidden / c.Heads
}

// metadata is the model's description; fileType is its llama_ftype.
func (c *config) metadata(name string, fileType uint32) []gguf.KV {
	a := c.arch.gguf
	meta := []gguf.KV{
		{Key: "general.architecture", Value: gguf.String(a)},
		{Key: "general.type", Value: gguf.String("model")},
		{Key: "general.name", Value: gguf.String(name)},
		{Key: "general.file_type", Value: gguf.Uint32(fileType)},
		{Key: "general.quantization_version", Value: gguf.Uint32(2)},
	}
	u := func(key string, n int) {
		meta = append(meta, gguf.KV{Key: a + "." + key, Value: gguf.Uint32(uint32(n))})
	}
	f := func(key string, x float64) {
		meta = append(meta, gguf.KV{Key: a + "." + key, Value: gguf.Float32(float32(x))})
	}
	u("block_count", c.Layers)
	u("context_length", c.Context)
	u("embedding_length", c.Hidden)
	u("feed_forward_length", c.Intermediate)
	u("attention.head_count", c.Heads)
	u("attention.head_count_kv", c.KVHeads)
	f("attention.layer_norm_rms_epsilon", c.RMSEps)
	f("rope.freq_base", c.rope.Theta)
	if c.HeadDim != 0 {
		u("attention.key_length", c.HeadDim)
		u("attention.value_length", c.HeadDim)
	}
	if a == "llama" {
		u("vocab_size", c.Vocab)
		u("rope.dimension_count", c.headDim())
	}
	switch r := c.rope; r.RopeType {
	case "linear":
		meta = append(meta, gguf.KV{Key: a + ".rope.scaling.type", Value: gguf.String("linear")})
		f("rope.scaling.factor", r.Factor)
	case "yarn":
		meta = append(meta, gguf.KV{Key: a + ".rope.scaling.type", Value: gguf.String("yarn")})
		f("rope.scaling.factor", r.Factor)
		u("rope.scaling.original_context_length", r.OriginalCtx)
		for _, y := range []struct {
			key string
			x   float64
		}{{"attn_factor", r.AttnFactor}, {"beta_fast", r.BetaFast}, {"beta_slow", r.BetaSlow}} {
			if y.x != 0 {
				f("rope.scaling.yarn_"+y.key, y.x)
			}
		}
	}
	return meta
}

// ropeFactors is the rope_freqs tensor, nil when the model has none.
func (c *config) ropeFactors() []float32 {
	if c.rope.RopeType != "llama3" {
		return nil
	}
	s := weights.RopeScaling{
		Factor: c.rope.Factor, LowFactor: c.rope.LowFactor, HighFactor: c.rope.HighFactor, Original: float64(c.rope.OriginalCtx),
	}
	return s.Factors(c.headDim(), c.rope.Theta)
}

// quoted lists names for a message.
func quoted(names []string) string {
	if len(names) == 0 {
		return "no named architecture"
	}
	return `"` + strings.Join(names, `", "`) + `"`
}

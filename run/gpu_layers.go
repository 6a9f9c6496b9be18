package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// GPULayers is how many layers of a model lie on GPUs, the output counting as one
// more: a number, or one of the words below. Other programs have 0 for none and -1 for
// all, and others again the reverse, so neither number is taken.
type GPULayers int

const (
	AutoLayers GPULayers = 0  // "auto": as many as fit
	NoLayers   GPULayers = -1 // "none": the GPU is not touched
)

var errGPULayers = errors.New("give auto (as many layers as fit), none (no GPU), or a number from 1")

// String is what Set reads.
func (n GPULayers) String() string {
	switch n {
	case AutoLayers:
		return "auto"
	case NoLayers:
		return "none"
	}
	return strconv.Itoa(int(n))
}

// Set implements pflag.Value.
func (n *GPULayers) Set(text string) error {
	switch text {
	case "auto":
		*n = AutoLayers
	case "none":
		*n = NoLayers
	default:
		layers, err := strconv.Atoi(text)
		if err != nil || layers < 1 {
			return errGPULayers
		}
		*n = GPULayers(layers)
	}
	return nil
}

// Type implements pflag.Value.
func (*GPULayers) Type() string { return "auto|none|N" }

// MarshalJSON writes a number of layers as a number, and a word as a text.
func (n GPULayers) MarshalJSON() ([]byte, error) {
	if n > 0 {
		return json.Marshal(int(n))
	}
	return json.Marshal(n.String())
}

// UnmarshalJSON reads a word, or a number from 1.
func (n *GPULayers) UnmarshalJSON(data []byte) error {
	text := string(data)
	if word := ""; json.Unmarshal(data, &word) == nil {
		text = word
	}
	if err := n.Set(text); err != nil {
		return fmt.Errorf("gpu_layers %s: %w", data, err)
	}
	return nil
}

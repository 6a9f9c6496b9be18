package run

import (
	"errors"
	"slices"

	"coderm/engine/child"
	"coderm/engine/llama"
)

// Placement says where a model on this machine lies, and in which process it runs. The
// zero value leaves all of it to the plan (llama.PlanFor).
type Placement struct {
	GPULayers   GPULayers `json:"gpu_layers,omitempty"`    // auto, none or a number
	Split       string    `json:"split,omitempty"`         // of several GPUs: layer, row, tensor or none
	MainGPU     int       `json:"main_gpu,omitempty"`      // of the split none
	TensorSplit []float32 `json:"tensor_split,omitempty"`  // proportions of the others
	GPUReserve  int       `json:"gpu_reserve,omitempty"`   // MiB of each GPU left free; 0: 1024
	KVType      string    `json:"kv_type,omitempty"`       // auto, f16 or q8_0
	Process     string    `json:"model_process,omitempty"` // auto, own or shared
}

// Check refuses what no machine could do.
func (p Placement) Check() error {
	split, err := llama.ParseSplit(p.Split)
	total := float32(0)
	for _, x := range p.TensorSplit {
		total += x
	}
	switch {
	case err != nil:
		return &InputError{Field: "split", Value: p.Split, Err: err}
	case p.MainGPU < 0:
		return wrong("main_gpu", p.MainGPU, "GPUs are counted from 0")
	case p.MainGPU > 0 && split != llama.SplitNone:
		return &InputError{Field: "main_gpu", Err: errors.New("has no use unless split is none")}
	case len(p.TensorSplit) > 0 && split == llama.SplitNone:
		return &InputError{Field: "tensor_split", Err: errors.New("has no use where split is none")}
	case len(p.TensorSplit) > 0 && (slices.Min(p.TensorSplit) < 0 || !(total > 0)):
		return &InputError{Field: "tensor_split", Err: errors.New("give proportions of 0 or more, one for each GPU, that are not all 0")}
	case p.GPUReserve < 0:
		return wrong("gpu_reserve", p.GPUReserve, "give MiB of each GPU to leave free, or 0 for 1024")
	case !slices.Contains([]string{"", "auto", "f16", "q8_0"}, p.KVType):
		return wrong("kv_type", p.KVType, "unknown; use auto, f16 or q8_0")
	case !slices.Contains([]string{"", "auto", "own", "shared"}, p.Process):
		return wrong("model_process", p.Process, "unknown; use auto, own or shared")
	}
	return nil
}

// Apply has c follow it. What Check refuses it takes for the default.
func (p Placement) Apply(c *llama.Config) {
	c.GPULayers, c.MainGPU, c.TensorSplit = int(p.GPULayers), p.MainGPU, p.TensorSplit
	c.Split, _ = llama.ParseSplit(p.Split)
	c.Reserve = int64(p.GPUReserve) << 20
	if p.KVType != "auto" {
		c.KVType = llama.KVType(p.KVType)
	}
}

// In is the process that the model is to run in.
func (p Placement) In() child.Process {
	if p.Process == "" {
		return child.Auto
	}
	return child.Process(p.Process)
}

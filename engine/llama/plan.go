package llama

import (
	"fmt"
	"strings"

	"coderm/engine/sched"
	"coderm/internal/units"
	"coderm/weights/gguf"
)

// Plan is how a model would be laid out in the memory that is free now.
type Plan struct {
	Layers    int     `json:"layers"`     // of the model, the output included
	GPULayers int     `json:"gpu_layers"` // of these, on GPUs
	Places    []Place `json:"places"`     // the GPUs in order, then the host
	KVType    KVType  `json:"kv_type"`
	KVToken   int64   `json:"kv_token"`  // bytes of the KV cache that a position takes
	Positions int     `json:"positions"` // of KV cache that there is room for
	// How much of that the samples asked about take: how many run at once, of how many
	// positions, in which shape of batch.
	Samples int    `json:"samples"`
	Each    int    `json:"positions_each"`
	Shape   string `json:"shape"`
}

// Place is what one device has of a model, in bytes.
type Place struct {
	Device  string `json:"device"`
	Layers  int    `json:"layers"`
	Weights int64  `json:"weights"`
	KV      int64  `json:"kv"`      // for the samples asked about
	Drawing int64  `json:"drawing"` // tokens: logits and what is made of them
	Free    int64  `json:"free"`    // before
}

// PlanFor is the plan that Load would follow, for samples as need says. It loads
// the backends and nothing else.
func PlanFor(c Config, need sched.Need) (Plan, error) {
	initialise()
	f, err := gguf.OpenModel(c.Path)
	if err != nil {
		return Plan{}, err
	}
	m, err := planned(c, f)
	if err != nil {
		return Plan{}, err
	}
	m.describeFile(f)
	shape, err := schedModel{m}.Plan(need)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{
		Layers: m.layers + 1, GPULayers: m.config.GPULayers, KVType: m.config.KVType, KVToken: m.kvCell,
		Positions: schedModel{m}.room(), Samples: shape.Seqs, Each: min(need.Positions, shape.PerSeq), Shape: shape.String(),
	}
	kv := m.kvCell * int64(shape.Cells)
	host := Place{Device: "host", Layers: p.Layers - p.GPULayers, KV: kv, Free: availableMemory()}
	for _, t := range f.Tensors {
		host.Weights += t.Bytes
	}
	for _, g := range m.gpus {
		on := Place{Device: g.Description, Layers: g.layers, Weights: g.weights, KV: int64(g.kvPart(m.layers) * float64(kv)), Drawing: g.drawing, Free: int64(g.Free)}
		host.Weights = max(0, host.Weights-on.Weights) // but for an embedding table that the output shares
		host.KV = max(0, host.KV-on.KV)
		if on.Drawing > 0 {
			host.Drawing = m.hostDrawing
		}
		p.Places = append(p.Places, on)
	}
	p.Places = append(p.Places, host)
	return p, nil
}

// String is the plan in a line.
func (p Plan) String() string {
	var on []string
	for _, at := range p.Places {
		if at.Layers == 0 {
			continue
		}
		takes := fmt.Sprintf("%s of weights and %s of KV cache", units.Bytes(at.Weights), units.Bytes(at.KV))
		if at.Drawing > 0 {
			takes = fmt.Sprintf("%s of weights, %s of KV cache and %s for drawing", units.Bytes(at.Weights), units.Bytes(at.KV), units.Bytes(at.Drawing))
		}
		on = append(on, fmt.Sprintf("%s on %s (%d layers, %s free)", takes, at.Device, at.Layers, units.Bytes(at.Free)))
	}
	return fmt.Sprintf("%s; %d completions at once, of %d tokens with their prompt, in %s; room for %d tokens",
		strings.Join(on, ", "), p.Samples, p.Each, p.KVType, p.Positions)
}

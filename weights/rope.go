package weights

import "math"

// RopeScaling is the "llama3" scaling of rotary frequencies that lengthens
// Llama 3.1's context, with the names of config.json's rope_scaling.
type RopeScaling struct {
	Factor     float64 // by how much the slow frequencies are slowed, e.g. 8
	LowFactor  float64 // low_freq_factor, e.g. 1
	HighFactor float64 // high_freq_factor, e.g. 4
	Original   float64 // original_max_position_embeddings, in tokens, e.g. 8192
}

// Factors gives the divisor of each of the headDim/2 rotary frequencies, which
// GGUF stores as the tensor rope_freqs.weight (dim/2). A frequency that turns
// fast within the original context is kept (1), a slow one is divided by
// Factor, and between the two the change is smooth; see
// _compute_llama3_parameters in transformers' modeling_rope_utils.py.
func (s RopeScaling) Factors(headDim int, base float64) []float32 {
	out := make([]float32, headDim/2)
	for i := range out {
		wavelen := 2 * math.Pi * math.Pow(base, float64(2*i)/float64(headDim))
		switch {
		case wavelen < s.Original/s.HighFactor:
			out[i] = 1
		case wavelen > s.Original/s.LowFactor:
			out[i] = float32(s.Factor)
		default:
			smooth := (s.Original/wavelen - s.LowFactor) / (s.HighFactor - s.LowFactor)
			out[i] = float32(1 / ((1-smooth)/s.Factor + smooth))
		}
	}
	return out
}

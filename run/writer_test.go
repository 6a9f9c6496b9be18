package run

import (
	"testing"

	"coderm/engine/llama"
)

// Beside a model that GPUs have all of, the sandbox gets every core but one.
func TestCores(t *testing.T) {
	for _, tt := range []struct{ gpuLayers, want int }{{0, 8}, {32, 8}, {33, 1}} {
		if got := cores(llama.Info{Layers: 32, GPULayers: tt.gpuLayers, Threads: 8}); got != tt.want {
			t.Errorf("%d of 33 layers on GPUs: %d cores, want %d", tt.gpuLayers, got, tt.want)
		}
	}
}

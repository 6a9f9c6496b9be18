package llama

import (
	"testing"

	"coderm/engine"
)

// TestGPU: greedy samples on the GPU are those of the CPU. It runs where a
// backend and a device are found, of which Mesa's software device is one:
//
//	make vulkan && CODERM_BACKENDS=$PWD/lib/coderm GGML_VK_VISIBLE_DEVICES=0 go test -run GPU ./engine/llama
func TestGPU(t *testing.T) {
	found := false
	for _, d := range Devices() {
		found = found || d.GPU
	}
	if !found {
		t.Skipf("no GPU; backends found: %v", Backends())
	}
	cpu := real(t, Config{GPULayers: -1, Parallel: 2})
	gpu := real(t, Config{Parallel: 2})
	if n := gpu.Info().GPULayers; n == 0 {
		t.Fatal("no layer is on the GPU")
	}
	ids, err := cpu.Tokenize("<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n", false)
	if err != nil {
		t.Fatal(err)
	}
	r := engine.Request{Prompt: ids, N: 2, MaxTokens: 12}
	a, b := generate(t, cpu, r), generate(t, gpu, r)
	for i := range a {
		if a[i].Text != b[i].Text {
			t.Errorf("sample %d: CPU %q, GPU %q", i, a[i].Text, b[i].Text)
		}
		t.Logf("log-probability: CPU %v, GPU %v", a[i].LogProb, b[i].LogProb)
	}
}

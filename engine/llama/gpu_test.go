package llama

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"coderm/engine"
	"coderm/internal/testkit"
)

// TestMain lets the tests find the backends that 'make vulkan' and 'make cuda'
// leave in lib/coderm: a test's program lies elsewhere. Mesa's software device,
// which counts as a CPU, is only found by its number.
func TestMain(m *testing.M) {
	if dir, err := filepath.Abs("../../lib/coderm"); err == nil && os.Getenv(EnvBackends) == "" {
		os.Setenv(EnvBackends, dir)
	}
	if os.Getenv("GGML_VK_VISIBLE_DEVICES") == "" {
		os.Setenv("GGML_VK_VISIBLE_DEVICES", "0")
	}
	os.Exit(m.Run())
}

// gpu skips the test where there is none.
func gpu(t *testing.T) {
	t.Helper()
	for _, d := range Devices() {
		if d.GPU {
			return
		}
	}
	t.Logf("backends: %+v", Backends())
	testkit.Skip(t, testkit.NoGPU)
}

// TestGPU: greedy samples with all or some of the layers on a GPU are those of
// the CPU.
func TestGPU(t *testing.T) {
	gpu(t)
	cpu := real(t, Config{GPULayers: -1, Parallel: 2})
	if g := cpu.Info().GPUs; len(g) > 0 {
		t.Fatalf("on %v, with no layer asked for", g)
	}
	prompt := engine.Prompt{Text: "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n", Rendered: true}
	r := engine.Request{Prompt: prompt, N: 2, MaxTokens: 12}
	want := generate(t, cpu, r)
	all := cpu.Info().Layers + 1
	for _, layers := range []int{0, 1, all / 2} {
		t.Run(fmt.Sprint(layers), func(t *testing.T) {
			m := real(t, Config{GPULayers: layers, Parallel: 2})
			expected := layers
			if layers == 0 {
				expected = all
			}
			if n := m.Info().GPULayers; n != expected {
				t.Fatalf("%d layers on the GPU, want %d", n, expected)
			}
			for i, got := range generate(t, m, r) {
				if got.Text != want[i].Text {
					t.Errorf("sample %d: CPU %q, GPU %q", i, want[i].Text, got.Text)
				}
				t.Logf("log-probability: CPU %v, GPU %v; %s", want[i].LogProb, got.LogProb, got.Shape)
			}
		})
	}
}

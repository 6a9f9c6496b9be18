package llama

import (
	"log/slog"
	"testing"

	"coderm/engine/sched"
)

// TestPlan: on a CPU all samples share one buffer, on a GPU where that is less to read;
// and no more is promised than memory has.
func TestPlan(t *testing.T) {
	type size struct {
		weights uint64 // bytes
		cell    int64  // bytes
	}
	small := size{77e6, 23040}    // SmolLM2-135M, Q4_0
	large := size{4600e6, 131072} // Llama-3.1-8B, Q4_K_M
	need := func(samples, prompt, gen, each int) sched.Need {
		return sched.Need{Positions: prompt + gen, Samples: samples, Prompt: prompt, Gen: gen, Each: each}
	}
	for _, tt := range []struct {
		name   string
		model  size
		config Config
		need   sched.Need
		want   sched.Shape
	}{
		{"one", small, Config{Parallel: 32}, need(1, 302, 128, 1),
			sched.Shape{Seqs: 1, PerSeq: 512, Cells: 512, Unified: true}},
		{"sixteen", small, Config{Parallel: 32}, need(16, 302, 128, 16),
			sched.Shape{Seqs: 16, PerSeq: 2560, Cells: 2560, Unified: true}},
		{"sixteen of different prompts", small, Config{Parallel: 32}, need(16, 302, 128, 1),
			sched.Shape{Seqs: 16, PerSeq: 6912, Cells: 6912, Unified: true}},
		{"sixty-four short ones", small, Config{Parallel: 64}, need(64, 302, 64, 64),
			sched.Shape{Seqs: 64, PerSeq: 4608, Cells: 4608, Unified: true}},
		{"sixty-four long ones", small, Config{Parallel: 64}, need(64, 302, 500, 64),
			sched.Shape{Seqs: 64, PerSeq: 32512, Cells: 32512, Unified: true}},
		{"sixty-four by llama.cpp's attention", small, Config{Parallel: 64, Flash: FlashOff}, need(64, 302, 64, 64),
			sched.Shape{Seqs: 64, PerSeq: 512, Cells: 64 * 512}},
		{"sixteen by llama.cpp's attention", small, Config{Parallel: 16, Flash: FlashOff}, need(64, 302, 64, 64),
			sched.Shape{Seqs: 16, PerSeq: 1536, Cells: 1536, Unified: true}},
		{"thirty-two of a large model", large, Config{Parallel: 32}, need(32, 256, 64, 32),
			sched.Shape{Seqs: 32, PerSeq: 2304, Cells: 2304, Unified: true}},
		{"more than may run", large, Config{Parallel: 8}, need(100, 302, 128, 100),
			sched.Shape{Seqs: 8, PerSeq: 1536, Cells: 1536, Unified: true}},
		{"streams by order", small, Config{Parallel: 64, KV: KVStreams}, need(64, 302, 64, 64),
			sched.Shape{Seqs: 64, PerSeq: 512, Cells: 64 * 512}},
		{"fixed", small, Config{Parallel: 16, Fixed: true}, need(1, 302, 128, 1),
			sched.Shape{Seqs: 16, PerSeq: 512, Cells: 16 * 512, Fixed: true}},
		{"a GPU, where the prompt weighs more", small, Config{Parallel: 64, GPULayers: 99}, need(64, 302, 64, 64),
			sched.Shape{Seqs: 64, PerSeq: 4608, Cells: 4608, Unified: true, Steady: true}},
		{"a GPU, where the samples do", small, Config{Parallel: 256, GPULayers: 99}, need(256, 302, 500, 256),
			sched.Shape{Seqs: 256, PerSeq: 1024, Cells: 256 * 1024, Steady: true}},
		{"a GPU with little memory for streams", small, Config{Parallel: 256, GPULayers: 99, Memory: 100 * 1024 * 23040}, need(256, 302, 500, 256),
			sched.Shape{Seqs: 256, PerSeq: 100 * 1024, Cells: 100 * 1024, Unified: true, Steady: true}},
		{"a GPU, in free steps", small, Config{Parallel: 16, GPULayers: 99, Steady: SteadyOff}, need(16, 302, 128, 16),
			sched.Shape{Seqs: 16, PerSeq: 2560, Cells: 2560, Unified: true}},
		{"a CPU, in steady steps", small, Config{Parallel: 16, Steady: SteadyOn}, need(16, 302, 128, 16),
			sched.Shape{Seqs: 16, PerSeq: 2560, Cells: 2560, Unified: true, Steady: true}},
		{"little memory, streams", small, Config{Parallel: 64, KV: KVStreams, Memory: 40 * 512 * 23040}, need(64, 302, 128, 64),
			sched.Shape{Seqs: 40, PerSeq: 512, Cells: 40 * 512}},
		{"little memory, unified", small, Config{Parallel: 16, Memory: 1024 * 23040}, need(16, 302, 128, 16),
			sched.Shape{Seqs: 16, PerSeq: 1024, Cells: 1024, Unified: true}},
		{"less than one sample", small, Config{Parallel: 16, Memory: 1024 * 23040}, need(1, 302, 4698, 1),
			sched.Shape{Seqs: 1, PerSeq: 1024, Cells: 1024, Unified: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := &Model{
				config: tt.config, info: Info{TokenBytes: tt.model.weights}, kvCell: tt.model.cell, attends: true, tile: 16,
				log: slog.New(slog.DiscardHandler),
			}
			if m.config.Memory == 0 {
				m.config.Memory = 1 << 40
			}
			if got, err := (schedModel{m}).Plan(tt.need); err != nil || got != tt.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

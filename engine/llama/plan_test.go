package llama

import (
	"log/slog"
	"testing"

	"coderm/engine/sched"
)

// TestPlan: few cells altogether are best in one buffer, many in streams; and
// no more is promised than memory has.
func TestPlan(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		name   string
		config Config
		need   sched.Need
		want   sched.Shape
	}{
		{"one", Config{Parallel: 32}, sched.Need{Positions: 430, Samples: 1, Prompt: 302, Gen: 128, Each: 1},
			sched.Shape{Seqs: 1, PerSeq: 512, Cells: 512, Unified: true}},
		{"sixteen", Config{Parallel: 32}, sched.Need{Positions: 430, Samples: 16, Prompt: 302, Gen: 128, Each: 16},
			sched.Shape{Seqs: 16, PerSeq: 512, Cells: 2560, Unified: true}},
		{"sixteen of different prompts", Config{Parallel: 32}, sched.Need{Positions: 430, Samples: 16, Prompt: 302, Gen: 128, Each: 1},
			sched.Shape{Seqs: 16, PerSeq: 512, Cells: 16 * 512}},
		{"sixty-four", Config{Parallel: 64}, sched.Need{Positions: 430, Samples: 64, Prompt: 302, Gen: 128, Each: 64},
			sched.Shape{Seqs: 64, PerSeq: 512, Cells: 64 * 512}},
		{"more than may run", Config{Parallel: 8}, sched.Need{Positions: 430, Samples: 100, Prompt: 302, Gen: 128, Each: 100},
			sched.Shape{Seqs: 8, PerSeq: 512, Cells: 1536, Unified: true}},
		{"fixed", Config{Parallel: 16, Fixed: true}, sched.Need{Positions: 430, Samples: 1, Prompt: 302, Gen: 128, Each: 1},
			sched.Shape{Seqs: 16, PerSeq: 512, Cells: 16 * 512, Fixed: true}},
		{"a GPU", Config{Parallel: 32, GPULayers: 99}, sched.Need{Positions: 430, Samples: 16, Prompt: 302, Gen: 128, Each: 16},
			sched.Shape{Seqs: 16, PerSeq: 512, Cells: 16 * 512}},
		{"little memory, streams", Config{Parallel: 64, Memory: 20 * mib}, sched.Need{Positions: 430, Samples: 64, Prompt: 302, Gen: 128, Each: 64},
			sched.Shape{Seqs: 40, PerSeq: 512, Cells: 40 * 512}},
		{"little memory, unified", Config{Parallel: 16, Memory: mib}, sched.Need{Positions: 430, Samples: 16, Prompt: 302, Gen: 128, Each: 16},
			sched.Shape{Seqs: 16, PerSeq: 512, Cells: 1024, Unified: true}},
		{"less than one sample", Config{Parallel: 16, Memory: mib}, sched.Need{Positions: 5000, Samples: 1, Prompt: 302, Gen: 4698, Each: 1},
			sched.Shape{Seqs: 1, PerSeq: 1024, Cells: 1024, Unified: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.config.Memory == 0 {
				tt.config.Memory = 1 << 40
			}
			m := modelOf{&Model{config: tt.config, kvCell: 1024, log: slog.New(slog.DiscardHandler)}}
			if got, err := m.Plan(tt.need); err != nil || got != tt.want {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

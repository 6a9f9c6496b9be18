package llama

import (
	"math"
	"sync"
	"testing"

	"coderm/engine"
	"coderm/internal/testkit"
)

// TestAttention: our attention draws the samples that llama.cpp's does, from
// prompts in chunks and samples of many prompts in one batch, on any number of
// threads. Rounding may turn a rare draw.
func TestAttention(t *testing.T) {
	draw := func(c Config) [][]engine.Sample {
		c.Parallel, c.Batch, c.NoDraft = 16, 64, true
		m := smooth(t, c)
		if !m.attends {
			testkit.Skip(t, testkit.PlainC)
		}
		list := requests(60, int32(m.Info().Vocab)-16)
		got := make([][]engine.Sample, len(list))
		var wg sync.WaitGroup
		for i, r := range list {
			wg.Go(func() { got[i] = generate(t, m, r) })
		}
		wg.Wait()
		return got
	}
	want := draw(Config{KV: KVUnified, Flash: FlashOff})
	for name, c := range map[string]Config{
		"one thread":    {KV: KVUnified},
		"three threads": {KV: KVUnified, Threads: 3},
		"streams":       {KV: KVStreams, Threads: 2},
		"fixed shape":   {Fixed: true},
	} {
		same, all := 0, 0
		for i, samples := range draw(c) {
			for k, s := range samples {
				all++
				if s.Text != want[i][k].Text {
					continue
				}
				same++
				if d := math.Abs(s.LogProb - want[i][k].LogProb); d > 0.01*float64(s.Tokens) {
					t.Errorf("%s: request %d, sample %d has log-probability %v, with llama.cpp's attention %v", name, i, k, s.LogProb, want[i][k].LogProb)
				}
			}
		}
		if t.Logf("%s: %d of %d samples are the same", name, same, all); same < all*9/10 {
			t.Errorf("%s: only %d of %d samples are the same", name, same, all)
		}
	}
}

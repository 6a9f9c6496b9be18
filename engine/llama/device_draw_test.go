package llama

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"coderm/engine"
	"coderm/engine/sched"
	"coderm/kernels"
	"coderm/weights/synthetic"
)

// drawBench is a context in which each of some sequences holds the same prompt, so that
// a batch has the same logits in every row.
type drawBench struct {
	*decoder
	used int
}

const drawSeqs = 64

func newDrawBench(t testing.TB, m *Model) drawBench {
	t.Helper()
	d, err := schedModel{m}.Open(sched.Shape{Seqs: drawSeqs, PerSeq: 256, Cells: 1024, Unified: true, Batch: 512, Steady: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	rows := make([]sched.Row, 20)
	for i := range rows {
		rows[i] = sched.Row{Token: int32(7 + 3*i), Pos: int32(i)}
	}
	if err := d.Decode(rows, nil, false); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < drawSeqs; i++ {
		d.Copy(0, i, len(rows))
	}
	return drawBench{d.(*decoder), len(rows)}
}

// draw decodes the token after the prompt in every sequence and draws from it.
func (b drawBench) draw(t testing.TB, token int32, draws []sched.Draw) {
	t.Helper()
	b.decode(t, token, draws)
	if err := b.Sample(draws); err != nil {
		t.Fatal(err)
	}
}

func (b drawBench) decode(t testing.TB, token int32, draws []sched.Draw) {
	t.Helper()
	rows := make([]sched.Row, len(draws))
	for i := range rows {
		rows[i] = sched.Row{Token: token, Pos: int32(b.used), Seq: int32(i), Output: true}
		draws[i].Row = i
	}
	if err := b.Decode(rows, draws, false); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		b.Trim(i, b.used)
	}
}

// logits gives what the tokens after the token are drawn from, row by row: devices
// compute not all alike.
func (b drawBench) logits(t testing.TB, token int32) (list [][]float32) {
	t.Helper()
	draws := make([]sched.Draw, drawSeqs)
	draws[0].Settings.TopK = 1 // is drawn on the host
	b.decode(t, token, draws)
	for i := range draws {
		h, err := b.Hold(i)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, slices.Clone(h.Logits))
		h.Release()
	}
	return list
}

// onAll runs a test on the CPU and, where there is one, on a GPU.
func onAll(t *testing.T, load func(t testing.TB, c Config) *Model, f func(t *testing.T, m *Model)) {
	t.Run("cpu", func(t *testing.T) { f(t, load(t, Config{GPULayers: -1, Steady: SteadyOn})) })
	t.Run("gpu", func(t *testing.T) {
		gpu(t)
		f(t, load(t, Config{}))
	})
}

// TestDeviceDraws: what is drawn where the logits are is, without filters and greedily, the
// token of kernels.Reference but where rounding decides, with its log-probability.
func TestDeviceDraws(t *testing.T) {
	onAll(t, smooth, func(t *testing.T, m *Model) {
		b := newDrawBench(t, m)
		if b.device == nil {
			t.Fatal("tokens are drawn on the host")
		}
		for _, set := range []kernels.Settings{{}, {Temperature: 1}, {Temperature: 0.3}, {Temperature: 2.5, TopP: 1}} {
			logits := b.logits(t, 5)
			draws := make([]sched.Draw, drawSeqs)
			for i := range draws {
				draws[i] = sched.Draw{Settings: set, Seed: uint64(i), Position: uint64(i % 7)}
			}
			b.draw(t, 5, draws)
			for i, d := range draws {
				want, margin := kernels.Reference(logits[i], set, d.Seed, d.Position, nil)
				if d.Token != want.Token && margin > 1e-3 {
					t.Errorf("%+v, row %d: token %d, want %d (margin %g)", set, i, d.Token, want.Token, margin)
				}
				if d.Token == want.Token && math.Abs(float64(d.LogProb-want.LogProb)) > 1e-3 {
					t.Errorf("%+v, row %d: log-probability %v, want %v", set, i, d.LogProb, want.LogProb)
				}
			}
		}
	})
}

// TestDeviceDistribution: with a nucleus the tokens have the frequencies that
// kernels.Reference gives them: chi-squared, at a level that one in a million sets of
// draws misses.
func TestDeviceDistribution(t *testing.T) {
	onAll(t, smooth, func(t *testing.T, m *Model) {
		b, rounds := newDrawBench(t, m), 150
		if m.Info().GPULayers > 0 {
			rounds = 20 // a software device takes a second each
		}
		for _, set := range []kernels.Settings{{Temperature: 0.8, TopP: 0.95}, {Temperature: 1.5, TopP: 0.5}} {
			want := nucleus(b.logits(t, 9)[0], set)
			counts := map[int32]float64{}
			n, tries := 0.0, 0.0
			draws := make([]sched.Draw, drawSeqs)
			for round := range rounds {
				for i := range draws {
					draws[i] = sched.Draw{Settings: set, Seed: uint64(round), Position: uint64(i)}
				}
				b.draw(t, 9, draws)
				for _, d := range draws {
					if tries++; d.Token == kernels.NoToken {
						continue
					}
					n++
					counts[d.Token]++
				}
			}
			for token := range counts {
				if want[token] == 0 {
					t.Errorf("%+v: token %d is outside the nucleus", set, token)
				}
			}
			square, cells, rest, restWant := 0.0, 0.0, n, n
			for token, p := range want {
				if e := n * p; e >= 10 { // the others together
					square += (counts[token] - e) * (counts[token] - e) / e
					rest, restWant = rest-counts[token], restWant-e
					cells++
				}
			}
			if restWant >= 10 {
				square += (rest - restWant) * (rest - restWant) / restWant
				cells++
			}
			free := cells - 1
			// Wilson and Hilferty 1931.
			limit := free * math.Pow(1-2/(9*free)+4.75*math.Sqrt(2/(9*free)), 3)
			t.Logf("%+v: %.0f draws, %.4f of the rows drew none; chi-squared %.0f of %.0f cells, limit %.0f", set, n, 1-n/tries, square, cells, limit)
			if cells < 8 || square > limit {
				t.Errorf("%+v: chi-squared %.0f of %.0f cells, limit %.0f", set, square, cells, limit)
			}
			if missed, due := 1-n/tries, math.Pow(1-float64(set.TopP), 2); missed > 1.3*due {
				t.Errorf("%+v: %.4f of the rows drew none, want at most %.4f", set, missed, due)
			}
		}
	})
}

// nucleus is the distribution that tokens are drawn from, as sampler_reference.go has it.
func nucleus(logits []float32, set kernels.Settings) map[int32]float64 {
	top, all := math.Inf(-1), 0.0
	for _, x := range logits {
		top = max(top, float64(x))
	}
	p := make([]float64, len(logits))
	for i, x := range logits {
		p[i] = math.Exp((float64(x) - top) / float64(set.Temperature))
		all += p[i]
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	kept, mass := map[int32]float64{}, 0.0
	for _, i := range order { // no two are equal
		if mass < float64(set.TopP)*all {
			kept[int32(i)] = p[i]
			mass += p[i]
		}
	}
	for i := range kept {
		kept[i] /= mass
	}
	return kept
}

// TestSteady: batches of few sizes, drawn from where the logits are, say greedily what
// free ones say; nearly all of them use the graph of the one before.
func TestSteady(t *testing.T) {
	free := smooth(t, Config{GPULayers: -1, Parallel: 8, NoDraft: true})
	list := requests(3, int32(free.Info().Vocab))
	for i := range list {
		list[i].Sampling, list[i].MaxTokens, list[i].N = engine.Sampling{}, 120, 8
	}
	var want [][]engine.Sample
	for _, r := range list {
		want = append(want, generate(t, free, r))
	}
	for name, c := range map[string]Config{
		"unified": {KV: KVUnified}, "streams": {KV: KVStreams}, "host": {KV: KVUnified, HostSampling: true},
	} {
		t.Run(name, func(t *testing.T) {
			onAll(t, func(t testing.TB, at Config) *Model {
				c.GPULayers, c.Steady, c.Parallel = at.GPULayers, SteadyOn, 8
				return smooth(t, c)
			}, func(t *testing.T, m *Model) {
				list := list
				if m.Info().GPULayers > 0 {
					list = list[:1] // a software device takes a second a batch
				}
				for i, r := range list {
					for k, got := range generate(t, m, r) {
						// Devices round otherwise, and a random model's likeliest token
						// is soon another then: TestGPU compares a real one.
						if m.Info().GPULayers > 0 {
							continue
						}
						if got.Text != want[i][k].Text || math.Abs(got.LogProb-want[i][k].LogProb) > 1e-2*float64(got.Tokens) {
							t.Errorf("request %d: %q, %v\nwant %q, %v", i, got.Text, got.LogProb, want[i][k].Text, want[i][k].LogProb)
						}
					}
				}
				s := m.Steps()
				if share := float64(s.Reused) / float64(s.All); share < 0.95 {
					t.Errorf("%.3f of %d batches used the graph of the one before", share, s.All)
				}
				if (s.Device == s.All) == c.HostSampling {
					t.Errorf("%d of %d batches were drawn from on the device", s.Device, s.All)
				}
				t.Logf("%+v", s)
			})
		})
	}
}

// TestDrawingBytes: what is planned for drawing is what llama.cpp allocates for a step,
// which needs little more where the vocabulary is large.
func TestDrawingBytes(t *testing.T) {
	path, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "smollm2-135m", "Q8_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []bool{false, true} {
		c := Config{Path: path, GPULayers: -1, Steady: SteadyOn, Parallel: 128, HostSampling: host}
		var log bytes.Buffer
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		m := load(t, c)
		r := engine.Request{Prompt: engine.Prompt{Tokens: []int32{1, 2, 3}}, N: c.Parallel, MaxTokens: 4}
		ctx, cancel := context.WithCancel(t.Context())
		r.Drawn = func(int, engine.Token) { cancel() }
		if err := m.Generate(ctx, each(r), func(int, engine.Sample) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cpu := share{index: slices.IndexFunc(Devices(), func(d Device) bool { return d.Backend == "CPU" })}
		planned, _ := m.config.drawingBytes(cpu, m.Info().Vocab)
		m.Close()
		found := regexp.MustCompile(`CPU compute buffer size = +([0-9.]+) MiB`).FindAllStringSubmatch(log.String(), -1)
		if found == nil {
			t.Fatalf("llama.cpp does not say what it allocates:\n%s", &log)
		}
		allocated, _ := strconv.ParseFloat(found[len(found)-1][1], 64)
		if rest := allocated - float64(planned)/(1<<20); rest < 0 || rest > 16 {
			t.Errorf("on the host %v: %.1f MiB allocated, of which %d are planned for drawing", host, allocated, planned>>20)
		}
		t.Logf("on the host %v: %.1f MiB allocated, %d planned", host, allocated, planned>>20)
	}
}

// TestDeviceFallsBack: what cannot be drawn there is drawn on the host, between
// batches that can.
func TestDeviceFallsBack(t *testing.T) {
	m := smooth(t, Config{GPULayers: -1, Steady: SteadyOn, Parallel: 4})
	r := requests(1, int32(m.Info().Vocab))[0]
	r.N, r.MaxTokens = 4, 20
	r.Sampling = engine.Sampling{Temperature: 1}
	want := generate(t, m, r)
	if s := m.Steps(); s.Device != s.All || s.All == 0 {
		t.Fatalf("%+v", s)
	}
	before := m.Steps().Device
	other := r
	other.Sampling.TopK = 40
	generate(t, m, other)
	if after := m.Steps().Device; after != before {
		t.Errorf("%d batches with top-k were drawn from on the device", after-before)
	}
	for i, got := range generate(t, m, r) {
		if got.Text != want[i].Text {
			t.Errorf("sample %d: %q, before %q", i, got.Text, want[i].Text)
		}
	}
	if s := m.Steps(); s.Device == before {
		t.Error("it does not go back to the device")
	}
}

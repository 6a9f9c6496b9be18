package child

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/engine"
	"coderm/engine/llama"
	"coderm/engine/sched"
	"coderm/internal/fakegpu"
	"coderm/weights/synthetic"
)

// TestMain makes this program the child of its own tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		if err := Serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// config is of a small model in which small differences stay small.
func config(t testing.TB) llama.Config {
	t.Helper()
	path, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "tiny", "F32", nil)
	if err != nil {
		t.Fatal(err)
	}
	return llama.Config{Path: path, Threads: 1, Parallel: 8}
}

// onFake has the test's children find fake GPUs, of 4 GiB.
func onFake(t *testing.T, env ...string) {
	t.Helper()
	for _, v := range append(fakegpu.Env(fakegpu.Build(t), 4096), env...) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

func open(t testing.TB, c llama.Config, in Process) Local {
	t.Helper()
	m, err := Open(t.Context(), c, in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// key names a sample of some requests.
type key struct{ request, index int }

// job is some requests, without a nucleus: with one a GPU draws other tokens than the
// CPU, where a model may end whose processes die.
func job(n int) []engine.Request {
	rng := rand.New(rand.NewPCG(4, 4))
	list := make([]engine.Request, n)
	for i := range list {
		tokens := make([]int32, 4+rng.IntN(12))
		for j := range tokens {
			tokens[j] = rng.Int32N(1000)
		}
		list[i] = engine.Request{
			Prompt: engine.Prompt{Tokens: tokens}, N: 1 + rng.IntN(5), MaxTokens: 2 + rng.IntN(10), Seed: rng.Uint64(), FirstIndex: rng.IntN(4),
			Sampling: engine.Sampling{Temperature: 0.8}, IgnoreEnd: true,
		}
	}
	return list
}

// draw has m do the job. Every sample and state must come once.
func draw(t *testing.T, m Local, list []engine.Request) (map[key]engine.Sample, map[int][]float32) {
	t.Helper()
	samples, states := map[key]engine.Sample{}, map[int][]float32{}
	told := map[key]int{}
	for i := range list {
		list[i].Drawn = func(index int, _ engine.Token) { told[key{i, index}]++ }
		list[i].Hidden = func(state []float32) error {
			if states[i] != nil {
				t.Errorf("the state of request %d came twice", i)
			}
			states[i] = state
			return nil
		}
	}
	err := m.Generate(t.Context(), slices.Values(list), func(i int, s engine.Sample) error {
		if _, twice := samples[key{i, s.Index}]; twice {
			t.Errorf("sample %d of request %d came twice", s.Index, i)
		}
		samples[key{i, s.Index}] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range list {
		for k := range r.N {
			s, ok := samples[key{i, r.FirstIndex + k}]
			if !ok {
				t.Errorf("sample %d of request %d is missing", r.FirstIndex+k, i)
			}
			if n := told[key{i, r.FirstIndex + k}]; n != s.Tokens {
				t.Errorf("told of %d of %d tokens of sample %d of request %d", n, s.Tokens, r.FirstIndex+k, i)
			}
		}
		if states[i] == nil {
			t.Errorf("the state of request %d is missing", i)
		}
	}
	return samples, states
}

// TestSame: in a process of its own a model draws the same samples, to the last bit,
// computes the same states, and knows the same of itself.
func TestSame(t *testing.T) {
	c := config(t)
	c.GPULayers = -1
	here, there := open(t, c, Shared), open(t, c, Own)
	if _, ok := there.(*Model); !ok {
		t.Fatalf("it is a %T", there)
	}
	wantSamples, wantStates := draw(t, here, job(30))
	samples, states := draw(t, there, job(30))
	if d := cmp.Diff(wantSamples, samples); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(wantStates, states); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(here.Info(), there.Info()); d != "" {
		t.Error(d)
	}
	if here.ChatTemplate() != there.ChatTemplate() {
		t.Error("the chat templates differ")
	}
	prompt := engine.Prompt{Text: "def f(x):\n    return"} // tokenized there
	want, err := here.Embed(t.Context(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	got, err := there.Embed(t.Context(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestErrors: errors cross as what they are, and cost nobody else anything.
func TestErrors(t *testing.T) {
	c := config(t)
	c.GPULayers = -1
	m := open(t, c, Own)
	fine := job(3)
	long := engine.Request{Prompt: engine.Prompt{Tokens: make([]int32, 10_000)}, N: 1, MaxTokens: 1}
	got := 0
	err := m.Generate(t.Context(), slices.Values([]engine.Request{fine[0], long, fine[1]}), func(int, engine.Sample) error { got++; return nil })
	var unserved engine.RequestErrors
	if !errors.As(err, &unserved) || len(unserved) != 1 || unserved[1] == nil || got != fine[0].N+fine[1].N {
		t.Errorf("%d samples, %v", got, err)
	}
	if _, err := m.Embed(t.Context(), long.Prompt); !errors.As(err, &unserved) {
		t.Error(err)
	}
	mine := errors.New("mine")
	if err := m.Generate(t.Context(), slices.Values(fine), func(int, engine.Sample) error { return mine }); err != mine {
		t.Error(err)
	}
	fine[1].Hidden = func([]float32) error { return mine }
	if err := m.Generate(t.Context(), slices.Values(fine), func(int, engine.Sample) error { return nil }); err != mine {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	endless := engine.Request{Prompt: fine[0].Prompt, N: 1, MaxTokens: 8000, IgnoreEnd: true}
	endless.Hidden = func([]float32) error { cancel(mine); return nil }
	if err := m.Generate(ctx, slices.Values([]engine.Request{endless}), func(int, engine.Sample) error { return nil }); err != mine {
		t.Error(err)
	}
	if _, err := m.Embed(ctx, fine[0].Prompt); err != mine {
		t.Error(err)
	}
	draw(t, m, job(3)) // it is none the worse
	m.Close()
	if _, err := m.Embed(t.Context(), fine[0].Prompt); !errors.Is(err, sched.ErrClosed) {
		t.Error(err)
	}
	c.Path = filepath.Join(t.TempDir(), "none.gguf")
	if _, err := Open(t.Context(), c, Own); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// TestKilled: fifty children are killed at random steps, one after the other, and
// what comes out is what an unbroken run draws. Another batch rounds differently, and
// where a draw falls between two of the thousand tokens of this flat model, that shows:
// two or three samples of 590.
func TestKilled(t *testing.T) {
	const kills = 50
	var faults []string
	for range kills {
		faults = append(faults, fmt.Sprintf("kill %d", 1+rand.N(40)))
	}
	t.Log(faults)
	onFake(t)
	c := config(t)
	want, wantStates := draw(t, open(t, c, Auto), job(200))
	file := fakegpu.Faults(t, faults...)
	t.Setenv("CODERM_FAKE_GPU_FAULTS", strings.TrimPrefix(file, "CODERM_FAKE_GPU_FAULTS="))
	m := open(t, c, Auto)
	got, states := draw(t, m, job(200))
	if left := fakegpu.Left(t); len(left) > 0 {
		t.Errorf("only %d of %d children were killed", kills-len(left), kills)
	}
	alike, rounded := 0, 0
	for k, w := range want {
		g := got[k]
		if g.Seed != w.Seed || g.Finish != w.Finish || g.Tokens != w.Tokens || g.Text == w.Text && !near(g.LogProb, w.LogProb) {
			t.Errorf("%v: %+v, unbroken %+v", k, g, w)
		}
		if g.Text != w.Text {
			rounded++
			t.Logf("%v: %q, unbroken %q", k, g.Text, w.Text)
		}
		if g.LogProb == w.LogProb {
			alike++
		}
	}
	for i, w := range wantStates {
		for j := range w {
			if !near(float64(w[j]), float64(states[i][j])) {
				t.Fatalf("the state of request %d differs", i)
			}
		}
	}
	if rounded > len(want)/50 {
		t.Errorf("%d of %d samples have another text", rounded, len(want))
	}
	t.Logf("%d samples, %d alike to the last bit", len(want), alike)
}

// near allows for another batch around a sample.
func near(a, b float64) bool { return max(a-b, b-a) < 1e-3*(1+max(a, -a)) }

// TestRefused: five children in a row get no memory, when they load the weights, open
// a context or compute, and the sixth does the job with a smaller plan.
func TestRefused(t *testing.T) {
	onFake(t, fakegpu.Faults(t, "alloc 1", "alloc 2", "alloc 3", "step 3", "step 9"))
	c := config(t)
	c.Parallel = 64
	m := open(t, c, Auto).(*Model)
	samples, _ := draw(t, m, job(60))
	if left := fakegpu.Left(t); len(left) > 0 {
		t.Errorf("not taken: %v", left)
	}
	shapes := map[string]int{}
	for _, s := range samples {
		shapes[s.Shape]++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.config.Smaller != 5 || m.last.Info.GPULayers == 0 {
		t.Errorf("%d times smaller, %d layers on the GPU", m.config.Smaller, m.last.Info.GPULayers)
	}
	t.Log(shapes)
	for shape := range shapes {
		if seqs, _, _ := strings.Cut(shape, "/"); !slices.Contains([]string{"seq2", "seq4", "seq8"}, seqs) {
			t.Errorf("samples in the shape %s", shape)
		}
	}
}

// TestNoMemory: where there is less memory than any plan counts with, the job is done
// on the CPU in the end.
func TestNoMemory(t *testing.T) {
	onFake(t)
	t.Setenv("CODERM_FAKE_GPU", "3") // less than the weights take
	c := config(t)
	c.Reserve = -1 << 40 // the plan believes in a terabyte more
	m := open(t, c, Auto)
	draw(t, m, job(3))
	if n := m.Info().GPULayers; n != 0 {
		t.Errorf("%d layers on a GPU without memory", n)
	}
}

// TestRoomForDrawing: where completions take all the memory that is planned for them, there is
// still enough to draw their tokens: no child is refused any.
func TestRoomForDrawing(t *testing.T) {
	// 137 MiB of weights and as much of KV cache as fits, of the 360 that the samples
	// want; drawing takes 192 and the rest of a step 10.
	const mib = 580
	onFake(t)
	t.Setenv("CODERM_FAKE_GPU", fmt.Sprint(mib))
	path, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "smollm2-135m", "Q8_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := llama.Config{Path: path, Threads: 1, Parallel: 256, GPULayers: 31, Reserve: 16 << 20}
	m := open(t, c, Auto).(*Model)
	ctx, cancel := context.WithCancel(t.Context())
	r := engine.Request{Prompt: engine.Prompt{Tokens: []int32{1, 2, 3}}, N: 256, MaxTokens: 61, IgnoreEnd: true}
	drawn := 0
	r.Drawn = func(int, engine.Token) {
		if drawn++; drawn == 100 {
			cancel()
		}
	}
	err = m.Generate(ctx, slices.Values([]engine.Request{r}), func(int, engine.Sample) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.config.Smaller != 0 || m.last.Info.GPULayers != 31 {
		t.Errorf("%d times a smaller plan, %d layers on the GPU", m.config.Smaller, m.last.Info.GPULayers)
	}
}

// TestHopeless: a model whose children all die is given up, with what the last one
// said.
func TestHopeless(t *testing.T) {
	onFake(t, fakegpu.Faults(t, slices.Repeat([]string{"kill 0"}, 40)...))
	_, err := Open(t.Context(), config(t), Own)
	if err == nil || !strings.Contains(err.Error(), "signal: killed: the driver fails (10 times") {
		t.Errorf("%v", err)
	}
}

// TestSplits: however two GPUs divide a model, it draws what it does on the CPU.
func TestSplits(t *testing.T) {
	onFake(t)
	t.Setenv("CODERM_FAKE_GPU", "4096,2048")
	c := config(t)
	c.GPULayers = -1
	list := job(20)
	want, _ := draw(t, open(t, c, Own), list)
	for _, tt := range []struct {
		name   string
		set    func(*llama.Config)
		layers []int // on each GPU, where they are known
	}{
		{"by layers", func(*llama.Config) {}, []int{2, 1}},
		{"by layers, 1 to 3", func(c *llama.Config) { c.TensorSplit = []float32{1, 3} }, []int{1, 2}},
		{"none, the second", func(c *llama.Config) { c.Split, c.MainGPU = llama.SplitNone, 1 }, []int{3}},
		{"by tensors", func(c *llama.Config) { c.Split = llama.SplitTensor }, []int{3, 3}},
		{"two of three layers", func(c *llama.Config) { c.GPULayers = 2 }, []int{1, 1}},
		{"keys and values in 8 bits", func(c *llama.Config) { c.KVType = llama.KVTypeQ8 }, []int{2, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := c
			c.GPULayers = 0
			tt.set(&c)
			m := open(t, c, Own)
			got, _ := draw(t, m, list)
			differ := 0
			for k, w := range want {
				if g := got[k]; g.Text != w.Text || !near(g.LogProb, w.LogProb) {
					differ++
				}
			}
			// Eight bits change what a random model says.
			if quantized := c.KVType == llama.KVTypeQ8; quantized != strings.HasSuffix(got[key{0, job(1)[0].FirstIndex}].Shape, "q8_0") || !quantized && differ > 0 {
				t.Errorf("%d of %d samples differ from the CPU's", differ, len(want))
			}
			if d := cmp.Diff(tt.layers, m.Info().OnGPUs); d != "" {
				t.Error(d)
			}
		})
	}
	for _, tt := range []struct {
		set  func(*llama.Config)
		want string
	}{
		{func(c *llama.Config) { c.Split, c.MainGPU = llama.SplitNone, 2 }, "GPU 2 was asked for ('--main-gpu'), and there are 2"},
		{func(c *llama.Config) { c.TensorSplit = []float32{1, 1, 1} }, "'--tensor-split' has 3 proportions, and there are 2 GPUs"},
		{func(c *llama.Config) { c.Split = llama.SplitRow }, "does not support split buffers"},
		{func(c *llama.Config) { c.Split, c.Reserve = llama.SplitTensor, 2047<<20 }, "for its part of the tensors"},
	} {
		c := c
		c.GPULayers = 0
		tt.set(&c)
		if m, err := Open(t.Context(), c, Own); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
			if err == nil {
				m.Close()
			}
		}
	}
}

// TestAuto: a model that lies on no GPU runs in this process.
func TestAuto(t *testing.T) {
	c := config(t)
	t.Setenv(llama.EnvBackends, t.TempDir())
	if m := open(t, c, Auto); m.Info().GPULayers != 0 {
		t.Errorf("%T with %d layers on a GPU", m, m.Info().GPULayers)
	} else if _, ok := m.(*llama.Model); !ok {
		t.Errorf("it is a %T", m)
	}
	onFake(t)
	if _, ok := open(t, c, Auto).(*Model); !ok {
		t.Error("on a GPU it runs in this process")
	}
	t.Setenv("CODERM_FAKE_GPU", "1") // no layer fits
	if _, ok := open(t, c, Auto).(*llama.Model); !ok {
		t.Error("on no GPU it runs in a process of its own")
	}
}

func BenchmarkProcesses(b *testing.B) {
	c := config(b)
	c.GPULayers, c.NoDraft = -1, true
	for _, in := range []Process{Shared, Own} {
		b.Run(string(in), func(b *testing.B) {
			m := open(b, c, in)
			r := engine.Request{Prompt: engine.Prompt{Tokens: []int32{1, 2, 3}}, N: 64, MaxTokens: 8, IgnoreEnd: true}
			for b.Loop() {
				if err := m.Generate(b.Context(), slices.Values([]engine.Request{r}), func(int, engine.Sample) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

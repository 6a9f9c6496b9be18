package kernels

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

var (
	nan    = float32(math.NaN())
	inf    = float32(math.Inf(1))
	negInf = float32(math.Inf(-1))
)

// Known answers of Random123's philox4x32-10.
func TestPhilox(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{1<<32 - 1, 1<<32 - 1, 1<<32 - 1, 1<<32 - 1}, [2]uint32{1<<32 - 1, 1<<32 - 1},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := philox(c.counter, c.key); got != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

func TestDegenerateRows(t *testing.T) {
	third := float32(-math.Log(3))
	hot := Settings{Temperature: 0.8, TopP: 0.95}
	for _, c := range []struct {
		name   string
		logits []float32
		set    Settings
		recent []int32
		tokens []int32 // each of them must be drawn in 200 draws, and no other
		lp     float32
	}{
		{"one token", []float32{-7}, hot, nil, []int32{0}, 0},
		{"nothing", []float32{negInf, nan, negInf}, hot, nil, []int32{NoToken}, negInf},
		{"nothing, greedy", []float32{nan}, Settings{}, nil, []int32{NoToken}, negInf},
		{"NaN is never drawn", []float32{nan, 1, nan}, hot, nil, []int32{1}, 0},
		{"-Inf is never drawn", []float32{negInf, negInf, -1e38}, Settings{Temperature: 1e6}, nil, []int32{2}, 0},
		{"+Inf takes all", []float32{3, inf, nan}, hot, nil, []int32{1}, 0},
		{"+Inf shared", []float32{inf, inf, 0, inf}, hot, nil, []int32{0, 1, 3}, third},
		{"greedy takes the first of equals", []float32{1, 1, 1}, Settings{}, nil, []int32{0}, third},
		{"below 1e-5 is greedy", []float32{1, 1, 1}, Settings{Temperature: 9e-6}, nil, []int32{0}, third},
		{"a cold row is greedy but fair", []float32{1, 1, 1}, Settings{Temperature: 1e-5}, nil, []int32{0, 1, 2}, third},
		{"equal logits stay together in top-k", []float32{1, 1, 1, -60}, Settings{Temperature: 1, TopK: 2}, nil, []int32{0, 1, 2}, third},
		{"and in top-p", []float32{1, 1, 1, -60}, Settings{Temperature: 1, TopP: 0.1}, nil, []int32{0, 1, 2}, third},
		{"min-p 1 keeps the largest", []float32{1, 1, 1, -60}, Settings{Temperature: 9, MinP: 1}, nil, []int32{0, 1, 2}, third},
		{"penalised out of reach", []float32{5, 5, 5}, Settings{Temperature: 0.01, Repeat: 2}, []int32{1, 1, -4, 3}, []int32{0, 2}, third},
		{"penalised to -Inf", []float32{-math.MaxFloat32}, Settings{Temperature: 1, Repeat: 2}, []int32{0}, []int32{NoToken}, negInf},
		{"penalty below 1 overflows", []float32{math.MaxFloat32, 1}, Settings{Temperature: 1, Repeat: 0.5}, []int32{0}, []int32{0}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int32
			for seed := range uint64(200) {
				p := pick(t, c.logits, Row{Settings: c.set, Seed: seed, Recent: c.recent})
				if !(p.LogProb == c.lp || math.Abs(float64(p.LogProb-c.lp)) < 1e-6) {
					t.Fatalf("log-probability of %d is %v, want %v", p.Token, p.LogProb, c.lp)
				}
				want, _ := Reference(c.logits, c.set, seed, 0, c.recent)
				if p.Token != want.Token {
					t.Fatalf("drew %d, the reference %d", p.Token, want.Token)
				}
				got = append(got, p.Token)
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, c.tokens) {
				t.Errorf("drew %v, want %v", got, c.tokens)
			}
		})
	}
}

// The draws must follow the exact distribution: 200,000 of them, chi-squared
// at a level that a right sampler misses once in a million runs; the seeds are
// fixed, so it passes always or never.
func TestChiSquared(t *testing.T) {
	const draws, vocab = 200_000, 600
	x := peaked(rand.New(rand.NewPCG(3, 4)), vocab)
	for i := range x {
		x[i] /= 4 // a nucleus of hundreds
	}
	for _, set := range []Settings{
		{Temperature: 1},
		{Temperature: 0.8, TopP: 0.95},
		{Temperature: 1.5, TopK: 50},
		{Temperature: 1, MinP: 0.02},
		{Temperature: 1.2, TopK: 200, TopP: 0.7, MinP: 0.001, Repeat: 1.3},
	} {
		recent := []int32{1, 5, 5, 77}
		p := exact(x, set, recent)
		counts := drawMany(t, x, set, recent, draws)
		chi2, bins, restWant, restGot := 0.0, 0, 0.0, 0.0
		for id := range p {
			want, got := p[id]*draws, float64(counts[id])
			if want == 0 && got > 0 {
				t.Fatalf("%+v: token %d drawn %v times, it is filtered out", set, id, got)
			}
			if want < 10 { // too rare for a bin of its own
				restWant, restGot = restWant+want, restGot+got
				continue
			}
			chi2 += (got - want) * (got - want) / want
			bins++
		}
		if restWant > 0 {
			chi2 += (restGot - restWant) * (restGot - restWant) / restWant
			bins++
		}
		if q := (distuv.ChiSquared{K: float64(bins - 1)}).Survival(chi2); q < 1e-6 {
			t.Errorf("%+v: chi-squared %.1f on %d bins, p = %.2g", set, chi2, bins, q)
		}
	}
}

// exact is the distribution the reference draws from: its own answer at every
// one of many evenly spaced u would be slow, so the filters again, by definition.
func exact(logits []float32, set Settings, recent []int32) []float64 {
	y := penalize(sanitize(logits), set.Repeat, recent)
	p := make([]float64, len(y))
	for id := range y {
		p[id] = math.Exp((y[id] - slices.Max(y)) / float64(set.Temperature))
	}
	keepFrom := func(least float64) {
		for id := range p {
			if p[id] < least {
				p[id] = 0
			}
		}
	}
	descending := func() []float64 { d := slices.Sorted(slices.Values(p)); slices.Reverse(d); return d }
	if set.TopK > 0 {
		keepFrom(descending()[set.TopK-1])
	}
	normalize(p)
	if set.TopP > 0 {
		mass := 0.0
		for _, v := range descending() {
			if mass += v; mass >= float64(set.TopP) {
				keepFrom(v)
				break
			}
		}
	}
	keepFrom(float64(set.MinP) * slices.Max(p))
	normalize(p)
	return p
}

func normalize(p []float64) {
	total := 0.0
	for _, v := range p {
		total += v
	}
	for i := range p {
		p[i] /= total
	}
}

// drawMany counts the tokens of draws draws, each with its own seed and position.
func drawMany(t *testing.T, logits []float32, set Settings, recent []int32, draws int) []int {
	s, err := NewSampler(len(logits), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	counts := make([]int, len(logits))
	const batch = 1000
	rows, picks, all := make([]Row, batch), make([]Pick, batch), make([][]float32, batch)
	for i := 0; i < draws; i += batch {
		for j := range rows {
			rows[j] = Row{Settings: set, Seed: uint64(i), Position: uint64(j), Recent: recent}
			all[j] = logits
		}
		sample(t, s, all, rows, picks)
		for _, p := range picks {
			counts[p.Token]++
		}
	}
	return counts
}

// The same rows on any number of threads, in any batch, give the same picks.
func TestIndependentOfBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const vocab, n = 5*worthThread/37 + 1, 37 // enough for five threads
	logits, rows := make([][]float32, n), make([]Row, n)
	for i := range rows {
		logits[i] = peaked(r, vocab)
		rows[i] = Row{Settings: Settings{Temperature: 2, TopP: 0.99, Repeat: 1.1}, Seed: r.Uint64(), Position: uint64(i)}
		for range i % 4 {
			rows[i].Recent = append(rows[i].Recent, int32(r.IntN(vocab)))
		}
	}
	var first []Pick
	for _, threads := range []int{1, 2, 5, 64} {
		s, err := NewSampler(vocab, threads)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		picks := make([]Pick, n)
		sample(t, s, logits, rows, picks)
		if first == nil {
			first = picks
		}
		if !slices.Equal(picks, first) {
			t.Errorf("%d threads draw otherwise than one", threads)
		}
		alone := make([]Pick, 1)
		for i := n - 1; i >= 0; i-- {
			sample(t, s, logits[i:i+1], rows[i:i+1], alone)
			if alone[0] != first[i] {
				t.Errorf("row %d alone draws %+v, in the batch %+v", i, alone[0], first[i])
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		set  Settings
		want string
	}{
		{Settings{Temperature: -1}, "temperature is -1"},
		{Settings{Temperature: nan}, "temperature is NaN"},
		{Settings{TopK: -3}, "top-k is -3"},
		{Settings{TopP: 1.5}, "top-p is 1.5"},
		{Settings{MinP: -0.1}, "min-p is -0.1"},
		{Settings{Repeat: inf}, "repetition penalty is +Inf"},
	} {
		if err := c.set.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q in it", c.set, err, c.want)
		}
	}
	if err := (Settings{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, Repeat: 1.1}).Validate(); err != nil {
		t.Error(err)
	}
	if _, err := NewSampler(0, 1); err == nil {
		t.Error("a vocabulary of 0 is accepted")
	}
	if _, err := newSampler(10, 1, "mmx"); err == nil {
		t.Error("an unknown instruction set is accepted")
	}
	s, err := NewSampler(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Sample(make([]Row, 2), make([]Pick, 1)); err == nil {
		t.Error("fewer picks than rows are accepted")
	}
	if err := s.Sample(nil, nil); err != nil {
		t.Error(err)
	}
}

// FuzzSampler feeds arbitrary bits as logits and settings: whatever they are,
// the draw ends, names a token that may be drawn, and is the same on every
// instruction set.
func FuzzSampler(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f\x00\x00\x00\x40"), float32(0.8), int32(0), float32(0.95), float32(0), float32(0), uint64(1))
	f.Add([]byte("\x00\x00\xc0\x7f\x00\x00\x80\x7f\x00\x00\x80\xff"), float32(1e-30), int32(1), float32(1e-30), float32(2), float32(0.5), uint64(1))
	f.Fuzz(func(t *testing.T, bits []byte, temperature float32, topK int32, topP, minP, repeat float32, seed uint64) {
		var x []float32
		for ; len(bits) >= 4 && len(x) < 5000; bits = bits[4:] {
			x = append(x, math.Float32frombits(binary.LittleEndian.Uint32(bits)))
		}
		if len(x) == 0 {
			return
		}
		row := Row{Settings: Settings{temperature, topK, topP, minP, repeat}, Seed: seed, Recent: []int32{0, 2}}
		p := pick(t, x, row)
		if p.Token == NoToken {
			return
		}
		if p.Token < 0 || int(p.Token) >= len(x) || !(x[p.Token] > negInf) {
			t.Fatalf("drew token %d of %v", p.Token, x)
		}
		if !(p.LogProb <= 1e-5) {
			t.Fatalf("log-probability %v", p.LogProb)
		}
	})
}

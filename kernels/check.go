package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
)

// Checked is a kernel that was held against its reference.
type Checked struct {
	Kernel string // such as "products of Q4_0"
	ISA    string // the instruction set
	Err    error  // nil where they differ by no more than rounding
}

// Check holds every kernel that this processor has the instructions for against its
// reference, on inputs drawn by a fixed seed, in some tenths of a second.
func Check() []Checked {
	var all []Checked
	r := rand.New(rand.NewPCG(1, 2))
	for _, by := range allProducts() {
		for _, p := range interleavedProducts {
			err := by.checkInterleaved(r, p, 3, 1, 16)
			if err == nil {
				err = by.checkInterleaved(r, p, 3, 12, 16)
			}
			all = append(all, Checked{"products of " + p.format + ", interleaved", by.isa, err})
		}
		for _, p := range rowProducts {
			err := by.checkRows(r, p, 50, 1, 0, 32)
			if err == nil {
				err = by.checkRows(r, p, 50, 7, 16, 32)
			}
			all = append(all, Checked{"products of " + p.format, by.isa, err})
		}
	}
	a := randomAttention(r, attention{tokens: 9, heads: 6, kvHeads: 2, cells: 150, dk: 64, dv: 64}, 1)
	a.causal()
	for _, isa := range ISAs() {
		all = append(all, Checked{"attention", isa, a.checkOn(isa, 20, a.reference(), 2e-5)})
		all = append(all, Checked{"sampler", isa, checkSampler(r, isa)})
	}
	return all
}

// checkInterleaved compares a product of blocks of an interleaved format with the
// reference's: rows of activations, 1 or a multiple of 4, times cols of weights, a
// multiple of 8.
func (by products) checkInterleaved(r *rand.Rand, p product, blocks, rows, cols int) error {
	w := p.weights.random(r, cols/8*blocks)
	f, one, _ := by.of(p.format)
	activations := p.activations
	if rows == 1 {
		f, activations = one, p.single
	}
	a := activations.random(r, max(1, rows/4)*blocks)

	n, ld := blocks*p.weights.elements, cols+3
	out := make([]float32, rows*ld)
	gemm(f, n, out, ld, w, a, rows, cols)
	want, size := productReference(p.weights, activations, w, a, n)
	return compareProduct(out, ld, 0, want, size)
}

// checkRows is checkInterleaved for any number of rows, and columns from the given
// one on, which with cols is a multiple of 16.
func (by products) checkRows(r *rand.Rand, p product, blocks, rows, from, cols int) error {
	w, a := p.weights.random(r, cols*blocks), p.activations.random(r, rows*blocks)
	_, _, f := by.of(p.format)
	ld := cols + 3
	out := make([]float32, rows*ld)
	multiplyRows(f, blocks, out, ld, w, cols, a, rows, from, cols)
	want, size := productReference(p.weights, p.activations, w, a, 32*blocks)
	return compareProduct(out, ld, from, want, size)
}

// compareProduct compares out, whose rows are ld floats apart, with the reference's
// columns from the given one on; elsewhere there must still be zeros.
func compareProduct(out []float32, ld, from int, want, size [][]float64) error {
	for r := range want {
		for c, got := range out[r*ld : (r+1)*ld] {
			wanted, tolerance := 0.0, 0.0
			if c >= from && c < len(want[r]) {
				wanted, tolerance = want[r][c], 1e-5*size[r][c]
			}
			if !(math.Abs(float64(got)-wanted) <= tolerance) {
				return fmt.Errorf("out[%d][%d] = %v, want %v", r, c, got, wanted)
			}
		}
	}
	return nil
}

// check compares an attention with scores of the given spread with the reference,
// and the instruction sets with each other.
func (a *attention) check(r *rand.Rand, spread float64) error {
	want, rows := a.reference(), a.tokens*a.heads
	var first []float32
	for _, isa := range ISAs() {
		if err := a.checkOn(isa, r.IntN(rows+1), want, 2e-5*max(1, spread)); err != nil {
			return err
		}
		all := make([]float32, len(want))
		a.compute(isa, 0, rows, all)
		if first == nil {
			first = all
		} else if !slices.Equal(all, first) {
			return fmt.Errorf("%s and %s differ", isa, ISAs()[0])
		}
	}
	return nil
}

// checkOn compares an attention, whose rows are divided at cut, with what it should be:
// any division among threads gives the same rows.
func (a *attention) checkOn(isa string, cut int, want []float32, tolerance float64) error {
	got := make([]float32, len(want))
	a.compute(isa, 0, cut, got)
	a.compute(isa, cut, a.tokens*a.heads, got)
	for i := range want {
		if d := math.Abs(float64(got[i] - want[i])); !(d <= tolerance*(1+math.Abs(float64(want[i])))) {
			return fmt.Errorf("%s: out[%d] = %v, the reference %v", isa, i, got[i], want[i])
		}
	}
	return nil
}

// checkSampler draws some tokens as Reference does.
func checkSampler(r *rand.Rand, isa string) error {
	logits := make([]float32, 2000)
	for i := range logits {
		logits[i] = float32(r.NormFloat64() * 3)
	}
	s, err := newSampler(len(logits), 1, isa)
	if err != nil {
		return err
	}
	defer s.Close()
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&logits[0])
	for position := range uint64(20) {
		row := Row{Logits: &logits[0], Settings: Settings{Temperature: 0.8, TopP: 0.95, TopK: 500}, Seed: 1, Position: position}
		var got [1]Pick
		if err := s.Sample([]Row{row}, got[:]); err != nil {
			return err
		}
		want, margin := Reference(logits, row.Settings, row.Seed, row.Position, nil)
		if err := got[0].compare(want, margin); err != nil {
			return err
		}
	}
	return nil
}

// compare fails where a pick differs from the reference's, and its decisions were not
// so close that rounding makes them.
func (p Pick) compare(want Pick, margin float64) error {
	switch {
	case p.Token != want.Token && margin > 2e-6:
		return fmt.Errorf("drew %+v, the reference %+v with margin %g", p, want, margin)
	case p.Token == want.Token && p.LogProb != want.LogProb &&
		!(math.Abs(float64(p.LogProb-want.LogProb)) < 1e-5*max(1, math.Abs(float64(want.LogProb)))):
		return fmt.Errorf("log-probability %v, the reference %v", p.LogProb, want.LogProb)
	}
	return nil
}

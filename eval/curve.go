package eval

import (
	"context"
	"math/rand/v2"
	"slices"

	"coderm/internal/seed"
	"coderm/internal/stats"
	"coderm/rerank"
)

// Curve is a selector's accuracy against the number of tests, mutated inputs or
// solutions, each point the mean over problems and random subsets drawn without
// replacement.
type Curve struct {
	Axis     string  `json:"axis"` // "tests", "mutated inputs" or "solutions"
	Selector string  `json:"selector"`
	Points   []Point `json:"points"`
}

// Point is a curve's value at one size.
type Point struct {
	Size     int     `json:"size"`
	Accuracy float64 `json:"accuracy"`
	Low      float64 `json:"low"` // of the 95 % bootstrap interval over problems
	High     float64 `json:"high"`
}

func (s *Study) curves(ctx context.Context, problems []Problem, selectors []rerank.Selector, o Options) error {
	for _, axis := range []struct {
		name  string
		sizes []int
		draw  func(p *Problem, size int, r *rand.Rand) rerank.Evidence
	}{
		{"tests", fromZero(o.Tests), drawTests},
		{"mutated inputs", fromZero(o.Inputs), drawInputs},
		{"solutions", o.Solutions, drawSolutions},
	} {
		if len(axis.sizes) == 0 {
			continue
		}
		acc, err := scale(ctx, problems, selectors, axis.sizes, o, axis.draw)
		if err != nil {
			return err
		}
		for n, sel := range selectors {
			c := Curve{Axis: axis.name, Selector: sel.String()}
			for z, size := range axis.sizes {
				c.Points = append(c.Points, point(acc, n, z, size, o.Seed))
			}
			s.Curves = append(s.Curves, c)
		}
	}
	return nil
}

// point is a curve's value at its size number z, of accuracies problems × selectors ×
// sizes.
func point(acc [][][]float64, n, z, size int, seed uint64) Point {
	p := Point{Size: size}
	values := make([]float64, len(acc))
	for k := range acc {
		values[k] = acc[k][n][z]
		p.Accuracy += values[k] / float64(len(acc))
	}
	i := stats.BootstrapMean(values, seed)
	p.Low, p.High = i.Low, i.High
	return p
}

// fromZero puts what costs nothing before the sizes of a curve.
func fromZero(sizes []int) []int {
	if len(sizes) == 0 || slices.Contains(sizes, 0) {
		return sizes
	}
	return append([]int{0}, sizes...)
}

// scale gives the accuracy, problems × selectors × sizes.
func scale(ctx context.Context, problems []Problem, selectors []rerank.Selector, sizes []int, o Options,
	draw func(*Problem, int, *rand.Rand) rerank.Evidence) ([][][]float64, error) {
	draws := max(o.Draws, 1)
	byProblem := make([][][]float64, len(problems))
	err := each(ctx, len(problems), func(k int) error {
		p := &problems[k]
		if o.Granularity == rerank.ByMethod {
			split := *p
			split.Evidence = p.Split()
			p = &split
		}
		r := seed.Subsets(o.Seed, k)
		acc := make([][]float64, len(selectors))
		for n := range acc {
			acc[n] = make([]float64, len(sizes))
		}
		for z, size := range sizes {
			for range draws {
				if err := ctx.Err(); err != nil {
					return err
				}
				e := draw(p, size, r)
				for n, sel := range selectors {
					ranked := sel.By(o.Granularity).Rank(e)
					acc[n][z] += rerank.ChanceRight(e.Matrix, ranked, p.Right) / float64(draws)
				}
			}
		}
		byProblem[k] = acc
		return nil
	})
	return byProblem, err
}

// drawTests picks a random subset of the generated tests; all of them where the
// problem has fewer.
func drawTests(p *Problem, size int, r *rand.Rand) rerank.Evidence {
	return p.Select(pick(p.Tests(), size, r))
}

// drawInputs picks a random subset of the mutated inputs; what was observed on the
// tests' own calls stays.
func drawInputs(p *Problem, size int, r *rand.Rand) rerank.Evidence {
	e := p.Evidence
	var mutated []int
	for n := range e.Outputs.Calls() {
		if c := e.Outputs.Number(n); c >= p.MutatedFrom {
			mutated = append(mutated, c)
		}
	}
	drawn := map[int]bool{}
	for _, n := range pick(len(mutated), size, r) {
		drawn[mutated[n]] = true
	}
	e.Outputs = e.Outputs.Only(func(c int) bool { return c < p.MutatedFrom || drawn[c] })
	return e
}

// drawSolutions picks a random subset of the samples.
func drawSolutions(p *Problem, size int, r *rand.Rand) rerank.Evidence {
	weight := make([]int, p.Rows())
	for _, k := range pick(len(p.Samples), size, r) {
		weight[p.Samples[k]]++
	}
	return p.Reweigh(weight)
}

// pick draws k of n without replacement (Fisher–Yates, cut short).
func pick(n, k int, r *rand.Rand) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	k = min(k, n)
	for i := range k {
		j := i + r.IntN(n-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:k]
}

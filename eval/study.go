package eval

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"coderm/internal/stats"
	"coderm/rerank"
)

// Options say what a study computes.
type Options struct {
	Selectors   []rerank.Selector  // nil: all
	Granularity rerank.Granularity // of the selectors that name none
	Seed        uint64
	// Ks are the k of pass@k; those above the number of samples are left out.
	Ks []int
	// Tests, Inputs and Solutions are the sizes at which the scaling curves are
	// drawn, those of Tests and Inputs with 0 before them; nil leaves the curve out.
	// Draws is the number of random subsets a size.
	Tests, Inputs, Solutions []int
	Draws                    int
}

// Study is everything measured on one set of problems. Shares are 0 to 1.
type Study struct {
	Problems    int                `json:"problems"`
	Granularity rerank.Granularity `json:"granularity,omitempty"`
	Seed        uint64             `json:"seed"`
	Random      stats.Interval     `json:"random"`
	Oracle      stats.Interval     `json:"oracle"`
	PassAt      []PassAtK          `json:"pass_at,omitempty"`
	Selectors   []SelectorScore    `json:"selectors"`
	Quintiles   []Quintile         `json:"quintiles,omitempty"`
	Groups      []Group            `json:"groups,omitempty"` // where problems say their platform or difficulty
	Quality     []Quality          `json:"quality"`
	Curves      []Curve            `json:"curves,omitempty"`
	// Partial is set when the problems are not the whole benchmark; see
	// Excluded.
	Partial  bool       `json:"partial"`
	Excluded []Excluded `json:"excluded,omitempty"`
	// LeftOut are problems of the file or the run that were not asked for.
	LeftOut int `json:"left_out,omitempty"`
	// Slow are cells that count as timeouts, and might be otherwise with more fuel:
	// they could not change what the run itself chose.
	Slow int `json:"slow,omitempty"`
	// OfRun are the choices of the run itself, where its solutions were judged now.
	OfRun []Chosen `json:"choices,omitempty"`
	// Chosen is what every selector chose, one entry a problem.
	Chosen []Choice `json:"per_problem,omitempty"`
}

// Excluded is a problem that was not scored, and why.
type Excluded struct {
	ID     string `json:"task_id"`
	Reason string `json:"reason"`
}

// PassAtK is pass@k over the problems.
type PassAtK struct {
	K    int            `json:"k"`
	Pass stats.Interval `json:"pass"`
}

// SelectorScore is one selector's accuracy.
type SelectorScore struct {
	Name     string         `json:"selector"`
	Accuracy stats.Interval `json:"accuracy"`
	// Gain is the difference to majority's accuracy on the same problems.
	Gain stats.Interval `json:"gain_over_majority"`
}

// Choice is what the selectors chose on one problem.
type Choice struct {
	ID     string             `json:"task_id"`
	Random float64            `json:"random"`
	Oracle float64            `json:"oracle"`
	Rows   map[string][]int   `json:"chosen"`   // selector -> tied best rows
	Scores map[string]float64 `json:"accuracy"` // selector -> expectation
}

// Quintile is a fifth of the problems by true pass rate, the easiest first.
type Quintile struct {
	Problems int                `json:"problems"`
	Random   float64            `json:"random"`
	Oracle   float64            `json:"oracle"`
	Accuracy map[string]float64 `json:"accuracy"`
}

// Run studies the problems. Selectors go by the names they were given: what the
// study's granularity adds to them stands at its head.
func Run(ctx context.Context, problems []Problem, o Options) (*Study, error) {
	selectors := o.selectors(problems)
	s := &Study{Problems: len(problems), Granularity: o.Granularity, Seed: o.Seed, Slow: slow(problems)}
	s.Chosen = make([]Choice, len(problems))
	err := each(ctx, len(problems), func(k int) error {
		s.Chosen[k] = choose(&problems[k], selectors, o.Granularity)
		return nil
	})
	if err != nil {
		return nil, err
	}
	values := func(f func(c *Choice) float64) []float64 {
		out := make([]float64, len(s.Chosen))
		for k := range out {
			out[k] = f(&s.Chosen[k])
		}
		return out
	}
	s.Random = stats.BootstrapMean(values(func(c *Choice) float64 { return c.Random }), o.Seed)
	s.Oracle = stats.BootstrapMean(values(func(c *Choice) float64 { return c.Oracle }), o.Seed)
	for _, sel := range selectors {
		name := sel.String()
		score := SelectorScore{Name: name, Accuracy: stats.BootstrapMean(values(func(c *Choice) float64 { return c.Scores[name] }), o.Seed)}
		score.Gain = stats.BootstrapMean(values(func(c *Choice) float64 { return c.Scores[name] - c.Scores[baseline.String()] }), o.Seed)
		s.Selectors = append(s.Selectors, score)
	}
	s.passAt(problems, o)
	s.Quintiles = quintiles(s.Chosen)
	s.Groups = groups(problems, s.Chosen)
	s.Quality = []Quality{
		quality(problems, "individual", "class"), quality(problems, "multiple", "class"),
		quality(problems, "individual", "method"), quality(problems, "multiple", "method"),
	}
	return s, s.curves(ctx, problems, selectors, o)
}

// slow counts the cells that are out of a run's first fuel.
func slow(problems []Problem) (n int) {
	for _, p := range problems {
		for i := range p.Matrix.Rows() {
			for j := range p.Matrix.Cols() {
				if p.Matrix.At(i, j) == rerank.Slow {
					n++
				}
			}
		}
	}
	return n
}

// baseline is the selector that gains are measured against.
var baseline = rerank.Selector{Rule: rerank.Majority}

// selectors are the ones asked for, or all, with what the others are read beside: the
// examples alone, where there are any, and the baseline.
func (o *Options) selectors(problems []Problem) []rerank.Selector {
	out := o.Selectors
	if out == nil {
		out = telling(problems, rerank.Rules()...)
		if o.Granularity == rerank.ByDefault {
			out = append(out, others...)
		}
		out = withPublic(out, problems)
	}
	for _, sel := range []rerank.Selector{{Rule: rerank.Public}, baseline} {
		if !slices.Contains(out, sel) && (sel == baseline || hasPublic(problems)) {
			out = append(slices.Clone(out), sel)
		}
	}
	return out
}

// others are the rules at the granularity that is not their own, but for auto.
var others = []rerank.Selector{
	{Rule: rerank.Majority, Granularity: rerank.ByMethod},
	{Rule: rerank.Reference, Granularity: rerank.ByMethod},
	{Rule: rerank.CodeT, Granularity: rerank.ByClass},
	{Rule: rerank.Consensus, Granularity: rerank.ByClass},
	{Rule: rerank.Bayes, Granularity: rerank.ByClass},
	{Rule: rerank.EM, Granularity: rerank.ByClass},
}

func choose(p *Problem, selectors []rerank.Selector, g rerank.Granularity) Choice {
	c := Choice{ID: p.ID, Random: Random(p), Oracle: Oracle(p), Rows: map[string][]int{}, Scores: map[string]float64{}}
	for _, sel := range selectors {
		ranked := sel.By(g).Rank(p.Evidence)
		c.Scores[sel.String()] = Accuracy(p, ranked)
		rows := []int{}
		for _, r := range rerank.Winners(ranked) {
			rows = append(rows, r.Solution)
		}
		c.Rows[sel.String()] = rows
	}
	return c
}

func (s *Study) passAt(problems []Problem, o Options) {
	fewest := 0
	for k := range problems {
		if n := problems[k].Matrix.TotalWeight(); k == 0 || n < fewest {
			fewest = n
		}
	}
	for _, k := range o.Ks {
		if k > fewest {
			continue
		}
		values := make([]float64, len(problems))
		for n := range problems {
			values[n] = PassAt(problems[n].Matrix.TotalWeight(), problems[n].correct(), k)
		}
		s.PassAt = append(s.PassAt, PassAtK{k, stats.BootstrapMean(values, o.Seed)})
	}
}

// quintiles cuts the problems by pass rate into fifths that differ by at most
// one problem in size.
func quintiles(choices []Choice) []Quintile {
	const parts = 5
	if len(choices) < parts {
		return nil
	}
	order := slices.Clone(choices)
	slices.SortStableFunc(order, func(a, b Choice) int { return cmp.Compare(b.Random, a.Random) })
	var out []Quintile
	for q := range parts {
		part := order[q*len(order)/parts : (q+1)*len(order)/parts]
		sum := Quintile{Problems: len(part), Accuracy: map[string]float64{}}
		for _, c := range part {
			sum.Random += c.Random / float64(len(part))
			sum.Oracle += c.Oracle / float64(len(part))
			for name, v := range c.Scores {
				sum.Accuracy[name] += v / float64(len(part))
			}
		}
		out = append(out, sum)
	}
	return out
}

// each calls fn for 0 to n-1 on all cores.
func each(ctx context.Context, n int, fn func(k int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for k := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return fn(k)
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("evaluating: %w", err)
	}
	return nil
}

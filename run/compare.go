package run

import (
	"cmp"
	"context"
	"slices"

	"coderm/internal/stats"
	"coderm/pipeline"
	"coderm/rerank"
)

// Comparison is what two runs chose for the problems that both have.
type Comparison struct {
	A        Side `json:"a"`
	B        Side `json:"b"`
	Problems int  `json:"problems"` // that both have
	OnlyA    int  `json:"only_a"`   // that the other does not have
	OnlyB    int  `json:"only_b"`
	Same     int  `json:"same"`   // problems of which both chose the same program
	Judged   int  `json:"judged"` // problems of which both know which solutions are right
	// Gain is how much more often B is right, on the same problems; nil when none is
	// judged.
	Gain *stats.Interval `json:"gain,omitempty"`
	// Changed are the problems with another program, those first on which one of them
	// is right and the other wrong.
	Changed []Change `json:"changed"`
}

// Side is one of the runs.
type Side struct {
	Run      string          `json:"run"`
	Selector string          `json:"selector"`
	Accuracy *stats.Interval `json:"accuracy,omitempty"` // in expectation over ties
	// What that lies between, on the same problems: a random pick, a random one of those
	// that pass the most examples, and what any choice could be right on.
	Random   *float64 `json:"random,omitempty"`
	Examples *float64 `json:"examples_alone,omitempty"` // nil where no question has any
	Oracle   *float64 `json:"oracle,omitempty"`
}

// Change is a problem of which two runs chose different programs.
type Change struct {
	TaskID string `json:"task_id"`
	A      Pick   `json:"a"`
	B      Pick   `json:"b"`
}

// Pick is what a run chose for a problem.
type Pick struct {
	Solution *int     `json:"chosen,omitempty"` // nil for none
	Right    *bool    `json:"right,omitempty"`
	Expected *float64 `json:"right_expected,omitempty"` // over the lot between ties
	code     string
	base     baselines
}

// baselines are what a choice is to be compared with, of a problem or the sum of several.
type baselines struct {
	random, examples, oracle float64
	anyExamples              bool
}

func (b *baselines) add(o baselines) {
	b.random += o.random
	b.examples += o.examples
	b.oracle += o.oracle
	b.anyExamples = b.anyExamples || o.anyExamples
}

// tell has a side show its baselines, the means over n problems.
func (b baselines) tell(s *Side, n int) {
	mean := func(sum float64) *float64 {
		sum /= float64(n)
		return &sum
	}
	s.Random, s.Oracle = mean(b.random), mean(b.oracle)
	if b.anyExamples {
		s.Examples = mean(b.examples)
	}
}

// order puts what became right first, then what became wrong.
func (c Change) order() int {
	if c.A.Right == nil || c.B.Right == nil || *c.A.Right == *c.B.Right {
		return 2
	}
	if *c.B.Right {
		return 0
	}
	return 1
}

// Compare compares two recorded runs, each as its selector ranks now.
func Compare(ctx context.Context, a, b *Recorded, selA, selB rerank.Selector, seed uint64) (*Comparison, error) {
	c := &Comparison{A: Side{Selector: selA.String()}, B: Side{Selector: selB.String()}, Changed: []Change{}}
	first, err := picks(ctx, a, selA)
	if err != nil {
		return nil, err
	}
	var right [2][]float64
	var gains []float64
	var base [2]baselines
	for res, err := range b.Results(ctx, selB) {
		if err != nil {
			return nil, err
		}
		pa, ok := first[res.Problem.ID]
		if !ok {
			c.OnlyB++
			continue
		}
		delete(first, res.Problem.ID)
		pb := pickOf(res)
		c.Problems++
		if pa.code == pb.code {
			c.Same++
		} else {
			c.Changed = append(c.Changed, Change{res.Problem.ID, pa, pb})
		}
		if pa.Expected != nil && pb.Expected != nil {
			right[0], right[1] = append(right[0], *pa.Expected), append(right[1], *pb.Expected)
			gains = append(gains, *pb.Expected-*pa.Expected)
			base[0].add(pa.base)
			base[1].add(pb.base)
		}
	}
	c.OnlyA, c.Judged = len(first), len(gains)
	slices.SortStableFunc(c.Changed, func(x, y Change) int { return cmp.Compare(x.order(), y.order()) })
	if c.Judged > 0 {
		interval := func(values []float64) *stats.Interval {
			i := stats.BootstrapMean(values, seed)
			return &i
		}
		c.A.Accuracy, c.B.Accuracy, c.Gain = interval(right[0]), interval(right[1]), interval(gains)
		base[0].tell(&c.A, c.Judged)
		base[1].tell(&c.B, c.Judged)
	}
	return c, nil
}

// picks are a run's choices by task_id.
func picks(ctx context.Context, r *Recorded, sel rerank.Selector) (map[string]Pick, error) {
	out := map[string]Pick{}
	for res, err := range r.Results(ctx, sel) {
		if err != nil {
			return nil, err
		}
		out[res.Problem.ID] = pickOf(res)
	}
	return out, nil
}

func pickOf(r pipeline.Result) Pick {
	o := OutcomeOf(r)
	p := Pick{Solution: o.Chosen, Right: o.Right, Expected: o.Expected}
	if o.Chosen != nil {
		p.code = r.Rows[r.RowOf[*o.Chosen]]
	}
	if o.Random != nil {
		p.base = baselines{random: *o.Random, examples: *o.Random}
		if o.Examples != nil {
			p.base.examples, p.base.anyExamples = *o.Examples, true
		}
		if *o.Solvable {
			p.base.oracle = 1
		}
	}
	return p
}

// Gained and Lost are the problems that B has right and A has not, and the reverse.
func (c *Comparison) Gained() int { return c.count(0) }

// Lost: see Gained.
func (c *Comparison) Lost() int { return c.count(1) }

func (c *Comparison) count(order int) (n int) {
	for _, x := range c.Changed {
		if x.order() == order {
			n++
		}
	}
	return n
}

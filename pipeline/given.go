package pipeline

import (
	"context"

	"coderm/budget"
	"coderm/journal"
	"coderm/problem"
)

// Given is a source of tests the user brought. Each generation number holds
// the tests the file gave it; without numbers every test is its own.
type Given struct {
	generations [][][]problem.UnitTest // by problem, by generation
}

// NewGiven groups the tests of each problem into generations.
func NewGiven(tests [][]problem.UnitTest) *Given {
	g := &Given{generations: make([][][]problem.UnitTest, len(tests))}
	for i, list := range tests {
		at := map[int]int{}
		for _, t := range list {
			if t.Generation == nil {
				g.generations[i] = append(g.generations[i], []problem.UnitTest{t})
				continue
			}
			k, ok := at[*t.Generation]
			if !ok {
				k = len(g.generations[i])
				at[*t.Generation] = k
				g.generations[i] = append(g.generations[i], nil)
			}
			g.generations[i][k] = append(g.generations[i][k], t)
		}
	}
	return g
}

// Len is the number of generations a problem has.
func (g *Given) Len(number int) int { return len(g.generations[number]) }

// Everything plans to run all the tests that were given, at once.
func (g *Given) Everything() budget.Planner {
	tests := make([]int, len(g.generations))
	for i := range tests {
		tests[i] = g.Len(i)
	}
	return budget.Fixed(tests)
}

// Draw implements Source. It has what Everything plans and no more.
func (g *Given) Draw(ctx context.Context, orders []Order, yield func(int, journal.Sample) error) error {
	for i, o := range orders {
		for _, n := range o.Generations {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := yield(i, g.sample(o.Task.Number, n)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *Given) sample(number, generation int) journal.Sample {
	s := journal.Sample{Generation: generation, Sampled: problem.Sampled{Finish: "given", Solution: -1}}
	for part, t := range g.generations[number][generation] {
		if t.Meta != nil {
			s.Sampled = *t.Meta
		}
		s.Tests = append(s.Tests, journal.Test{Generation: generation, Part: part, Style: t.Style, Code: t.Code})
	}
	return s
}

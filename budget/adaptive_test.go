package budget

import (
	"testing"

	"pgregory.net/rapid"

	"coderm/difficulty"
	"coderm/rerank"
)

// gainBy is a Gainer of a test's making.
type gainBy func(p *difficulty.Pilot) float64

func (g gainBy) Gain(p *difficulty.Pilot) float64 { return g(p) }

// observeAll answers every grant with a pilot that shows only the number drawn.
func observeAll(a *AdaptivePlanner, grants []Grant, drawn []int) {
	for _, g := range grants {
		drawn[g.Problem] += g.Tests
		a.ObservePilot(g.Problem, &difficulty.Pilot{Drawn: drawn[g.Problem]})
	}
}

func TestAdaptiveKeepsToItsBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "problems")
		cfg := Adaptive{
			Total:   rapid.IntRange(n, 20*n).Draw(t, "total"),
			Floor:   rapid.IntRange(1, 3).Draw(t, "floor"),
			Rounds:  rapid.IntRange(1, 20).Draw(t, "rounds"),
			Ceiling: rapid.SliceOfN(rapid.IntRange(0, 30), n, n).Draw(t, "ceiling"),
			Gains: func(int) Gainer {
				return gainBy(func(*difficulty.Pilot) float64 { return rapid.Float64Range(-0.1, 1).Draw(t, "gain") })
			},
		}
		a := NewAdaptive(cfg, n)
		drawn, out := make([]int, n), []Grant(nil)
		for range 10000 {
			// Grants come back in any order, and Next may be asked in between.
			if len(out) > 0 && rapid.Bool().Draw(t, "observe") {
				k := rapid.IntRange(0, len(out)-1).Draw(t, "which")
				observeAll(a, out[k:k+1], drawn)
				out = append(out[:k:k], out[k+1:]...)
				continue
			}
			grants, done := a.Next()
			for _, g := range grants {
				for _, o := range out {
					if o.Problem == g.Problem {
						t.Fatalf("problem %d granted twice at once", g.Problem)
					}
				}
				if g.Tests < 1 {
					t.Fatalf("grant of %d tests", g.Tests)
				}
			}
			if done && len(out)+len(grants) > 0 {
				t.Fatal("done with grants outstanding")
			}
			if done {
				if sum(drawn) > cfg.Total {
					t.Fatalf("spent %d of %d", sum(drawn), cfg.Total)
				}
				for i, b := range drawn {
					if b > cfg.Ceiling[i] {
						t.Fatalf("problem %d got %d of at most %d", i, b, cfg.Ceiling[i])
					}
				}
				return
			}
			out = append(out, grants...)
			if len(grants) == 0 && len(out) > 0 {
				observeAll(a, out, drawn)
				out = nil
			}
		}
		t.Fatal("does not end")
	})
}

// With equal gains everywhere the division is as even as the steps allow.
func TestAdaptiveIsEvenWithoutDifferences(t *testing.T) {
	a := NewAdaptive(Adaptive{Total: 200, Gains: func(int) Gainer { return gainBy(func(*difficulty.Pilot) float64 { return 1 }) }}, 10)
	drawn := make([]int, 10)
	for {
		grants, done := a.Next()
		if done {
			break
		}
		observeAll(a, grants, drawn)
	}
	if sum(drawn) != 200 {
		t.Errorf("spent %d of 200", sum(drawn))
	}
	for i, b := range drawn {
		if b < 20-step(20) || b > 20+step(20) {
			t.Errorf("problem %d got %d of 20", i, b)
		}
	}
}

// What a stopped problem leaves goes to the others, and is left over when all
// have stopped.
func TestAdaptiveMovesWhatIsLeft(t *testing.T) {
	gains := func(i int) Gainer {
		return gainBy(func(p *difficulty.Pilot) float64 {
			if i < 2 {
				return -1
			}
			return float64(12 - p.Drawn)
		})
	}
	a := NewAdaptive(Adaptive{Total: 40, Gains: gains, Selector: rerank.Selector{Rule: rerank.Majority}}, 4)
	drawn := make([]int, 4)
	for {
		grants, done := a.Next()
		if done {
			break
		}
		for _, g := range grants {
			drawn[g.Problem] += g.Tests
			a.Observe(g.Problem, rerank.Evidence{Matrix: rerank.NewMatrix(2, drawn[g.Problem])})
		}
	}
	if drawn[0] != 1 || drawn[1] != 1 || drawn[2] < 12 || drawn[3] < 12 || sum(drawn) >= 40 {
		t.Errorf("divided %v", drawn)
	}
}

func TestPlannerFor(t *testing.T) {
	for _, policy := range Policies() {
		if _, err := PlannerFor(policy, 3, 9, rerank.Default); err != nil {
			t.Errorf("%s: %v", policy, err)
		}
	}
	for _, c := range []struct {
		policy   string
		n, total int
	}{{"best", 3, 9}, {PolicyUniform, 3, 2}, {PolicyUniform, 0, 2}} {
		if _, err := PlannerFor(c.policy, c.n, c.total, rerank.Default); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// A problem whose solutions agree on what they return gets no more tests, where they
// are chosen by that.
func TestAdaptiveLeavesSettledProblems(t *testing.T) {
	for _, c := range []struct {
		rule rerank.Rule
		want int
	}{{rerank.Vote, 4}, {rerank.Auto, 20}} {
		a := NewAdaptive(Adaptive{Total: 40, Selector: rerank.Selector{Rule: c.rule}}, 2)
		drawn := make([]int, 2)
		for {
			grants, done := a.Next()
			if done {
				break
			}
			for _, g := range grants {
				drawn[g.Problem] += g.Tests
				p := difficulty.Pilot{Drawn: drawn[g.Problem], Outputs: difficulty.OutputShares{Calls: 3, Agree: 1 - 0.5*float64(g.Problem)}}
				a.ObservePilot(g.Problem, &p)
			}
		}
		if drawn[0] != c.want || drawn[0]+drawn[1] != 40 {
			t.Errorf("%s: %v tests, want %d for the settled problem and all 40 spent", c.rule, drawn, c.want)
		}
	}
}

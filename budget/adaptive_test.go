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

// A problem whose choice is settled gets no more tests, or none; what it leaves of an
// even share is not spent, while the others divide theirs as ever.
func TestAdaptiveLeavesSettledProblems(t *testing.T) {
	vote, auto := rerank.Selector{Rule: rerank.Vote}, rerank.Selector{Rule: rerank.Auto}
	for _, c := range []struct {
		name string
		sel  rerank.Selector
		// of three problems: candidates, and how far they agree before any test and
		// with tests
		candidates  [3]int
		first, then [3]float64
		want        [3]int
		others      int // what the unsettled ones get together
	}{
		{"none", vote, [3]int{2, 2, 2}, [3]float64{.5, .5, .5}, [3]float64{.5, .5, .5}, [3]int{20, 20, 20}, 60},
		{"before any test", vote, [3]int{1, 2, 2}, [3]float64{1, .5, .5}, [3]float64{1, .5, .5}, [3]int{0, 20, 20}, 40},
		{"after one", vote, [3]int{2, 2, 2}, [3]float64{1, .5, .5}, [3]float64{1, .5, .5}, [3]int{1, 20, 20}, 40},
		{"after two", vote, [3]int{2, 2, 2}, [3]float64{.95, .5, .5}, [3]float64{.95, .5, .5}, [3]int{2, 20, 20}, 40},
		{"by tests", vote, [3]int{2, 2, 2}, [3]float64{.5, .5, .5}, [3]float64{.5, 1, .9}, [3]int{20, 1, 2}, 20},
		{"all", vote, [3]int{1, 1, 1}, [3]float64{1, 1, 1}, [3]float64{1, 1, 1}, [3]int{0, 0, 0}, 0},
		{"by what is not looked at", auto, [3]int{2, 2, 2}, [3]float64{1, .5, .5}, [3]float64{1, .5, .5}, [3]int{20, 20, 20}, 60},
	} {
		a := NewAdaptive(Adaptive{Total: 60, Selector: c.sel}, 3)
		pilot := func(i, drawn int, agree float64) {
			a.ObservePilot(i, &difficulty.Pilot{Drawn: drawn, Candidates: c.candidates[i], Outputs: difficulty.OutputShares{Calls: 3, Agree: agree}})
		}
		for i := range 3 {
			pilot(i, 0, c.first[i])
		}
		var drawn [3]int
		for {
			grants, done := a.Next()
			if done {
				break
			}
			for _, g := range grants {
				drawn[g.Problem] += g.Tests
				pilot(g.Problem, drawn[g.Problem], c.then[g.Problem])
			}
		}
		others := 0
		for i, n := range drawn {
			if c.want[i] == 20 {
				others += n
			}
			if off := n - c.want[i]; off < -step(20) || off > step(20) || c.want[i] < 20 && off != 0 {
				t.Errorf("%s: %v tests, want %v", c.name, drawn, c.want)
			}
		}
		if others != c.others {
			t.Errorf("%s: %v tests, the unsettled have %d, want %d", c.name, drawn, others, c.others)
		}
	}
}

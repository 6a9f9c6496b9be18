package difficulty

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"coderm/rerank"
)

func TestObserve(t *testing.T) {
	majority := rerank.Selector{Rule: rerank.Majority}
	m := rerank.NewMatrix(3, 4)
	for i, row := range []string{"1100", "1100", "0010"} {
		for j, d := range row {
			m.SetPass(i, j, d == '1')
		}
	}
	m.SetWeight(2, 2)
	e := rerank.Evidence{Matrix: m}
	p, _ := Observe(e, majority, 8)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"parsed", p.Parsed, 0.5},
		{"pass", p.Pass, 1.5 / 8},
		{"agree", p.Agree, (0.5 + 0.5 + 0.5 + 1) / 4},
		{"dead", p.Dead, 0},
		{"best pass", p.BestPass, 0.5},
		{"none pass", p.NonePass, 0.25},
		{"distinct", p.Distinct, 0.75},
		{"classes", p.Classes, 0.5},
		{"entropy", p.Entropy, math.Ln2},
		{"group", p.Group, 0.5},
		{"tie", p.Tie, 0.5},
		{"tie classes", p.TieClasses, 0.5},
		{"tie pass", p.TiePass, 0.5},
		{"runner-up", p.RunnerUp, 0.5},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if again, _ := Observe(e, majority, 8); again != p {
		t.Error("a second look differs")
	}
}

// Whatever the matrix, every feature is a number, and the shares are shares.
func TestObserveInRange(t *testing.T) {
	sel := rerank.Selector{Rule: rerank.Auto}
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(0, 6).Draw(t, "cols")
		m := rerank.NewMatrix(rows, cols)
		for i := range rows {
			m.SetWeight(i, rapid.IntRange(0, 3).Draw(t, "weight"))
			for j := range cols {
				m.Set(i, j, rapid.SampledFrom([]rerank.Outcome{rerank.Unrun, rerank.Pass, rerank.Fail, rerank.Broken}).Draw(t, "cell"))
			}
		}
		p, _ := Observe(rerank.Evidence{Matrix: m}, sel, cols+rapid.IntRange(0, 3).Draw(t, "dropped"))
		for i, v := range p.vector() {
			name := pilotNames[i]
			if math.IsNaN(v) || v < -1e-9 || v > 1+1e-9 && name != "log_drawn" && name != "entropy" && name != "distinct" && name != "classes" {
				t.Errorf("%s is %v", name, v)
			}
		}
	})
}

func TestRuleStaysOpen(t *testing.T) {
	open := DefaultRule.Gain(&Pilot{Drawn: 1, Pass: 0})
	closed := DefaultRule.Gain(&Pilot{Drawn: 1, Pass: 1})
	if !(open > closed && closed > 0) {
		t.Errorf("gains %v and %v", open, closed)
	}
	if later := DefaultRule.Gain(&Pilot{Drawn: 10, Pass: 1}); later >= closed {
		t.Errorf("ten tests that all pass leave %v, one %v", later, closed)
	}
}

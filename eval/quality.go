package eval

import "coderm/rerank"

// Quality is how well tests judge solutions, over all decisions of all
// problems together. Accepting is the positive: F1 is of accepting right
// solutions, FAR the share of wrong solutions accepted, FRR the share of right
// solutions rejected (CodeRM, section on unit test quality). Shares are 0 to 1.
type Quality struct {
	// Mode is "individual", every test a decision on every sample, or
	// "multiple", the majority of all tests one decision a sample.
	Mode string `json:"mode"`
	// Tests says what is a test: "class" or "method".
	Tests string  `json:"tests"`
	Acc   float64 `json:"acc"`
	F1    float64 `json:"f1"`
	FAR   float64 `json:"far"`
	FRR   float64 `json:"frr"`
}

// confusion counts decisions.
type confusion struct{ truePositive, falsePositive, trueNegative, falseNegative int }

func (c *confusion) add(right, accepted bool, times int) {
	switch {
	case right && accepted:
		c.truePositive += times
	case right:
		c.falseNegative += times
	case accepted:
		c.falsePositive += times
	default:
		c.trueNegative += times
	}
}

func (c confusion) quality(mode, tests string) Quality {
	tp, fp := float64(c.truePositive), float64(c.falsePositive)
	tn, fn := float64(c.trueNegative), float64(c.falseNegative)
	return Quality{
		Mode: mode, Tests: tests,
		Acc: share(tp+tn, tp+tn+fp+fn),
		F1:  share(2*tp, 2*tp+fp+fn),
		FAR: share(fp, fp+tn),
		FRR: share(fn, fn+tp),
	}
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func quality(problems []Problem, mode, tests string) Quality {
	var c confusion
	for k := range problems {
		m := problems[k].Matrix
		if tests == "method" {
			m = m.Split()
		}
		m = m.Classes()
		for i, right := range problems[k].Right {
			passed, failed := 0, 0
			for j := range m.Cols() {
				switch m.At(i, j) {
				case rerank.Pass:
					passed++
				case rerank.Unrun, rerank.Slow:
				default:
					failed++
				}
			}
			if mode == "individual" {
				c.add(right, true, passed*m.Weight(i))
				c.add(right, false, failed*m.Weight(i))
			} else if passed+failed > 0 {
				c.add(right, passed > failed, m.Weight(i))
			}
		}
	}
	return c.quality(mode, tests)
}

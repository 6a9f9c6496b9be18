package rerank

import (
	"math"

	"coderm/kernels/bits"
)

// The limits of em's iteration.
const (
	emRounds = 20
	emClose  = 1e-9
)

// fixed is a number as a multiple of 2^-40. em adds these, whose sums, unlike those of
// floats, are the same in any order of tests and candidates: two classes are equal or not.
type fixed int64

const emUnit = 1 << 40

func fix(x float64) fixed      { return fixed(math.RoundToEven(x * emUnit)) }
func (x fixed) float() float64 { return float64(x) / emUnit }

// em is the model of Dawid and Skene (1979): every test has its own chances to
// pass a right and a wrong solution. Starting from the share of tests passed,
// it alternates between those chances and the odds, even beforehand, that each
// behaviour class is right. One imaginary pass and failure a test keep the
// chances off 0 and 1.
func em(m *Matrix, rows []int) []key {
	classes, of := m.behaviours(rows)
	right := make([]float64, len(classes)) // the chance that the class is right
	for k := range classes {
		right[k] = (float64(classes[k].tests) + 1) / (float64(m.generated()) + 2)
	}
	e := newEM(m, classes)
	logit := make([]float64, len(classes))
	for range emRounds {
		e.weigh(right)
		moved := 0.0
		for k := range classes {
			logit[k] = e.logit(k)
			p := 1 / (1 + math.Exp(-logit[k]))
			moved = max(moved, math.Abs(p-right[k]))
			right[k] = p
		}
		if moved < emClose {
			break
		}
	}
	k := -1
	return spread(classes, of, func(*class) key { k++; return key{score: logit[k]} })
}

// emState holds what the tests say at one step.
type emState struct {
	m       *Matrix
	classes []class
	columns [][]int32 // by class: the columns it passes
	passes  []float64 // weight of the solutions passing each test
	valid   []fixed   // of them, the expected weight of right ones
	gain    []fixed   // log odds a pass adds over a failure
	fail    fixed     // log odds of failing every test
}

func newEM(m *Matrix, classes []class) *emState {
	e := &emState{m: m, classes: classes, passes: make([]float64, m.cols), valid: make([]fixed, m.cols), gain: make([]fixed, m.cols)}
	for j, s := range m.support() {
		e.passes[j] = float64(s)
	}
	e.columns = make([][]int32, len(classes))
	for k := range classes {
		bits.Ones(classes[k].passes, func(j int) { e.columns[k] = append(e.columns[k], int32(j)) })
	}
	return e
}

// weigh estimates the tests' chances from the classes'.
func (e *emState) weigh(right []float64) {
	clear(e.valid)
	var samples float64
	var sure fixed
	for k := range e.classes {
		w := float64(e.classes[k].weight)
		samples += w
		sure += fix(w * right[k])
		for _, j := range e.columns[k] {
			e.valid[j] += fix(w * right[k])
		}
	}
	good := sure.float()
	e.fail = 0
	for j := range e.gain {
		valid := e.valid[j].float()
		ifRight := (valid + 1) / (good + 2)
		ifWrong := (e.passes[j] - valid + 1) / (samples - good + 2)
		repeats := float64(e.m.repeats(j))
		fail := fix(repeats * math.Log((1-ifRight)/(1-ifWrong)))
		e.fail += fail
		e.gain[j] = fix(repeats*math.Log(ifRight/ifWrong)) - fail
	}
}

// logit is the log odds that class k is right.
func (e *emState) logit(k int) float64 {
	l := e.fail
	for _, j := range e.columns[k] {
		l += e.gain[j]
	}
	return l.float()
}

// Package rerank chooses among candidate solutions by what tests and calls showed
// of them: the evidence and the selectors over it. Pure functions, no I/O.
package rerank

// Evidence is all that selectors see of a problem: what the generated tests did
// with its solutions, how the problem's own examples went, and what the solutions
// returned on calls. The rows of all three are the same solutions.
type Evidence struct {
	*Matrix
	// Public has the outcomes of the public tests, those that the problem's text
	// states as examples, solutions × public tests; empty when there are none.
	// Nobody generated them and nobody pays for them, so they are no columns.
	Public [][]Outcome
	// Outputs tell which solutions did the same on the same call; nil where no
	// calls were observed. Selectors by passes and failures ignore them.
	Outputs *Outputs
}

// Select returns the evidence with the given generated tests only, in that order,
// and the calls that they make. What nobody generated stays as it is.
func (e Evidence) Select(tests []int) Evidence {
	var columns []int
	e.Matrix, columns = e.pick(tests)
	e.Outputs = e.Outputs.ofColumns(columns)
	return e
}

// Reweigh returns the evidence with other weights, e.g. of a subset of the
// samples. The cells are shared.
func (e Evidence) Reweigh(weight []int) Evidence {
	e.Matrix = e.Matrix.Reweigh(weight)
	return e
}

// Split returns the evidence in which every generated column is a test of its
// own, see Matrix.Split.
func (e Evidence) Split() Evidence {
	e.Matrix = e.Matrix.Split()
	return e
}

// PublicTests is how many public tests there are.
func (e Evidence) PublicTests() int {
	if len(e.Public) == 0 {
		return 0
	}
	return len(e.Public[0])
}

// PublicPassed is how many of the public tests solution i passes.
func (e Evidence) PublicPassed(i int) int {
	passed, _ := countPublic(e.Public[i])
	return passed
}

// countPublic counts a solution's public tests by how they went.
func countPublic(outcomes []Outcome) (passed, unrun int) {
	for _, o := range outcomes {
		switch o {
		case Pass:
			passed++
		case Unrun:
			unrun++
		}
	}
	return passed, unrun
}

// narrow returns the evidence in which rows that pass fewer public tests than
// another have weight 0: they are no candidates, and that they agree with others
// counts for nothing. A test that did not run speaks neither for a row nor
// against it.
//
// It is the filter of AlphaCode (Li et al. 2022, section 4.5), but that where
// nobody passes all, examples may be wrong, too.
func (e Evidence) narrow() Evidence {
	if e.PublicTests() == 0 {
		return e
	}
	weight := make([]int, e.rows)
	rows := e.candidates()
	most := e.mostPublic(rows)
	for _, i := range rows {
		if passed, unrun := countPublic(e.Public[i]); passed+unrun >= most {
			weight[i] = e.weight[i]
		}
	}
	return e.Reweigh(weight)
}

// mostPublic is how many public tests the best of the rows passes.
func (e Evidence) mostPublic(rows []int) (most int) {
	for _, i := range rows {
		most = max(most, e.PublicPassed(i))
	}
	return most
}

// public is a random choice among the solutions that pass the most public tests,
// the choice that costs nothing. The score is how many fewer than those one passes,
// from 0 down; without public tests all are equals.
func public(e Evidence, rows []int) []key {
	keys := make([]key, len(rows))
	if e.PublicTests() == 0 {
		return keys
	}
	most := e.mostPublic(rows)
	for n, i := range rows {
		passed, unrun := countPublic(e.Public[i])
		keys[n].score = float64(min(0, passed+unrun-most))
	}
	return keys
}

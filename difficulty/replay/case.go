package replay

import (
	"fmt"

	"coderm/difficulty"
	"coderm/rerank"
)

// Case is a finished problem with known truth, to learn from or to judge by.
type Case struct {
	ID string
	rerank.Evidence
	Right []bool // by row of the matrix
	// Drawn is how many tests were paid for: those of the matrix, and the ones
	// that gave nothing to run. 0 means those of the matrix.
	Drawn int
	Known difficulty.Known // what was known before any test
}

// minProblems is too few to tell anything about a problem not among them.
const minProblems = 20

// drawn is the number of tests the case has on record.
func (c *Case) drawn() int { return max(c.Drawn, c.Matrix.Tests()) }

// PassRate is the share of the samples that are right.
func (c *Case) PassRate() float64 { return c.ShareRight(c.Right) }

func (c *Case) check() error {
	switch {
	case c.Matrix == nil || len(c.Right) != c.Matrix.Rows():
		return fmt.Errorf("%s: the truth does not fit the matrix", c.ID)
	case c.Matrix.TotalWeight() == 0:
		return fmt.Errorf("%s: no solutions", c.ID)
	}
	return nil
}

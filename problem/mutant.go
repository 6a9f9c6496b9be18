package problem

// Mutant is a program that differs from another in one small place.
type Mutant struct {
	// Rule is the kind of change: comparison, arithmetic, constant, boolean, return,
	// statement, index, loop or sign.
	Rule string `json:"rule"`
	Line int    `json:"line"` // of the program that it was made of, from 1
	Was  string `json:"was"`  // what was changed there, and into what
	Now  string `json:"now"`
	Code string `json:"code,omitempty"`
}

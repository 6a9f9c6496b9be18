package report

import (
	"cmp"
	"slices"

	"coderm/pipeline"
	"coderm/problem"
)

// What is shown of a problem's observed calls: a page of many problems stays one
// that a browser opens.
const (
	maxCalls    = 12
	maxGroups   = 8   // beside those of the chosen and the runner-up
	maxCallText = 400 // characters; values are recorded with at most 200
)

// Call is an observed call with what the solutions made of it.
type Call struct {
	Call     string  `json:"call"`
	Mutated  bool    `json:"mutated,omitempty"`  // no test makes it
	Deciding bool    `json:"deciding,omitempty"` // chosen and runner-up differ
	Groups   []Group `json:"groups"`             // the largest first
	// More counts the results that are left out, MoreSamples the samples with them.
	More        int `json:"more,omitempty"`
	MoreSamples int `json:"more_samples,omitempty"`
}

// Group is the solutions that did the same on a call.
type Group struct {
	What     string `json:"what"`
	Returned bool   `json:"returned,omitempty"` // What is the beginning of a value
	Mark     string `json:"mark,omitempty"`     // "chosen", "runner-up", "chosen and runner-up"
	Rows     []int  `json:"rows"`               // positions in Problem.Rows
	Samples  int    `json:"samples"`
	Right    *int   `json:"right,omitempty"` // samples; nil when not known
}

// callsOf lists the calls to show, those first on which the chosen and the runner-up
// differ, then those that divide the samples most; and how many decide. position
// gives each row's place on the page.
func callsOf(r pipeline.Result, position []int) (out []Call, deciding int) {
	marks := map[int]string{}
	var calls []pipeline.Observed
	if r.Choice != nil {
		chosen := r.RowOf[r.Choice.Solution]
		marks[chosen] = "chosen"
		if other, ok := r.RunnerUp(); ok {
			marks[other.Solution] = "runner-up"
			calls = r.Differing(chosen, other.Solution)
		}
	}
	deciding = len(calls)
	decides := map[problem.Origin]bool{}
	for _, c := range calls {
		decides[c.Origin] = true
	}
	show := func(c pipeline.Observed) Call {
		return Call{Call: cut(c.Call), Mutated: c.Generation == problem.Mutated, Deciding: decides[c.Origin], Groups: groupsOf(r, c, position, marks)}
	}
	for _, c := range calls {
		out = append(out, show(c))
	}
	var rest []Call
	for _, c := range r.Calls {
		if !decides[c.Origin] {
			rest = append(rest, show(c))
		}
	}
	slices.SortStableFunc(rest, func(a, b Call) int { return cmp.Compare(a.Groups[0].Samples, b.Groups[0].Samples) })
	out = append(out, rest...)
	out = out[:min(len(out), maxCalls)]
	for i := range out {
		out[i].bound()
	}
	return out, deciding
}

// groupsOf groups the rows by what they did, the group of most samples first.
func groupsOf(r pipeline.Result, c pipeline.Observed, position []int, marks map[int]string) []Group {
	class, _ := problem.Classes(c.Rows)
	groups := map[int]*Group{}
	for row, k := range class {
		g, ok := groups[k]
		if !ok {
			g = &Group{What: c.Rows[row].Words(), Returned: c.Rows[row].Ending == problem.Returned}
			if len(r.Truth) > 0 {
				g.Right = new(int)
			}
			groups[k] = g
		}
		n := r.Matrix.Weight(row)
		g.Samples += n
		if g.Right != nil && r.Truth[row] {
			*g.Right += n
		}
		switch mark := marks[row]; {
		case g.Mark == "":
			g.Mark = mark
		case mark != "":
			g.Mark = "chosen and runner-up"
		}
		g.Rows = append(g.Rows, position[row])
	}
	var out []Group
	for _, g := range groups {
		slices.Sort(g.Rows)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Samples, a.Samples), cmp.Compare(a.Rows[0], b.Rows[0]))
	})
	return out
}

// bound leaves the smaller groups out, except for marked ones.
func (c *Call) bound() {
	var kept []Group
	for i, g := range c.Groups {
		if i < maxGroups || g.Mark != "" {
			kept = append(kept, g)
			continue
		}
		c.More++
		c.MoreSamples += g.Samples
	}
	c.Groups = kept
}

func cut(text string) string {
	if chars := []rune(text); len(chars) > maxCallText {
		return string(chars[:maxCallText-1]) + "…"
	}
	return text
}

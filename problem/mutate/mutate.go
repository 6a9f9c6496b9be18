// Package mutate makes more calls out of calls: the same function with arguments
// that differ a little and are of the same types. What solutions return on them is
// observed; nothing says what is right, so nothing has to.
package mutate

import (
	"math/rand/v2"

	"coderm/internal/seed"
	"coderm/problem/literal"
)

// PerProblem is how many mutations a problem gets: on the recorded sets accuracy
// rises up to about as many, and slowly beyond.
const PerProblem = 30

// tries bounds the draws for one new call: a function of a bool has two.
const tries = 40

// Calls gives up to n calls that are none of the seeds and no two of them the same.
// The same seeds in the same order give the same calls. Where seeds are of several
// functions or differ in how many arguments they have, so do the mutations.
//
// It is the type-aware mutation of EvalPlus (Liu et al. 2023, section 2.1, table 1),
// without its check by contracts: what the candidates do not accept shows when they
// are run. New values are built of what stands in the same place of other seeds,
// which is all that is known of what the function takes.
func Calls(seeds []literal.Call, n int, root uint64, taskID string) []literal.Call {
	seen := map[string]bool{}
	var from []literal.Call
	for _, c := range seeds {
		if text := c.String(); !seen[text] {
			seen[text] = true
			if len(c.Args) > 0 {
				from = append(from, c)
			}
		}
	}
	if len(from) == 0 {
		return nil
	}
	m := &mutator{rng: seed.Mutations(root, taskID), pool: map[string][]literal.Value{}}
	for _, c := range from {
		for i, a := range c.Args {
			m.collect(place(c, i), a.Value)
		}
		m.longest = max(m.longest, len(c.String()))
	}
	var out []literal.Call
	for range n * tries {
		if len(out) == n {
			break
		}
		c := m.call(from[m.rng.IntN(len(from))])
		text := c.String()
		if seen[text] || len(text) > 2*m.longest+maxGrowth {
			continue
		}
		seen[text] = true
		out = append(out, c)
	}
	return out
}

// maxGrowth is how many characters a call may have more than twice the longest
// seed: mutations of mutations must not grow without end.
const maxGrowth = 32

// mutator draws changes.
type mutator struct {
	rng     *rand.Rand
	pool    map[string][]literal.Value // by place and kind: the values seen there
	longest int                        // characters of the longest seed
}

// call changes one argument or a few, each a little.
func (m *mutator) call(c literal.Call) literal.Call {
	args := append([]literal.Argument(nil), c.Args...)
	for more := true; more; more = m.chance(1, 3) {
		i := m.rng.IntN(len(args))
		args[i].Value = m.value(place(c, i), args[i].Value)
	}
	return literal.Call{Func: c.Func, Args: args}
}

func (m *mutator) chance(n, of int) bool { return m.rng.IntN(of) < n }

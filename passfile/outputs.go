package passfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"coderm/rerank"
)

// kindLetters are how the kinds of results are written, in the order of
// rerank.Kind from Returned: V returned a value, E raised an exception, T ran out
// of a limit, L does not load.
const kindLetters = "VETL"

// Observed counts calls by where they come from: the first FromTests are calls of
// generated tests, the Mutated ones after them are such calls with other arguments.
type Observed struct {
	FromTests int `json:"from_tests"`
	Mutated   int `json:"mutated"`
}

// Claims are what a column says of calls: in a file null, a claim, or a list of some
// where a method makes several calls.
type Claims []Claim

// MarshalJSON writes them.
func (c Claims) MarshalJSON() ([]byte, error) {
	switch len(c) {
	case 0:
		return []byte("null"), nil
	case 1:
		return json.Marshal(c[0])
	}
	return json.Marshal([]Claim(c))
}

// UnmarshalJSON reads any of the three.
func (c *Claims) UnmarshalJSON(b []byte) error {
	*c = nil
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil || len(parts) == 0 {
		return err
	}
	if bytes.HasPrefix(parts[0], []byte("[")) {
		return json.Unmarshal(b, (*[]Claim)(c))
	}
	var one Claim
	err := json.Unmarshal(b, &one)
	*c = Claims{one}
	return err
}

// Claim is what an assert says of a call: in a file the pair of the call and Value.
type Claim struct {
	Call  int
	Value json.RawMessage // the class that is claimed, or what else a recorder wrote
}

// MarshalJSON writes the pair.
func (c Claim) MarshalJSON() ([]byte, error) {
	pair := []any{c.Call}
	if c.Value != nil {
		pair = append(pair, c.Value)
	}
	return json.Marshal(pair)
}

// UnmarshalJSON reads the pair, or the call alone.
func (c *Claim) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if n := len(pair); n == 0 || n > 2 {
		return errors.New("a claim is a call and a class")
	}
	*c = Claim{}
	if len(pair) == 2 {
		c.Value = pair[1]
	}
	return json.Unmarshal(pair[0], &c.Call)
}

// outputs reads what solutions returned on calls; nil where the line has nothing
// of it.
func (l *Line) outputs() (*rerank.Outputs, error) {
	if l.Outputs == nil || l.Kinds == nil {
		return nil, nil
	}
	if len(l.Outputs) != len(l.Matrix) {
		return nil, fmt.Errorf(`"outputs" has %d rows, the matrix %d`, len(l.Outputs), len(l.Matrix))
	}
	kinds := make([][]rerank.Kind, len(l.Kinds))
	for c, letters := range l.Kinds {
		for _, letter := range letters {
			k := strings.IndexRune(kindLetters, letter)
			if k < 0 {
				return nil, fmt.Errorf(`"kinds" of call %d has %q; use the letters %s`, c, letter, kindLetters)
			}
			kinds[c] = append(kinds[c], rerank.Returned+rerank.Kind(k))
		}
	}
	out, err := rerank.NewOutputs(l.Outputs, kinds)
	if err != nil {
		return nil, fmt.Errorf(`"outputs": %w`, err)
	}
	if o := l.Observed; o != nil && (o.FromTests < 0 || o.Mutated < 0 || o.FromTests+o.Mutated != len(l.Kinds)) {
		return nil, fmt.Errorf(`"observed" counts %d and %d calls, "kinds" has %d`, o.FromTests, o.Mutated, len(l.Kinds))
	}
	if l.Claims != nil {
		calls, err := l.madeBy()
		if err == nil {
			err = out.MadeBy(calls)
		}
		if err != nil {
			return nil, fmt.Errorf(`"claims": %w`, err)
		}
	}
	return out, nil
}

// AddOutputs puts all that was observed into the line, and what columns claim; nil
// changes nothing. The first fromTests of the calls are made by tests, the others
// are mutations.
func (l *Line) AddOutputs(o *rerank.Outputs, fromTests int) {
	if o.Calls() == 0 {
		return
	}
	l.Observed = &Observed{FromTests: fromTests, Mutated: o.Calls() - fromTests}
	l.Outputs = make([][]int, len(l.Matrix))
	for c := range o.Calls() {
		kinds := make([]byte, o.Classes(c))
		for i := range l.Outputs {
			k := o.Class(i, c)
			l.Outputs[i] = append(l.Outputs[i], k)
			if k != rerank.NoClass {
				kinds[k] = kindLetters[o.Kind(i, c)-rerank.Returned]
			}
		}
		l.Kinds = append(l.Kinds, string(kinds))
	}
	for _, calls := range o.By() {
		var claims Claims
		for _, c := range calls {
			claims = append(claims, Claim{Call: c})
		}
		l.Claims = append(l.Claims, claims)
	}
}

// madeBy gives the calls that each column makes. Columns that are in no generated
// test make none: nothing is known of when they would be drawn.
func (l *Line) madeBy() ([][]int, error) {
	cols := len(l.Matrix[0])
	if len(l.Claims) != cols {
		return nil, fmt.Errorf("%d entries for the %d columns of the matrix", len(l.Claims), cols)
	}
	calls := make([][]int, cols)
	set := func(j int) {
		calls[j] = nil
		for _, c := range l.Claims[j] {
			calls[j] = append(calls[j], c.Call)
		}
	}
	if l.Generations == nil {
		for j := range calls {
			set(j)
		}
	}
	for _, g := range l.Generations {
		for _, j := range g {
			set(j)
		}
	}
	return calls, nil
}

// MutatedFrom is the number of the first call that is a mutation; where the file
// does not say, there are none, and it is the number of calls.
func (l *Line) MutatedFrom() int {
	if l.Observed == nil {
		return len(l.Kinds)
	}
	return l.Observed.FromTests
}

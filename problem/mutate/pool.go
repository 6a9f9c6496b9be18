package mutate

import (
	"strconv"

	"coderm/problem/literal"
)

// A place is where in a call a value stands: the function and the argument, and
// within it "[]" for an element, "{}" for one of a set or a key, which have to be
// hashed, and ":" for a value of a dict.

func place(c literal.Call, i int) string {
	if name := c.Args[i].Name; name != "" {
		return c.Func + " " + name
	}
	return c.Func + " " + strconv.Itoa(i)
}

// element is the place of the n-th item of a value.
func element(at string, v literal.Value, n int) string {
	switch {
	case v.Kind == literal.Tuple:
		// Tuples are records as often as sequences.
		return at + "(" + strconv.Itoa(n) + ")"
	case v.Kind == literal.Set, v.Kind == literal.Dict && n%2 == 0:
		return at + "{}"
	case v.Kind == literal.Dict:
		return at + ":"
	}
	return at + "[]"
}

func poolKey(at string, k literal.Kind) string { return at + " " + strconv.Itoa(int(k)) }

// collect puts a value and what is in it into the pool.
func (m *mutator) collect(at string, v literal.Value) {
	key := poolKey(at, v.Kind)
	m.pool[key] = append(m.pool[key], v)
	if v.Kind != literal.Tuple && v.Kind != literal.Dict {
		for n, item := range v.Items {
			in := element(at, v, n)
			m.pool[in] = append(m.pool[in], item)
			m.collect(in, item)
		}
		return
	}
	for n, item := range v.Items {
		m.collect(element(at, v, n), item)
	}
	for n := 0; v.Kind == literal.Dict && n < len(v.Items); n += 2 {
		m.pool[at+" pairs"] = append(m.pool[at+" pairs"], literal.Value{Kind: literal.Tuple, Items: v.Items[n : n+2]})
	}
}

// from draws a value of a pool.
func (m *mutator) from(key string) (literal.Value, bool) {
	values := m.pool[key]
	if len(values) == 0 {
		return literal.Value{}, false
	}
	return values[m.rng.IntN(len(values))], true
}

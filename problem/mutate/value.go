package mutate

import (
	"math"
	"math/big"
	"slices"

	"coderm/problem/literal"
)

// value changes a value, keeping its type.
func (m *mutator) value(at string, v literal.Value) literal.Value {
	// Another seed's value in this place: with several arguments a new call.
	if v.Kind != literal.Bool && m.chance(1, 8) {
		if other, ok := m.from(poolKey(at, v.Kind)); ok {
			return other
		}
	}
	switch v.Kind {
	case literal.Bool:
		v.Bool = !v.Bool
	case literal.Int:
		v.Int = m.integer(v.Int)
	case literal.Float:
		v.Float = m.float(v.Float)
	case literal.Str:
		v.Str = m.str(at, v.Str)
	case literal.List:
		v.Items = m.list(at, v)
	case literal.Set:
		v.Items = distinct(m.list(at, v), 1)
	case literal.Tuple:
		v.Items = m.tuple(at, v)
	case literal.Dict:
		v.Items = distinct(m.dict(at, v), 2)
	}
	return v
}

// integer takes a neighbour, or one of about the same size: a much larger one may
// take a program forever. A sign is seldom changed, for many functions refuse one.
func (m *mutator) integer(n *big.Int) *big.Int {
	switch m.rng.IntN(8) {
	case 0, 1, 2:
		return new(big.Int).Add(n, big.NewInt(1))
	case 3, 4:
		if n.Sign() != 0 || m.chance(1, 4) {
			return new(big.Int).Sub(n, big.NewInt(1))
		}
		return big.NewInt(1)
	case 5:
		return new(big.Int).Add(n, n)
	case 6:
		return new(big.Int).Quo(n, big.NewInt(2))
	}
	if n.IsInt64() && n.Int64() > -1<<40 && n.Int64() < 1<<40 {
		size := max(n.Int64(), -n.Int64())
		drawn := m.rng.Int64N(size + size/2 + 4)
		if n.Sign() < 0 || m.chance(1, 10) {
			drawn = -drawn
		}
		return big.NewInt(drawn)
	}
	return new(big.Int).Neg(n)
}

// float takes a neighbour, a multiple, or a number with fewer decimals.
func (m *mutator) float(f float64) float64 {
	switch m.rng.IntN(6) {
	case 0:
		return f + 1
	case 1:
		return f - 1
	case 2:
		return 2 * f
	case 3:
		return f / 2
	case 4:
		return math.Round(f)
	}
	return math.Round(f*m.rng.Float64()*200) / 100
}

// str takes a piece away, repeats one, moves one, or takes one of another string
// of this place.
func (m *mutator) str(at, s string) string {
	runes := []rune(s)
	i := m.rng.IntN(len(runes) + 1)
	j := min(len(runes), i+1+m.rng.IntN(max(1, min(3, len(runes)))))
	piece := runes[i:j]
	switch m.rng.IntN(6) {
	case 0, 1:
		return string(slices.Concat(runes[:i], runes[j:]))
	case 2:
		return string(slices.Concat(runes[:j], piece, runes[j:]))
	case 3:
		k := m.rng.IntN(len(runes) + 1)
		return string(slices.Insert(slices.Clone(runes), k, piece...))
	}
	other, ok := m.from(poolKey(at, literal.Str))
	if !ok || other.Str == "" {
		return string(slices.Concat(runes[:i], runes[j:]))
	}
	from := []rune(other.Str)
	a := m.rng.IntN(len(from))
	b := min(len(from), a+1+m.rng.IntN(4))
	if m.chance(1, 2) {
		i = j // put in, else in its place
	}
	return string(slices.Concat(runes[:i], from[a:b], runes[max(i, j):]))
}

// list changes an element, or takes one away, repeats one, exchanges two, or puts
// one in out of this place's.
func (m *mutator) list(at string, v literal.Value) []literal.Value {
	items := slices.Clone(v.Items)
	what := m.rng.IntN(8)
	if len(items) == 0 {
		what = 7
	}
	i := m.rng.IntN(max(1, len(items)))
	switch what {
	case 0, 1, 2:
		items[i] = m.item(at, v, i)
	case 3, 4:
		items = slices.Delete(items, i, i+1)
	case 5:
		items = slices.Insert(items, m.rng.IntN(len(items)+1), items[i])
	case 6:
		j := m.rng.IntN(len(items))
		items[i], items[j] = items[j], items[i]
	default:
		if other, ok := m.from(element(at, v, 0)); ok {
			items = slices.Insert(items, m.rng.IntN(len(items)+1), other)
		}
	}
	return items
}

// item is the n-th item changed; what has to be hashed stays hashable, for types
// are kept.
func (m *mutator) item(at string, v literal.Value, n int) literal.Value {
	return m.value(element(at, v, n), v.Items[n])
}

// tuple changes an element: a tuple's length is part of its type.
func (m *mutator) tuple(at string, v literal.Value) []literal.Value {
	items := slices.Clone(v.Items)
	if len(items) > 0 {
		i := m.rng.IntN(len(items))
		items[i] = m.item(at, v, i)
	}
	return items
}

// dict changes a key or a value, takes a pair away, or puts one in.
func (m *mutator) dict(at string, v literal.Value) []literal.Value {
	items := slices.Clone(v.Items)
	what := m.rng.IntN(5)
	if len(items) == 0 {
		what = 4
	}
	i := 2 * m.rng.IntN(max(1, len(items)/2))
	switch what {
	case 0:
		items[i] = m.item(at, v, i)
	case 1, 2:
		items[i+1] = m.item(at, v, i+1)
	case 3:
		items = slices.Delete(items, i, i+2)
	default:
		if pair, ok := m.from(at + " pairs"); ok {
			items = append(items, pair.Items...)
		}
	}
	return items
}

// distinct leaves the first of equal elements, or of pairs with equal keys.
func distinct(items []literal.Value, step int) []literal.Value {
	seen := map[string]bool{}
	var out []literal.Value
	for i := 0; i < len(items); i += step {
		if key := items[i].String(); !seen[key] {
			seen[key] = true
			out = append(out, items[i:i+step]...)
		}
	}
	return out
}

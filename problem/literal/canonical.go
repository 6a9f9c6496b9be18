package literal

import (
	"crypto/sha256"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Canonical is the text that a value's digest is of, the same for values that
// Python's == finds equal up to rounding: 1, 1.0 and True are n1, floats count to
// six decimals, a list is no tuple, sets and dicts are sorted. docs/evaluation.md
// describes it, also for values that are no literals.
func (v Value) Canonical() string {
	var b strings.Builder
	v.canonical(&b)
	return b.String()
}

// Digest is the first half of the SHA-256 of the canonical form.
func (v Value) Digest() (digest [16]byte) {
	sum := sha256.Sum256([]byte(v.Canonical()))
	copy(digest[:], sum[:])
	return digest
}

func (v Value) canonical(b *strings.Builder) {
	switch v.Kind {
	case None:
		b.WriteByte('N')
	case Bool:
		if v.Bool {
			b.WriteString("n1")
		} else {
			b.WriteString("n0")
		}
	case Int:
		b.WriteString("n" + v.Int.String())
	case Float:
		b.WriteString("n" + decimals(v.Float))
	case Str:
		b.WriteString("s" + strconv.Itoa(len(v.Str)) + ":" + v.Str)
	case List:
		v.sequence(b, "[", "]")
	case Tuple:
		v.sequence(b, "(", ")")
	case Set:
		b.WriteString("{" + strings.Join(slices.Compact(slices.Sorted(slices.Values(forms(v.Items)))), ",") + "}")
	case Dict:
		b.WriteString("d{" + strings.Join(v.pairs(), ",") + "}")
	}
}

func (v Value) sequence(b *strings.Builder, open, closing string) {
	b.WriteString(open + strings.Join(forms(v.Items), ",") + closing)
}

func forms(items []Value) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Canonical()
	}
	return out
}

// pairs are a dict's items, by key; of equal keys the last counts.
func (v Value) pairs() []string {
	values := map[string]string{}
	for n := 0; n+1 < len(v.Items); n += 2 {
		values[v.Items[n].Canonical()] = v.Items[n+1].Canonical()
	}
	var out []string
	for key, value := range values {
		out = append(out, key+":"+value)
	}
	slices.Sort(out)
	return out
}

// decimals writes a float rounded to six decimals, half to even of the exact value
// as Python's round does, without zeros at the end; a whole number as an integer.
func decimals(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if f == math.Trunc(f) {
		n, _ := big.NewFloat(f).Int(nil)
		return n.String()
	}
	text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 6, 64), "0"), ".")
	if text == "-0" || text == "" {
		return "0"
	}
	return text
}

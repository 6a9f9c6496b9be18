package kernels

import (
	"cmp"
	"math"
	"slices"
)

// Reference draws from logits as the package comment defines it, by sorting and
// in float64. It returns the pick and its margin: how close, in probability, the
// nearest of its decisions was to going the other way. The C sampler, which
// computes in float32, may differ from it only where the margin is of the order
// of float32's rounding, 1e-6.
func Reference(logits []float32, set Settings, seed, position uint64, recent []int32) (Pick, float64) {
	x := sanitize(logits)
	top := slices.Max(x)
	if math.IsInf(top, -1) {
		return Pick{NoToken, float32(top)}, 1
	}
	total1 := 0.0 // at temperature 1, relative to the largest
	for _, v := range x {
		total1 += math.Exp(v - top)
	}
	pick := func(id int) Pick { return Pick{int32(id), float32(x[id] - top - math.Log(total1))} }

	y := penalize(x, set.Repeat, recent)
	order := make([]int, 0, len(y)) // ids, most probable first
	for id := range y {
		if !math.IsInf(y[id], -1) {
			order = append(order, id)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(y[b], y[a]) })
	if len(order) == 0 {
		return Pick{NoToken, float32(math.Inf(-1))}, 1
	}
	if !(set.Temperature >= 1e-5) {
		return pick(order[0]), 1
	}

	p := make([]float64, len(y)) // relative to the largest
	for _, id := range order {
		p[id] = math.Exp((y[id] - y[order[0]]) / float64(set.Temperature))
	}
	margin := 1.0
	near := func(a, b, total float64) { margin = min(margin, math.Abs(a-b)/total) }

	n := len(order) // keep order[:n]
	ties := func(n int) int {
		for n < len(order) && y[order[n]] == y[order[n-1]] {
			n++
		}
		return n
	}
	if k := int(set.TopK); k > 0 && k < n {
		n = ties(k)
	}
	if set.TopP > 0 && set.TopP < 1 {
		total := sum(p, order[:n])
		mass := 0.0
		for i, id := range order[:n] {
			mass += p[id]
			near(mass, float64(set.TopP)*total, total)
			if mass >= float64(set.TopP)*total {
				n = ties(i + 1)
				break
			}
		}
	}
	if set.MinP > 0 {
		for i, id := range order[:n] {
			near(p[id], float64(set.MinP), 1)
			if i > 0 && p[id] < float64(set.MinP) && y[id] < y[order[0]] {
				n = i
				break
			}
		}
	}

	kept := order[:n]
	slices.Sort(kept)
	total := sum(p, kept)
	target := Uniform(seed, position, 0) * total
	mass := 0.0
	for _, id := range kept {
		near(mass, target, total)
		mass += p[id]
		if mass > target {
			near(mass, target, total)
			return pick(id), margin
		}
	}
	return pick(kept[n-1]), margin
}

// sanitize gives logits in float64 with NaN as -Inf and +Inf as the largest
// float32.
func sanitize(logits []float32) []float64 {
	x := make([]float64, len(logits))
	for i, v := range logits {
		x[i] = min(float64(v), math.MaxFloat32)
		if v != v {
			x[i] = math.Inf(-1)
		}
	}
	return x
}

func penalize(x []float64, repeat float32, recent []int32) []float64 {
	y := slices.Clone(x)
	if !(repeat > 0) || repeat == 1 {
		return y
	}
	for _, id := range recent {
		if id < 0 || int(id) >= len(x) {
			continue
		}
		// In float32, as in C: a penalty is no place for two opinions on ties.
		if v := float32(x[id]); v > 0 {
			y[id] = min(float64(v/repeat), math.MaxFloat32)
		} else {
			y[id] = float64(v * repeat)
		}
	}
	return y
}

func sum(p []float64, ids []int) float64 {
	total := 0.0
	for _, id := range ids {
		total += p[id]
	}
	return total
}

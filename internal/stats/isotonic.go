package stats

// Isotonic returns the non-decreasing sequence nearest to y in weighted least
// squares, by pooling adjacent violators. Weights are positive; nil means equal.
func Isotonic(y, weight []float64) []float64 {
	type block struct {
		sum, weight float64
		n           int
	}
	var blocks []block
	for i, v := range y {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		blocks = append(blocks, block{v * w, w, 1})
		for k := len(blocks) - 1; k > 0; k-- {
			a, b := blocks[k-1], blocks[k]
			if a.sum*b.weight <= b.sum*a.weight {
				break
			}
			blocks[k-1] = block{a.sum + b.sum, a.weight + b.weight, a.n + b.n}
			blocks = blocks[:k]
		}
	}
	out := make([]float64, 0, len(y))
	for _, b := range blocks {
		for range b.n {
			out = append(out, b.sum/b.weight)
		}
	}
	return out
}

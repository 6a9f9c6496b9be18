package llama

// mostDrafts is how many drafted rows a batch of few samples may have.
const mostDrafts = 16

// drafts tells whether drafting was found to pay on what the model runs on: a
// CPU, with most weights of a type that is interleaved for kernels of several
// rows. Without those a row costs as much as a token.
func (m modelOf) drafts() bool {
	c := m.config
	if c.NoDraft || c.Fixed || c.NoRepack || c.GPULayers > 0 || m.window {
		return false
	}
	switch m.info.Quantization {
	case "Q4_0", "Q4_K", "IQ4_NL":
		return true
	}
	return false
}

// rowCost is what a batch of so many rows costs in units of one row: measured
// (docs/performance.md, "Drafting"). The kernels compute four rows, and sixteen,
// for little more than fewer.
var rowCost = [...]struct{ rows, cost float64 }{
	{1, 1}, {2, 1.9}, {3, 2.5}, {4, 3.1}, {5, 4}, {6, 4.6}, {8, 4.6}, {9, 5.5}, {10, 6}, {12, 6.2}, {15, 8}, {16, 6.7},
	{18, 8.3}, {20, 8.1}, {24, 9.9}, {30, 13.3}, {32, 12.2}, {48, 17.8}, {64, 23.7},
}

// Cost implements sched.Decoder.
func (d *decoder) Cost(rows int) float64 {
	last := rowCost[0]
	for _, p := range rowCost[1:] {
		if r := float64(rows); r <= p.rows {
			return last.cost + (r-last.rows)/(p.rows-last.rows)*(p.cost-last.cost)
		}
		last = p
	}
	return last.cost / last.rows * float64(rows)
}

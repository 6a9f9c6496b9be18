package llama

// mostDrafts is how many drafted rows a batch of few samples may have.
const mostDrafts = 16

// rowCost is what a batch of so many rows costs in units of one row.
type rowCost struct{ rows, cost float64 }

// Measured by BenchmarkRows (docs/performance.md, "Drafting").
var (
	// Weights row by row, with our kernels: up to three rows each by itself, more in one
	// go. By instruction set.
	plainCosts = map[string][]rowCost{
		"avx512 vnni": {{1, 1}, {2, 1.23}, {3, 1.60}, {4, 2.51}, {6, 2.88}, {8, 3.10}, {12, 3.73}, {16, 4.28}, {24, 5.54}, {32, 6.76}, {48, 9.45}, {64, 12.07}},
		"avx2":        {{1, 1}, {2, 1.28}, {3, 1.62}, {4, 2.81}, {6, 3.34}, {8, 3.66}, {12, 4.49}, {16, 5.54}, {24, 7.26}, {32, 9.06}, {48, 12.67}, {64, 16.21}},
	}
	// Interleaved ones: four rows in one go, and the last one to three each by itself.
	blockCosts = map[string][]rowCost{
		"avx512 vnni": {
			{1, 1}, {2, 1.38}, {3, 1.67}, {4, 1.43}, {5, 1.66}, {6, 1.95}, {7, 2.20}, {8, 2.04}, {9, 2.33}, {10, 2.57}, {11, 2.9}, {12, 2.79}, {14, 3.39}, {15, 3.7},
			{16, 3.53}, {17, 3.80}, {18, 4.08}, {19, 4.4}, {20, 4.19}, {24, 4.78}, {28, 5.59}, {32, 6.06}, {40, 7.34}, {48, 8.76}, {64, 11.19},
		},
		"avx2": {
			{1, 1}, {2, 1.31}, {3, 1.70}, {4, 2.78}, {5, 3.05}, {6, 3.32}, {7, 3.70}, {8, 3.60}, {9, 3.96}, {10, 4.23}, {12, 4.56}, {14, 5.16},
			{16, 5.52}, {17, 5.95}, {18, 6.19}, {20, 6.37}, {24, 7.30}, {28, 8.20}, {32, 9.06}, {40, 10.83}, {48, 12.56}, {64, 16.28},
		},
	}
	// Of superblocks, measured with AVX-512 VNNI only.
	superblockCosts = []rowCost{
		{1, 1}, {2, 1.41}, {3, 1.95}, {4, 2.12}, {5, 3.24}, {6, 3.58}, {7, 4.48}, {8, 4.78}, {9, 5.27}, {10, 5.68}, {11, 6}, {12, 4.76}, {14, 5.48}, {15, 6},
		{16, 5.69}, {17, 6.99}, {18, 7.23}, {19, 7.5}, {20, 7.32}, {24, 8.10}, {28, 8.79}, {32, 9.77}, {40, 11.95}, {48, 13.81}, {64, 16.68},
	}
	// Interleaved ones with llama.cpp's kernels.
	foreignCosts = []rowCost{
		{1, 1}, {2, 1.9}, {3, 2.5}, {4, 3.1}, {5, 4}, {6, 4.6}, {8, 4.6}, {9, 5.5}, {10, 6}, {12, 6.2}, {15, 8}, {16, 6.7},
		{18, 8.3}, {20, 8.1}, {24, 9.9}, {30, 13.3}, {32, 12.2}, {48, 17.8}, {64, 23.7},
	}
)

// rowCosts is what batches cost on a CPU, by the type of most weights; nil where a
// row is known or feared to cost as much as a batch.
func (m *Model) rowCosts() []rowCost {
	interleaved, ours, isa := !m.config.NoRepack, usableKernels().products != nil, usableKernels().isa
	switch m.info.Quantization {
	case "Q4_0", "IQ4_NL", "Q4_K":
		switch {
		case interleaved && ours && m.info.Quantization == "Q4_K":
			return superblockCosts
		case interleaved && ours:
			return blockCosts[isa]
		case interleaved:
			return foreignCosts
		case ours && m.info.Quantization == "Q4_0":
			return plainCosts[isa]
		}
	case "Q4_1", "Q5_0", "Q5_1", "Q8_0":
		if ours {
			return plainCosts[isa]
		}
	}
	return nil
}

// drafts tells whether tokens are drafted: where it was found to pay, and can be
// taken back.
func (m schedModel) drafts() bool {
	c := m.config
	return !c.NoDraft && !c.Fixed && c.GPULayers <= 0 && !m.window && m.rowCosts() != nil
}

// Cost implements sched.Decoder.
func (d *decoder) Cost(rows int) float64 {
	last := d.costs[0]
	for _, p := range d.costs[1:] {
		if r := float64(rows); r <= p.rows {
			return last.cost + (r-last.rows)/(p.rows-last.rows)*(p.cost-last.cost)
		}
		last = p
	}
	return last.cost / last.rows * float64(rows)
}

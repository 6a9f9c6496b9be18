package llama

import "coderm/kernels"

// mostDrafts is how many drafted rows a batch of few samples may have.
const mostDrafts = 16

// rowCost is what a batch of so many rows costs in units of one row.
type rowCost struct{ rows, cost float64 }

// Measured by BenchmarkRows (docs/performance.md, "Drafting").
var (
	// Weights row by row, with our kernels: all rows in one go.
	plainCosts = []rowCost{{1, 1}, {2, 1.46}, {3, 1.61}, {4, 1.61}, {6, 1.86}, {8, 1.99}, {12, 2.38}, {16, 2.72}, {24, 3.46}, {32, 4.29}, {48, 5.84}, {64, 7.32}}
	// Interleaved ones: four rows in one go, and the last one to three each by itself.
	blockCosts = []rowCost{
		{1, 1}, {2, 1.61}, {3, 2.05}, {4, 1.41}, {5, 1.80}, {6, 2.24}, {7, 2.69}, {8, 1.99}, {9, 2.44}, {10, 2.84}, {11, 3.3}, {12, 2.73}, {14, 3.58}, {15, 4},
		{16, 3.35}, {17, 3.83}, {18, 4.26}, {19, 4.7}, {20, 4.04}, {24, 4.67}, {28, 5.38}, {32, 5.96}, {40, 7.03}, {48, 8.31}, {64, 11.07},
	}
	superblockCosts = []rowCost{
		{1, 1}, {2, 1.67}, {3, 2.56}, {4, 2.32}, {5, 2.95}, {6, 3.67}, {7, 4.78}, {8, 4.56}, {9, 5.21}, {10, 6}, {11, 6.6}, {12, 5.07}, {14, 6.32}, {15, 7},
		{16, 6}, {17, 7.51}, {18, 8.13}, {19, 8.8}, {20, 7.82}, {24, 8.53}, {28, 9.17}, {32, 10.01}, {40, 12.39}, {48, 15.12}, {64, 18.61},
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
	interleaved, ours := !m.config.NoRepack, kernels.Gemms().Q4_0 != nil
	switch m.info.Quantization {
	case "Q4_0", "IQ4_NL", "Q4_K":
		switch {
		case interleaved && ours && m.info.Quantization == "Q4_K":
			return superblockCosts
		case interleaved && ours:
			return blockCosts
		case interleaved:
			return foreignCosts
		case ours && m.info.Quantization == "Q4_0":
			return plainCosts
		}
	case "Q4_1", "Q5_0", "Q5_1", "Q8_0":
		if ours {
			return plainCosts
		}
	}
	return nil
}

// drafts tells whether tokens are drafted: where it was found to pay, and can be
// taken back.
func (m modelOf) drafts() bool {
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

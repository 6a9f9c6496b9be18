package difficulty

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// scaler standardises columns to mean 0 and deviation 1. A value further out
// than bound deviations is pulled in: an unusual problem must not be
// extrapolated to.
type scaler struct {
	Mean  []float64 `json:"mean"`
	Scale []float64 `json:"scale"` // 1/deviation; 0 for a constant column
}

const bound = 3

func newScaler(x *mat.Dense) *scaler {
	_, cols := x.Dims()
	s := &scaler{make([]float64, cols), make([]float64, cols)}
	for j := range cols {
		mean, dev := stat.PopMeanStdDev(mat.Col(nil, j, x), nil)
		s.Mean[j] = mean
		if dev > 1e-9 {
			s.Scale[j] = 1 / dev
		}
	}
	return s
}

func (s *scaler) apply(x *mat.Dense) *mat.Dense {
	rows, cols := x.Dims()
	out := mat.NewDense(rows, cols, nil)
	out.Apply(func(_, j int, v float64) float64 {
		return max(-bound, min(bound, (v-s.Mean[j])*s.Scale[j]))
	}, x)
	return out
}

// projection is a principal component analysis: the directions in which
// standardised rows vary most, scaled to deviation 1.
type projection struct {
	Basis [][]float64 `json:"basis"` // components × columns
}

// newProjection finds up to k components of rows that have mean 0.
func newProjection(x *mat.Dense, k int) (*projection, error) {
	rows, cols := x.Dims()
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		return nil, fmt.Errorf("the principal components of the features cannot be computed")
	}
	values := svd.Values(nil)
	var v mat.Dense
	svd.VTo(&v)
	p := &projection{}
	for c := 0; c < min(k, len(values)) && values[c] > 1e-6*values[0]; c++ {
		dev := values[c] / math.Sqrt(float64(rows))
		row := make([]float64, cols)
		for j := range row {
			row[j] = v.At(j, c) / dev
		}
		p.Basis = append(p.Basis, row)
	}
	return p, nil
}

func (p *projection) apply(x *mat.Dense) *mat.Dense {
	rows, _ := x.Dims()
	if len(p.Basis) == 0 {
		return nil
	}
	out := mat.NewDense(rows, len(p.Basis), nil)
	for c, b := range p.Basis {
		v := mat.NewVecDense(len(b), b)
		for i := range rows {
			out.Set(i, c, mat.Dot(x.RowView(i), v))
		}
	}
	return out
}

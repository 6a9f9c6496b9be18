package difficulty

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// network is a two-layer network with one output: tanh(x·W1 + b1)·w2 + b2, and
// a sigmoid on top for a probability. With no hidden unit it is x·w2 + b2:
// linear or logistic regression.
type network struct {
	Inputs int       `json:"inputs"`
	Hidden int       `json:"hidden"`
	Link   link      `json:"link"`
	Theta  []float64 `json:"theta"` // W1 (Inputs × Hidden), b1, w2, b2
}

// link is what the output means.
type link string

const (
	identity link = "identity" // a number, fitted by squared error
	logistic link = "logistic" // a probability, fitted by cross-entropy
)

// parameters is the length of Theta.
func parameters(inputs, hidden int) int {
	if hidden == 0 {
		return inputs + 1
	}
	return inputs*hidden + hidden + hidden + 1
}

// newNetwork draws small weights, so that the tanh start out linear.
func newNetwork(inputs, hidden int, l link, rng *rand.Rand) *network {
	n := &network{inputs, hidden, l, make([]float64, parameters(inputs, hidden))}
	if hidden == 0 {
		return n // convex: the start does not matter
	}
	scale := 1 / math.Sqrt(float64(inputs))
	for i := range n.Theta {
		n.Theta[i] = scale * rng.NormFloat64()
	}
	return n
}

// predict returns one output for each row of x.
func (n *network) predict(x *mat.Dense) []float64 {
	_, out := n.forward(x, n.Theta)
	if n.Link == logistic {
		for i, z := range out {
			out[i] = sigmoid(z)
		}
	}
	return out
}

// forward returns the hidden layer (rows × Hidden; nil without one) and the
// output before the link.
func (n *network) forward(x *mat.Dense, theta []float64) (h *mat.Dense, out []float64) {
	rows, _ := x.Dims()
	w2 := theta[n.Inputs*n.Hidden+n.Hidden:]
	last, width := x, n.Inputs
	if n.Hidden > 0 {
		h = mat.NewDense(rows, n.Hidden, nil)
		h.Mul(x, mat.NewDense(n.Inputs, n.Hidden, theta[:n.Inputs*n.Hidden]))
		b1 := theta[n.Inputs*n.Hidden:][:n.Hidden]
		for i := range rows {
			row := h.RawRowView(i)
			for k := range row {
				row[k] = math.Tanh(row[k] + b1[k])
			}
		}
		last, width = h, n.Hidden
	}
	v := mat.NewVecDense(rows, nil)
	v.MulVec(last, mat.NewVecDense(width, w2[:width]))
	out = v.RawVector().Data
	for i := range out {
		out[i] += w2[width]
	}
	return h, out
}

// loss is the mean loss over the rows, y being in [0,1] for a probability.
func (n *network) loss(out, y []float64) float64 {
	sum := 0.0
	for i, z := range out {
		if n.Link == logistic {
			sum += softplus(z) - y[i]*z
		} else {
			sum += (z - y[i]) * (z - y[i]) / 2
		}
	}
	return sum / float64(len(y))
}

// objective is the mean loss with the penalty of large weights.
func (n *network) objective(theta []float64, x *mat.Dense, y []float64, l2 float64) float64 {
	_, out := n.forward(x, theta)
	f := n.loss(out, y)
	n.weights(func(i int) { f += l2 / 2 * theta[i] * theta[i] })
	return f
}

// gradient of the mean loss, and of l2/2 times the squared weights (not the
// biases), into grad.
func (n *network) gradient(grad, theta []float64, x *mat.Dense, y []float64, l2 float64) {
	h, delta := n.forward(x, theta)
	for i, z := range delta {
		if n.Link == logistic {
			z = sigmoid(z)
		}
		delta[i] = (z - y[i]) / float64(len(y))
	}
	top := n.Inputs*n.Hidden + n.Hidden
	last, width := x, n.Inputs
	if h != nil {
		last, width = h, n.Hidden
	}
	dv := mat.NewVecDense(len(delta), delta)
	mat.NewVecDense(width, grad[top:top+width]).MulVec(last.T(), dv)
	grad[top+width] = mat.Sum(dv)
	if h != nil {
		b1 := grad[n.Inputs*n.Hidden : top]
		clear(b1)
		for i := range delta {
			row := h.RawRowView(i)
			for k, a := range row {
				row[k] = delta[i] * theta[top+k] * (1 - a*a)
				b1[k] += row[k]
			}
		}
		mat.NewDense(n.Inputs, n.Hidden, grad[:n.Inputs*n.Hidden]).Mul(x.T(), h)
	}
	n.weights(func(i int) { grad[i] += l2 * theta[i] })
}

// weights calls f for every parameter that is not a bias.
func (n *network) weights(f func(i int)) {
	w1 := n.Inputs * n.Hidden
	for i := range w1 {
		f(i)
	}
	for i := w1 + n.Hidden; i < len(n.Theta)-1; i++ {
		f(i)
	}
}

// fit minimises the loss by L-BFGS. After every iteration it calls each, if
// given, with the parameters so far.
func (n *network) fit(x *mat.Dense, y []float64, l2 float64, iterations int, each func(iteration int, theta []float64)) error {
	problem := optimize.Problem{
		Func: func(theta []float64) float64 { return n.objective(theta, x, y, l2) },
		Grad: func(grad, theta []float64) { n.gradient(grad, theta, x, y, l2) },
	}
	settings := &optimize.Settings{
		MajorIterations:   iterations,
		GradientThreshold: 1e-7,
		Converger:         &optimize.FunctionConverge{Absolute: 1e-9, Iterations: 10},
	}
	if each != nil {
		settings.Recorder = recorder(each)
	}
	result, err := optimize.Minimize(problem, n.Theta, settings, &optimize.LBFGS{})
	// A line search that can make no more progress has found the minimum as
	// well as floating point allows.
	if result == nil {
		return fmt.Errorf("training: %w", err)
	}
	for _, v := range result.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("training did not converge; check the features for extreme values")
		}
	}
	n.Theta = result.X
	return nil
}

// recorder hears of every major iteration.
type recorder func(iteration int, theta []float64)

func (recorder) Init() error { return nil }

func (r recorder) Record(loc *optimize.Location, op optimize.Operation, stats *optimize.Stats) error {
	if op == optimize.MajorIteration {
		r(stats.MajorIterations, loc.X)
	}
	return nil
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// softplus is log(1+exp(z)).
func softplus(z float64) float64 { return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) }

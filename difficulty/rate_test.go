package difficulty

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
)

// The network's gradient against central differences of its loss.
func TestNetworkGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, hidden := range []int{0, 3} {
		for _, l := range []link{identity, logistic} {
			x, y := mat.NewDense(7, 4, nil), make([]float64, 7)
			x.Apply(func(int, int, float64) float64 { return rng.NormFloat64() }, x)
			for i := range y {
				y[i] = rng.Float64()
			}
			n := newNetwork(4, hidden, l, rng)
			for i := range n.Theta {
				n.Theta[i] = rng.NormFloat64()
			}
			got := make([]float64, len(n.Theta))
			n.gradient(got, n.Theta, x, y, 0.1)
			want := fd.Gradient(nil, func(theta []float64) float64 { return n.objective(theta, x, y, 0.1) }, n.Theta, &fd.Settings{Formula: fd.Central})
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-6 {
					t.Errorf("hidden %d, %s: derivative %d is %v, want %v", hidden, l, i, got[i], want[i])
				}
			}
		}
	}
}

// Training ends where the penalised loss has no slope left.
func TestLogisticRegression(t *testing.T) {
	x := mat.NewDense(6, 1, []float64{-2, -1, -0.5, 0.5, 1, 2})
	y := []float64{0, 0, 1, 0, 1, 1}
	n := newNetwork(1, 0, logistic, nil)
	if err := n.fit(x, y, 0.1, 200, nil); err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, 2)
	n.gradient(grad, n.Theta, x, y, 0.1)
	if math.Abs(grad[0]) > 1e-5 || math.Abs(grad[1]) > 1e-5 {
		t.Errorf("not a minimum: gradient %v at %v", grad, n.Theta)
	}
	if n.Theta[0] <= 0 || math.Abs(n.Theta[1]) > 1e-4 {
		t.Errorf("slope and intercept %v of symmetric data", n.Theta)
	}
}

func TestProjection(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	x := mat.NewDense(200, 5, nil)
	for i := range 200 {
		u, v := rng.NormFloat64(), rng.NormFloat64()
		x.SetRow(i, []float64{3 * u, 3*u + 0.01*v, v, -v, 0.001 * rng.NormFloat64()})
	}
	s := newScaler(x)
	z := s.apply(x)
	p, err := newProjection(z, 2)
	if err != nil {
		t.Fatal(err)
	}
	c := p.apply(z)
	for j := range 2 {
		col := mat.Col(nil, j, c)
		var m, v float64
		for _, a := range col {
			m, v = m+a/200, v+a*a/200
		}
		if math.Abs(m) > 0.1 || math.Abs(v-1) > 1e-6 {
			t.Errorf("component %d has mean %v and variance %v", j, m, v)
		}
	}
}

// problems makes up texts and the pass rates that go with them.
func problems(n int) ([]Known, []float64) {
	rng := rand.New(rand.NewPCG(1, 1))
	known, rates := make([]Known, n), make([]float64, n)
	for i := range known {
		rates[i] = rng.Float64()
		known[i].Text = []float64{rates[i], 1, 2, 3, 4, 5, 6, rng.Float64(), 8, 9}
	}
	return known, rates
}

func TestBadTrainingData(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(known []Known, rates []float64) ([]Known, []float64)
	}{
		{"too few", "too few", func(k []Known, r []float64) ([]Known, []float64) { return k[:5], r[:5] }},
		{"one class", "nothing to tell apart", func(k []Known, r []float64) ([]Known, []float64) {
			for i := range r {
				r[i] = 1
			}
			return k, r
		}},
		{"NaN", "is NaN", func(k []Known, r []float64) ([]Known, []float64) {
			k[3].Text = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, math.NaN()}
			return k, r
		}},
		{"rate out of range", "must be in 0 to 1", func(k []Known, r []float64) ([]Known, []float64) { r[4] = 1.5; return k, r }},
		{"width", "instead of", func(k []Known, r []float64) ([]Known, []float64) { k[2].Text = k[2].Text[:4]; return k, r }},
	} {
		known, rates := c.spoil(problems(30))
		_, err := FitRate(known, rates, Features{Text: true}, []int{0}, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestArguments(t *testing.T) {
	for question, want := range map[string]float64{
		"no function":                           0,
		"def f():":                              0,
		"def f(a: int, b=(1, 2)) -> Dict[a, b]": 2,
		"def g(x):\n...\ndef f(a, b, c):":       3,
		"def f(a,":                              2,
	} {
		if got := arguments(question); math.Abs(got-math.Log1p(want)) > 1e-12 {
			t.Errorf("%q: %v arguments, want %v", question, math.Expm1(got), want)
		}
	}
	if got := len(TextFeatures("x")); got != len(textNames) {
		t.Errorf("%d text features, %d names", got, len(textNames))
	}
}

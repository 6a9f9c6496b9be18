package sandbox

import (
	"testing"

	"coderm/problem"
)

// TestCrossing runs the pairs of testdata/crossing, in which objects of packages go from
// solution to test and back.
func TestCrossing(t *testing.T) {
	s := withPackages(t, Options{Workers: 1})
	for _, c := range readClasses(t, "testdata/crossing") {
		v, err := s.Run(t.Context(), c.pair, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind.String() != c.want {
			t.Errorf("%s: %v, natively %s: %s", c.name, v.Kind, c.want, v.Detail)
		}
	}
}

// TestArrayForgeries: what is no array of the right numbers passes none of the ways in
// which tests compare arrays.
func TestArrayForgeries(t *testing.T) {
	s := withPackages(t, Options{Workers: 2})
	solutions := map[string]string{
		"right":             "def f(x): return np.array([4, 5])",
		"subclass":          "class A(np.ndarray):\n    def __eq__(s, o): return np.ones(2, bool)\n    def __sub__(s, o): return np.zeros(2)\n    def __array__(s, *a, **k): return s\n    def all(s): return True\ndef f(x): return np.zeros(2).view(A)",
		"functions":         "class A(np.ndarray):\n    def __array_ufunc__(s, *a, **k): return np.ones(2, bool)\n    def __array_function__(s, *a, **k): return True\ndef f(x): return np.zeros(2).view(A)",
		"objects in it":     "class E:\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n    def __sub__(s, o): return 0\n    __rsub__ = __sub__\n    def __float__(s): return 4.0\n    def __bool__(s): return True\n    __hash__ = None\ndef f(x): return np.array([E(), E()], dtype=object)",
		"object like one":   "class E:\n    shape, ndim, dtype, size = (2,), 1, np.dtype(int), 2\n    def __eq__(s, o): return s\n    def __sub__(s, o): return s\n    def __abs__(s): return s\n    def all(s): return True\n    def max(s): return 0\n    def __array__(s, *a, **k): return np.zeros(2)\n    def __len__(s): return 2\n    def __getitem__(s, i): return 0\n    def __array_ufunc__(s, *a, **k): return np.ones(2, bool)\n    def __array_function__(s, *a, **k): return True\ndef f(x): return E()",
		"answers an array":  "class B:\n    def __array__(s, *a, **k): return np.ones(2, bool)\n    def __iter__(s): return iter([True, True])\nclass E:\n    def __eq__(s, o): return B()\n    def __sub__(s, o): return B()\ndef f(x): return E()",
		"numbers of a kind": "class F(np.float64):\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0.0\ndef f(x): return np.array([F(1), F(2)])",
		"number of a kind":  "class F(np.float64):\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0.0\ndef f(x): return F(1)",
	}
	for _, test := range []string{
		"assert np.array_equal(f(2), np.array([4, 5]))", "assert (f(2) == np.array([4, 5])).all()", "assert (f(2) == [4, 5]).all()", "assert all(f(2) == np.array([4, 5]))",
		"assert np.all(f(2) == np.array([4, 5]))", "assert not (f(2) != np.array([4, 5])).any()", "np.testing.assert_allclose(f(2), [4, 5])",
		"np.testing.assert_array_equal(f(2), np.array([4, 5]))", "assert np.allclose(f(2), np.array([4, 5]))", "assert np.abs(f(2) - np.array([4, 5])).max() < 1e-9",
		"assert np.linalg.norm(f(2) - np.array([4, 5])) < 1e-9",
	} {
		for name, solution := range solutions {
			v, err := s.Run(t.Context(), Pair{Solution: "import numpy as np\n" + solution + "\n", Test: problem.PythonTest("import numpy as np\n" + test + "\n")}, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if (v.Kind == Pass) != (name == "right") {
				t.Errorf("%s, %s: %v (%s)", name, test, v.Kind, v.Detail)
			}
		}
	}
}

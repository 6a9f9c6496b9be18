package sandbox

import (
	"strings"
	"testing"

	"coderm/problem"
)

// TestPutOff: a package that is known and not here costs a program nothing that names it at
// its top and does not use it. Any use says what is missing, and a program that sees to
// the failure of its import sees it fail.
func TestPutOff(t *testing.T) {
	s := withPackages(t, Options{Workers: 2})
	const f = "def f(x): return x + 1\n"
	const used = "No module named 'scipy"
	for _, c := range []struct {
		name, solution, test string
		want                 Kind
		says                 string
	}{
		{"after the function", f + "import numpy as np\nfrom scipy.stats import beta, gamma\nfrom scipy import linalg as la\n", "", Pass, ""},
		{"before it", "import scipy\nimport scipy.sparse as sp, scipy.io\n" + f, "", Pass, ""},
		{"in the test", f, "from scipy.stats import norm\n", Pass, ""},
		{"in both", "import scipy\n" + f, "import scipy\n", Pass, ""},
		{"a part and its part", "import scipy.sparse.csgraph\nfrom scipy.sparse.csgraph import shortest_path\n" + f, "", Pass, ""},
		{"under a condition", "if True:\n    import scipy\n" + f, "", Pass, ""},
		{"all names", "from scipy.stats import *\n" + f, "", Error, ""},
		{"a call", "from scipy.special import comb\ndef f(x): return int(comb(x, 1)) + 1\n", "", Error, used},
		{"an attribute", "import scipy.special\ndef f(x): return scipy.special.comb(x, 1) + 1\n", "", Error, used},
		{"a part that was not imported", "import scipy\ndef f(x): return scipy.special.comb(x, 1) + 1\n", "", Error, used},
		{"a number", "from scipy.constants import pi\ndef f(x): return 2 * pi\n", "", Error, used},
		{"a comparison", "from scipy.constants import pi\ndef f(x): return x + 1 if 3 != pi else 0\n", "", Error, used},
		{"a truth", "from scipy.constants import pi\ndef f(x): return x + 1 if pi else 0\n", "", Error, used},
		{"a base", "from scipy.stats import rv_continuous\nclass A(rv_continuous): pass\n" + f, "", Error, used},
		{"a class", "from scipy.sparse import csr_matrix\ndef f(x): return x + 1 - isinstance(x, csr_matrix)\n", "", Error, used},
		{"a decorator", "from scipy import njit\n@njit\n" + f, "", Error, used},
		{"at the top", "import scipy\npi = scipy.pi\n" + f, "", Error, used},
		{"in the function", "def f(x):\n    import scipy\n    return x + 1\n", "", Error, used},
		{"again in the function", "import scipy\ndef f(x):\n    import scipy.stats\n    return x + 1\n", "", Error, used},
		{"from it in the function", "import scipy\ndef f(x):\n    from scipy import stats\n    return x + 1\n", "", Error, used},
		{"tried", "try:\n    import scipy\n    has = True\nexcept ImportError:\n    has = False\n" + f, "assert not has\n", Pass, ""},
		{"tried around", "try:\n    exec('import scipy')\n    has = True\nexcept ImportError:\n    has = False\n" + f, "assert not has\n", Pass, ""},
		{"suppressed", "import contextlib\nhas = False\nwith contextlib.suppress(ImportError):\n    from scipy import stats\n    has = True\n" + f, "assert not has\n", Pass, ""},
		{"tried after it was tried", "try:\n    import numpy\nexcept ImportError:\n    pass\nimport scipy\n" + f, "", Pass, ""},
		{"tried in the test", f, "try:\n    import scipy\n    has = True\nexcept ImportError:\n    has = False\nassert not has\n", Pass, ""},
		{"looked for", "import importlib.util\nhas = importlib.util.find_spec('scipy')\n" + f, "assert has is None\n", Pass, ""},
		{"by a function", "import importlib\nimportlib.import_module('scipy')\n" + f, "", Error, used},
		{"by another", "__import__('scipy')\n" + f, "", Error, used},
		{"through the library", "import scipy, inspect, pickle, warnings, copy, doctest\n" + f + "warnings.warn('w')\ninspect.getmodule(f), pickle.dumps(f), copy.copy(f), inspect.getsource(f)\n", "import inspect, solution\nassert 'scipy' in dir(solution)\ninspect.getmembers(solution)\n", Pass, ""},
		{"named by the test", "import scipy\n" + f, "import solution\nfor n, v in list(globals().items()): str(n)\nassert solution.f(1) == 2\n", Pass, ""},
		{"used by the test", "import scipy\n" + f, "from solution import scipy\nassert scipy.special.comb(1, 1) == 1\n", Error, "module 'scipy' has no attribute 'special'"},
		{"another package", "import torch\n" + f, "import numpy\n", Error, "No module named 'torch'"},
	} {
		v, err := s.Run(t.Context(), Pair{Solution: c.solution, Test: problem.PythonTest(c.test + "assert f(1) == 2\n")}, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind != c.want || !strings.Contains(v.Detail, c.says) {
			t.Errorf("%s: %v (%s), not %v (%s)", c.name, v.Kind, v.Detail, c.want, c.says)
		}
	}
}

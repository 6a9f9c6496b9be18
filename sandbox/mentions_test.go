package sandbox

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"coderm/problem"
)

func TestMentions(t *testing.T) {
	for text, want := range map[string]bool{
		"import numpy":                              true,
		"import os, numpy as np":                    true,
		"from numpy.linalg import inv":              true,
		"\tfrom numpy import (array,\n zeros)":      true,
		"try:import numpy\nexcept: pass":            true,
		"x=1;import numpy":                          true,
		"import \\\n  numpy":                        true,
		"importlib.import_module('numpy')":          true,
		"# import numpy":                            true, // more than need be
		"numpy = 1":                                 false,
		"import mynumpy":                            false,
		"import numpyx, numpy_, _numpy, numpy1":     false,
		"import énumpy, numpyé":                     false,
		"import numpy2, numpy":                      true,
		"":                                          false,
		"import num\nimport py":                     false,
		"__import__('num' + 'py')":                  false, // nor can anybody know
		"import numpyy; import numpyyy;import nump": false,
	} {
		if got := mentions(text, []string{"sympy", "numpy"}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestMissingPackages: the imports that fail for want of packages are told of once.
func TestMissingPackages(t *testing.T) {
	var log bytes.Buffer
	s, err := New(t.Context(), Options{Workers: 1, Packages: NoPackages, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	solutions := []string{"import numpy as np\nimport sympy", "from numpy import array", "import numpyy # numpy", "x = 1"}
	for range 2 {
		err := s.Matrix(t.Context(), solutions, problem.PythonTests([]string{"assert True"}), Limits{}, func(i, _ int, v Verdict) error {
			if want := i < 3; (v.Kind == Error) != want {
				t.Errorf("solution %d: %v", i, v)
			}
			if i == 0 && !strings.Contains(v.Detail, "ModuleNotFoundError: No module named 'numpy'") {
				t.Error(v.Detail)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if text := log.String(); strings.Count(text, "level=WARN") != 1 || !strings.Contains(text, "numpy (2), sympy (1)") {
		t.Error(text)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"coderm/internal/cputime"
	"coderm/problem"
	"coderm/sandbox"
)

// packages measures, in turns, what pairs cost where the packages guest is not there,
// where it is there and they import nothing, and where they run in it; and what the two
// guests cost to start and to have.
func packages(ctx context.Context, o options) error {
	found, err := sandbox.FindPackages("")
	if err != nil || found == nil {
		return fmt.Errorf("no packages guest: set %s (%w)", sandbox.EnvPackages, errors.Join(err, os.ErrNotExist))
	}
	solution := "def double(x):\n    return 2 * x\n"
	tests := problem.PythonTests([]string{"import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(double(2), 4)\n        self.assertEqual(double('a'), 'aa')\n"})
	kinds := []*packagesKind{
		{name: "none there", file: sandbox.NoPackages},
		{name: "there, none imported", file: found.Path},
		{name: "there, one only mentioned", file: found.Path, head: "# import sympy\n"},
		{name: "sortedcontainers imported", file: found.Path, head: "import sortedcontainers\n"},
		{name: "networkx imported", file: found.Path, head: "import networkx\n"},
		{name: "numpy imported", file: found.Path, head: "import numpy\n"},
		{name: "sympy imported", file: found.Path, head: "import sympy\n"},
	}
	boxes := map[string]*sandbox.Sandbox{}
	for _, k := range kinds {
		if boxes[k.file] == nil {
			before := cputime.Used()
			if boxes[k.file], err = sandbox.New(ctx, sandbox.Options{Workers: 1, Packages: k.file}); err != nil {
				return err
			}
			defer boxes[k.file].Close()
			if err := packagesCost(k.name+": started", before); err != nil {
				return err
			}
		}
		before := cputime.Used()
		if err := k.run(ctx, boxes[k.file], solution, tests[0], 1); err != nil {
			return err
		}
		if err := packagesCost(k.name+": first pair", before); err != nil {
			return err
		}
	}
	for range o.rounds {
		for _, k := range kinds {
			before := cputime.Used()
			if err := k.run(ctx, boxes[k.file], solution, tests[0], o.count); err != nil {
				return err
			}
			k.each = append(k.each, (cputime.Used()-before)/time.Duration(o.count))
		}
	}
	for _, k := range kinds {
		slices.Sort(k.each)
		fmt.Printf("%-28s %.3f ms a pair (%.3f to %.3f), fuel %d\n", k.name, milli(k.each[len(k.each)/2]), milli(k.each[0]), milli(k.each[len(k.each)-1]), k.fuel)
	}
	return nil
}

// packagesKind is one kind of pair.
type packagesKind struct {
	name, file, head string
	each             []time.Duration
	fuel             uint64
}

// run runs n different pairs of the kind.
func (k *packagesKind) run(ctx context.Context, s *sandbox.Sandbox, solution string, test problem.Test, n int) error {
	pairs := func(yield func(sandbox.Pair) bool) {
		for i := range n {
			if !yield(sandbox.Pair{Solution: fmt.Sprintf("%s%s# %d", k.head, solution, i), Test: test}) {
				return
			}
		}
	}
	return s.Pairs(ctx, pairs, sandbox.Limits{}, func(_ int, v sandbox.Verdict) error {
		if k.fuel = v.Fuel; v.Kind != sandbox.Pass {
			return fmt.Errorf("%s: %v (%s)", k.name, v.Kind, v.Detail)
		}
		return nil
	})
}

// packagesCost says what something took since before, and what the process has then.
func packagesCost(what string, before time.Duration) error {
	kib, err := status("VmRSS")
	fmt.Printf("%s in %.0f ms of processor time, process has %d MiB\n", what, milli(cputime.Used()-before), kib>>10)
	return err
}

func milli(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

package main

import (
	"os"
	"strings"
	"testing"

	"coderm/examples"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

// eachContest tests every bundled contest problem by itself.
func eachContest(t *testing.T, test func(t *testing.T, box *sandbox.Sandbox, c examples.Contest)) {
	box := judgeBox(t)
	contests, err := examples.LoadContests()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contests {
		t.Run(strings.TrimPrefix(c.Problem.ID, "contest/"), func(t *testing.T) {
			t.Parallel()
			test(t, box, c)
		})
	}
}

// wholly tells whether a problem's largest inputs are tried, too. A candidate that is
// slow there takes ten seconds of the processor for each of the time limit.
func wholly(p problem.Problem) bool { return p.TimeLimit <= 1 || os.Getenv("CODERM_SLOW") != "" }

// large tells of a seed by which a generator prints an input as large as the problem allows.
func large(seed uint64) bool { return seed%4 == 0 }

// TestContestInputs has validators allow what generators print, and all tests, and refuse
// what is no input.
func TestContestInputs(t *testing.T) {
	eachContest(t, func(t *testing.T, box *sandbox.Sandbox, c examples.Contest) {
		g, err := pipeline.NewGenerator(t.Context(), box, c.Problem.Generator)
		if err != nil {
			t.Fatal(err)
		}
		v, err := pipeline.NewValidator(t.Context(), box, c.Problem.Validator)
		if err != nil {
			t.Fatal(err)
		}
		allowed := func(input string, want bool) {
			t.Helper()
			if ok, err := v.Allows(t.Context(), input); err != nil || ok != want {
				t.Errorf("allows %.60q: %v, %v", input, ok, err)
			}
		}
		inputs := map[string]bool{}
		for seed := range uint64(14) {
			if large(seed) && !wholly(c.Problem) {
				continue
			}
			input, why, err := g.Input(t.Context(), seed)
			if err != nil || why != "" {
				t.Fatalf("%s, %v", why, err)
			}
			inputs[input] = true
			allowed(input, true)
			lines := strings.SplitAfter(strings.TrimSuffix(input, "\n"), "\n")
			allowed(input+lines[len(lines)-1], false)
			allowed(strings.Join(lines[:len(lines)-1], ""), false)
		}
		if len(inputs) < 8 {
			t.Errorf("%d different inputs by ten seeds or more", len(inputs))
		}
		for _, p := range c.Problem.Public {
			allowed(p.Input, true)
		}
		for _, h := range c.Hidden {
			if h.Seed == nil {
				allowed(h.Input, true)
			}
		}
		for _, rubbish := range []string{"", "\n", "hello\n", "-5\n", "999999999999999999999\n1 2 3\n"} {
			allowed(rubbish, false)
		}
	})
}

// TestContestCandidates holds candidates to what they are: right ones pass every test in
// time, slow ones are right until they are out of fuel, wrong ones fail a hidden test.
func TestContestCandidates(t *testing.T) {
	eachContest(t, func(t *testing.T, box *sandbox.Sandbox, c examples.Contest) {
		j := candidates{box: box, contest: c, rejected: make([]bool, len(c.Candidates)), late: make([]bool, len(c.Candidates))}
		j.run(t, c.Problem.Public, smallFuel, nil)
		clear(j.rejected)
		var small, largest []examples.Hidden
		for _, h := range c.Hidden {
			if h.Seed != nil && large(*h.Seed) {
				largest = append(largest, h)
			} else {
				small = append(small, h)
			}
		}
		j.run(t, j.tests(t, small), smallFuel, nil)
		if !wholly(c.Problem) {
			return
		}
		for _, h := range largest {
			open := make([]bool, len(c.Candidates))
			for i := range open {
				open[i] = !j.rejected[i]
			}
			j.run(t, j.tests(t, []examples.Hidden{h}), c.Problem.Fuel(problem.StdioTest("", "")), func(i, _ int) bool { return open[i] })
		}
		for i, s := range c.Candidates {
			switch {
			case s.Kind == examples.Wrong && !j.rejected[i]:
				t.Errorf("wrong/%s passes every hidden test", s.Name)
			case s.Kind == examples.Slow && !j.late[i]:
				t.Errorf("slow/%s is in time", s.Name)
			}
		}
	})
}

// smallFuel is for inputs that no candidate needs a second for, unless it never ends.
const smallFuel = 5_000_000_000

// candidates are those of a problem while they are run.
type candidates struct {
	box            *sandbox.Sandbox
	contest        examples.Contest
	rejected, late []bool // by candidate
}

// tests are hidden tests with their inputs and outputs.
func (j *candidates) tests(t *testing.T, hidden []examples.Hidden) (tests []problem.Test) {
	t.Helper()
	c := j.contest
	c.Hidden = hidden
	lines, err := contestTests(t.Context(), j.box, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		tests = append(tests, l.Test)
	}
	return tests
}

// run runs candidates on tests, and complains of verdicts that they should not have.
func (j *candidates) run(t *testing.T, tests []problem.Test, fuel uint64, want func(i, k int) bool) {
	t.Helper()
	p := j.contest.Problem
	var programs []string
	for _, s := range j.contest.Candidates {
		programs = append(programs, s.Code)
	}
	judged := make([]problem.Test, len(tests))
	for k, test := range tests {
		judged[k] = p.Judged(test)
	}
	lim := run.JudgeLimits()
	lim.Fuel, lim.GiveUp = fuel, 1
	err := j.box.Cells(t.Context(), programs, judged, lim, want, func(i, k int, v sandbox.Verdict) error {
		s := j.contest.Candidates[i]
		j.late[i] = j.late[i] || v.Kind == sandbox.Timeout
		j.rejected[i] = j.rejected[i] || v.Kind != sandbox.Pass
		if v.Kind == sandbox.Infra || v.Kind != sandbox.Pass && s.Kind != examples.Wrong && (s.Kind == examples.Right || v.Kind != sandbox.Timeout) {
			t.Errorf("%s/%s on %.60q: %v %s", s.Kind, s.Name, tests[k].Input, v.Kind, v.Detail)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package examples

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func TestLoad(t *testing.T) {
	problems, solutions, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) < 12 {
		t.Errorf("%d problems, want a dozen", len(problems))
	}
	for i, p := range problems {
		right := 0
		for _, s := range solutions[i] {
			if *s.Label {
				right++
			}
		}
		if n := len(solutions[i]); n < 8 || n > 10 || right == 0 || right == n {
			t.Errorf("%s: %d solutions, %d right; want 8 to 10 with both kinds", p.ID, n, right)
		}
	}
}

func TestLoadContests(t *testing.T) {
	contests, err := LoadContests()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contests {
		count := map[Kind]int{}
		for k, s := range c.Candidates {
			count[s.Kind]++
			if s.Index != k || *s.Label != (s.Kind == Right) || s.TaskID != c.Problem.ID {
				t.Errorf("%s: candidate %d is %+v", c.Problem.ID, k, s)
			}
		}
		if count[Right] < 2 || count[Wrong] < 2 || count[Slow] > 1 {
			t.Errorf("%s: candidates %v", c.Problem.ID, count)
		}
		if len(c.Problem.Public) == 0 || len(c.Hidden) < 6 || !c.Problem.ReadsInput() {
			t.Errorf("%s: %d public tests, %d hidden ones", c.Problem.ID, len(c.Problem.Public), len(c.Hidden))
		}
	}
}

func TestBadContests(t *testing.T) {
	const whole = "-- statement.md --\nAdd.\n-- problem.json --\n{\"time_limit\": 1}\n-- hidden/1.in --\n1\n-- hidden/1.out --\n1\n" +
		"-- generator.py --\nprint(1)\n-- validator.py --\nint(input())\n-- right/one.py --\nprint(1)\n"
	for _, c := range []struct{ text, wrong string }{
		{whole, ""},
		{"-- statement.md --\nAdd.\n", "are needed"},
		{whole + "-- right/one.py --\nprint(1)\n", "there twice"},
		{whole + "-- hidden/2.in --\n1\n", `unexpected section "hidden/2.in"`},
		{whole + "-- hidden/2.out --\n1\n", `unexpected section "hidden/2.out"`},
		{whole + "-- hidden/2.seed --\nx\n", "hidden/2.seed: "},
		{whole + "-- public/2.seed --\n1\n", "unexpected section"},
		{whole + "-- maybe/one.py --\n", "unexpected section"},
		{strings.Replace(whole, "time_limit", "limit", 1), "problem.json: "},
	} {
		_, err := parseContest("bad", txtar.Parse([]byte(c.text)))
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%q: %v, want %q", c.text, err, c.wrong)
		}
	}
}

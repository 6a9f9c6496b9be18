package examples

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"coderm/problem"
)

//go:embed contests/*.txtar
var contests embed.FS

// Contest is a bundled problem of a contest's kind: its solutions read standard input
// and print an answer. Its canonical solution is the first right candidate.
type Contest struct {
	Problem    problem.Problem
	Candidates []Candidate
	Hidden     []Hidden
}

// Candidate is a solution of which it is known what becomes of it.
type Candidate struct {
	problem.Solution
	Name string // of its approach, or of its mistake
	Kind Kind
}

// Kind is what becomes of a candidate.
type Kind string

// The kinds of candidates. A slow one is right, but not in time.
const (
	Right Kind = "right"
	Slow  Kind = "slow"
	Wrong Kind = "wrong"
)

// Hidden is a hidden test of a contest problem. One with a Seed has neither input nor
// output: the input is what the problem's generator prints by it, the output what the
// canonical solution makes of that.
type Hidden struct {
	problem.Test
	Seed *uint64
}

// LoadContests returns the bundled contest problems. Candidates come in an order that
// says nothing about which are right.
func LoadContests() (all []Contest, err error) {
	err = each(contests, "contests", func(name string, a *txtar.Archive) error {
		c, err := parseContest(name, a)
		all = append(all, c)
		return err
	})
	return all, err
}

func parseContest(name string, a *txtar.Archive) (Contest, error) {
	c := Contest{Problem: problem.Problem{ID: "contest/" + name}}
	p := &c.Problem
	texts := map[string]string{}
	for _, f := range a.Files {
		if _, twice := texts[f.Name]; twice {
			return c, fmt.Errorf("section %q is there twice", f.Name)
		}
		texts[f.Name] = string(f.Data)
	}
	byKind := map[Kind][]Candidate{}
	for _, f := range a.Files {
		text := texts[f.Name]
		dir, base := path.Split(f.Name)
		ext := path.Ext(base)
		stem := strings.TrimSuffix(f.Name, ext)
		kind := Kind(strings.TrimSuffix(dir, "/"))
		expected, answered := texts[stem+".out"]
		_, asked := texts[stem+".in"]
		switch {
		case f.Name == "statement.md":
			p.Question = text
		case f.Name == "problem.json":
			d := json.NewDecoder(bytes.NewReader(f.Data))
			d.DisallowUnknownFields()
			fields := struct {
				Difficulty *string          `json:"difficulty"`
				TimeLimit  *float64         `json:"time_limit"`
				Checker    *problem.Checker `json:"checker"`
			}{&p.Difficulty, &p.TimeLimit, &p.Checker}
			if err := d.Decode(&fields); err != nil {
				return c, fmt.Errorf("%s: %w", f.Name, err)
			}
		case f.Name == "generator.py":
			p.Generator = text
		case f.Name == "validator.py":
			p.Validator = text
		case f.Name == "checker.py":
			p.Checker = problem.Checker{Kind: problem.CheckPython, Source: text}
		case ext == ".py" && (kind == Right || kind == Slow || kind == Wrong):
			if kind == Right && p.Canonical == "" {
				p.Canonical = text
			}
			byKind[kind] = append(byKind[kind], Candidate{labelled(p.ID, text, kind == Right), strings.TrimSuffix(base, ext), kind})
		case ext == ".in" && answered && dir == "public/":
			p.Public = append(p.Public, problem.StdioTest(text, expected))
		case ext == ".in" && answered && dir == "hidden/":
			c.Hidden = append(c.Hidden, Hidden{Test: problem.StdioTest(text, expected)})
		case ext == ".out" && asked: // taken with its input
		case ext == ".seed" && dir == "hidden/":
			seed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
			if err != nil {
				return c, fmt.Errorf("%s: %w", f.Name, err)
			}
			c.Hidden = append(c.Hidden, Hidden{Seed: &seed})
		default:
			return c, fmt.Errorf("unexpected section %q", f.Name)
		}
	}
	if p.Question == "" || p.TimeLimit == 0 || p.Generator == "" || p.Validator == "" || p.Canonical == "" || len(c.Hidden) == 0 {
		return c, fmt.Errorf("sections statement.md, problem.json, generator.py, validator.py, right/ and hidden/ are needed")
	}
	for k, s := range interleave(byKind[Wrong], byKind[Right], byKind[Slow]) {
		s.Index = k
		c.Candidates = append(c.Candidates, s)
	}
	return c, nil
}

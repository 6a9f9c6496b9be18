package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"coderm/internal/table"
)

// Group is the problems of a platform or of a difficulty, or all: what best@k is where
// one of the k candidates that each problem has is chosen. Shares are 0 to 1.
type Group struct {
	By       string `json:"by"`             // "platform" or "difficulty"; "all" for all problems
	Name     string `json:"name,omitempty"` // of it; "" where the problems do not say
	Problems int    `json:"problems"`
	// Least and Most are the numbers of candidates that a problem has.
	Least  int     `json:"least_candidates"`
	Most   int     `json:"most_candidates"`
	Random float64 `json:"random"` // pass@1
	Oracle float64 `json:"oracle"` // pass@k
	// Chosen is the share of problems whose choice by the run itself is right, of all
	// of them; nil where a problem has no such choice.
	Chosen *float64 `json:"chosen,omitempty"`
	// Accuracy is each selector's best@k.
	Accuracy map[string]float64 `json:"accuracy"`
}

// ratingBand is how many points of a rating, such as Codeforces', are one difficulty.
const ratingBand = 400

// band is a difficulty as problems are grouped by it: ratings by bands.
func band(difficulty string) string {
	rating, err := strconv.Atoi(difficulty)
	if err != nil || rating < ratingBand {
		return difficulty
	}
	low := rating / ratingBand * ratingBand
	return fmt.Sprintf("%d to %d", low, low+ratingBand-1)
}

// groups cuts the problems by platform and by difficulty; nil where they say neither.
func groups(problems []Problem, choices []Choice) (out []Group) {
	all := make([]int, len(problems))
	byPlatform, byDifficulty := map[string][]int{}, map[string][]int{}
	for k, p := range problems {
		all[k] = k
		byPlatform[p.Platform] = append(byPlatform[p.Platform], k)
		byDifficulty[band(p.Difficulty)] = append(byDifficulty[band(p.Difficulty)], k)
	}
	for _, cut := range []struct {
		by    string
		parts map[string][]int
	}{{"platform", byPlatform}, {"difficulty", byDifficulty}} {
		if len(cut.parts[""]) == len(problems) {
			continue // no problem says it
		}
		for _, name := range slices.SortedFunc(maps.Keys(cut.parts), inOrder) {
			out = append(out, groupOf(cut.by, name, cut.parts[name], problems, choices))
		}
	}
	if len(out) > 0 {
		out = append(out, groupOf("all", "", all, problems, choices))
	}
	return out
}

// inOrder compares names, numbers in them as numbers.
func inOrder(a, b string) int {
	number := func(s string) int {
		first, _, _ := strings.Cut(s, " ")
		n, _ := strconv.Atoi(first) // a word is 0
		return n
	}
	return cmp.Or(cmp.Compare(number(a), number(b)), cmp.Compare(a, b))
}

func groupOf(by, name string, which []int, problems []Problem, choices []Choice) Group {
	g := Group{By: by, Name: name, Problems: len(which), Accuracy: map[string]float64{}}
	n := float64(len(which))
	right, known := 0.0, true
	for _, k := range which {
		p, c := &problems[k], &choices[k]
		candidates := len(p.Samples)
		if g.Most == 0 || candidates < g.Least {
			g.Least = candidates
		}
		g.Most = max(g.Most, candidates)
		g.Random += c.Random / n
		g.Oracle += c.Oracle / n
		for selector, accuracy := range c.Scores {
			g.Accuracy[selector] += accuracy / n
		}
		switch {
		case p.Chosen < 0 || p.Chosen >= len(p.Samples):
			known = false
		case p.Right[p.Samples[p.Chosen]]:
			right += 1 / n
		}
	}
	if known {
		g.Chosen = &right
	}
	return g
}

// K is the number of candidates, or from where to where.
func (g Group) K() string {
	if g.Least == g.Most {
		return strconv.Itoa(g.Most)
	}
	return fmt.Sprintf("%d to %d", g.Least, g.Most)
}

// markdownGroups writes best@k by platform and difficulty, of the study's first selector.
func (s *Study) markdownGroups(b *strings.Builder) {
	if len(s.Groups) == 0 || len(s.Selectors) == 0 {
		return
	}
	first := s.Selectors[0].Name
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("best@k %", ""), table.Right("problems", "k", "random (pass@1)", Label(first), "the run's choice", "oracle (pass@k)"))
	for _, g := range s.Groups {
		chosen := "-"
		if g.Chosen != nil {
			chosen = percent(*g.Chosen)
		}
		name := g.Name
		if name == "" && g.By != "all" {
			name = "not said"
		}
		t.Row(g.By, name, g.Problems, g.K(), percent(g.Random), percent(g.Accuracy[first]), chosen, percent(g.Oracle))
	}
}

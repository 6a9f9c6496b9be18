package show

import (
	"fmt"
	"io"
	"strings"

	"coderm/problem"
	"coderm/run"
)

// shownDifferences is how many calls and tests are shown; JSON has all.
const shownDifferences = 5

// Why writes an explanation in words.
func Why(w io.Writer, e run.Explanation) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s: solution #%d was chosen by %s, of %d.", e.TaskID, e.Chosen.Solution, e.Selector, e.All)
	if e.Tied > 1 {
		line("It was drawn by lot among %d that the selector holds for equal.", e.Tied)
	}
	tellStanding(line, e.Chosen)
	if e.RuledOut > 0 {
		line("%d others were out of the running: they pass fewer of the question's examples.", e.RuledOut)
	}
	if e.Other == nil {
		switch {
		case e.All == e.Chosen.Samples:
			line("There is no other program.")
		case e.RuledOut == 0:
			line("No solution did worse: there is nothing to tell them apart by.")
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
	line("")
	line("The best of the others is #%d.", e.Other.Solution)
	tellStanding(line, *e.Other)
	if n := len(e.Differ); n > 0 {
		line("")
		line("They differ on %d of %d observed calls:", n, e.Calls)
		for _, d := range e.Differ[:min(n, shownDifferences)] {
			line("  %s", problem.ShortText(d.Call))
			line("    #%d: %s (%d of %d did the same)", e.Chosen.Solution, d.Chosen, d.With, e.All)
			line("    #%d: %s (%d of %d)", e.Other.Solution, d.Other, d.Against, e.All)
		}
	} else if e.Calls > 0 {
		line("")
		line("They return the same on all %d observed calls.", e.Calls)
	}
	if n := len(e.Tests); n > 0 {
		line("")
		line("They differ on %d generated tests:", n)
		for _, t := range e.Tests[:min(n, shownDifferences)] {
			who, failing := e.Other.Solution, e.Chosen.Solution
			if t.Chosen {
				who, failing = failing, who
			}
			name := t.Method
			if name == "" {
				name = problem.ShortText(t.Test)
			}
			line("  only #%d passes %s", who, name)
			for _, m := range t.Made[:min(len(t.Made), shownDifferences)] {
				line("    #%d: %s gave %s", failing, problem.ShortText(m.Call), m.Back)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tellStanding(line func(string, ...any), s run.Standing) {
	line("  score %.4g; samples with this very text: %d", s.Score, s.Samples)
	if s.Examples.Of > 0 {
		line("  passes %d of the question's %d examples%s", s.Examples.Passed, s.Examples.Of, slow(s.Examples))
	}
	if s.Tests.Of > 0 {
		line("  passes %d of %d generated tests%s", s.Tests.Passed, s.Tests.Of, slow(s.Tests))
	}
	if s.Agreement != nil {
		line("  returns on a call what %.0f %% of the solutions do, in the mean", 100**s.Agreement)
	}
	if s.Right != nil {
		verdict := "wrong"
		if *s.Right {
			verdict = "right"
		}
		line("  is %s by the hidden tests", verdict)
	}
}

// slow says what is not known.
func slow(s run.Share) string {
	if s.Slow == 0 {
		return ""
	}
	return fmt.Sprintf(", and is out of the first fuel on %d", s.Slow)
}

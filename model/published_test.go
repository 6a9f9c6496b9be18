package model

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/internal/testkit"
	"coderm/problem"
)

// publishedPrompt is one of those that CodeRM's authors published.
type publishedPrompt struct{ set, id, text, question, solution string }

// publishedPrompts reads them, taken apart at the prompt's own headings.
func publishedPrompts(t *testing.T) (all []publishedPrompt) {
	t.Helper()
	before, rest, _ := strings.Cut(unittestPrompt(t, problem.Problem{Question: "{question}"}, "{code}", Published), "{question}")
	between, after, _ := strings.Cut(rest, "{code}")
	err := problem.Lines(testkit.Data(t, "coderm-prompts.jsonl.gz"), func(line []byte) error {
		var l struct {
			Set, Prompt string
			ID          string `json:"task_id"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		inner, ok := strings.CutPrefix(l.Prompt, before)
		inner, closed := strings.CutSuffix(inner, after)
		question, solution, divided := strings.Cut(inner, between)
		if !ok || !closed || !divided {
			t.Errorf("%s: another form of prompt", l.ID)
		}
		all = append(all, publishedPrompt{l.Set, l.ID, l.Prompt, question, solution})
		return nil
	})
	if err != nil || len(all) != 710 {
		t.Fatalf("%d prompts: %v", len(all), err)
	}
	return all
}

// The questions and solutions that we do not write as they were published, and why.
// Each is a slip of the published ones.
var (
	keptHeader = strings.Fields(`HumanEval/69 HumanEval/70 HumanEval/71 HumanEval/72 HumanEval/74 HumanEval/77 HumanEval/92
		HumanEval/99 HumanEval/119 HumanEval/125 HumanEval/126 HumanEval/132 HumanEval/134 HumanEval/136 HumanEval/148
		HumanEval/151 HumanEval/157`)  // docstrings in ''' kept a piece of the function's header
	lostQuote = strings.Fields(`Mbpp/11 Mbpp/131 Mbpp/477 Mbpp/602 Mbpp/624`) // with the docstring's
	keptCall  = strings.Fields(`Mbpp/237 Mbpp/251 Mbpp/273`)                  // of the function, in the solution
	keptSelf  = strings.Fields(`3532 3560`)                                   // of methods that call each other
)

// Given the published solution, the prompts come out as they were published, blanks
// at the end of the question aside.
func TestPublishedPrompts(t *testing.T) {
	problems := publishedProblems(t)
	differ := map[string]bool{}
	for _, want := range publishedPrompts(t) {
		p := problems[want.id]
		if want.set == "livecodebench" {
			p, _ = methodsOf(t, want)
		}
		question := strings.TrimRight(want.question, " \n")
		if unittestPrompt(t, p, want.solution, Published) != strings.Replace(want.text, want.question, question, 1) {
			differ[want.id] = true
		}
	}
	known := map[string]bool{}
	for _, id := range slices.Concat(keptHeader, lostQuote) {
		known[id] = true
	}
	if d := cmp.Diff(known, differ); d != "" {
		t.Errorf("the prompts that differ (-known +found):\n%s", d)
	}
}

// A candidate is shown in the form that the published solutions have: those stay as
// they are, and LiveCodeBench's come out of classes.
func TestPublishedSolutions(t *testing.T) {
	var differ []string
	for _, want := range publishedPrompts(t) {
		solution := want.solution
		if want.set == "livecodebench" {
			_, solution = methodsOf(t, want)
		}
		if Published.Solution(solution) != want.solution {
			differ = append(differ, want.id)
		}
	}
	if d := cmp.Diff(slices.Concat(keptCall, keptSelf), differ); d != "" {
		t.Errorf("the solutions that differ (-known +found):\n%s", d)
	}
}

func publishedProblems(t *testing.T) map[string]problem.Problem {
	t.Helper()
	problems := map[string]problem.Problem{}
	for _, name := range []string{"HumanEvalPlus-NoExtreme.jsonl.gz", "MbppPlus-NoExtreme.jsonl.gz"} {
		list, err := problem.ReadProblems(testkit.Data(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			problems[p.ID] = p
		}
	}
	return problems
}

// methodsOf is a published LiveCodeBench prompt put back into what it was made of: a
// problem as the benchmark has it, with a class as starter, and a solution that is one.
func methodsOf(t *testing.T, p publishedPrompt) (problem.Problem, string) {
	t.Helper()
	question, header, ok := strings.Cut(p.question, "\n\n"+starterHead)
	if !ok || strings.Contains(header, "\n") {
		t.Fatalf("%s: no starter of one line", p.id)
	}
	question += "\n\nclass Solution:\n" + method(header) + "\n        "
	return problem.Problem{ID: p.id, Question: question}, "class Solution:\n" + method(p.solution) + "\n"
}

// method makes methods of functions: indented, with self.
func method(functions string) string {
	var b bytes.Buffer
	for l := range strings.Lines(functions) {
		if l != "\n" {
			l = "    " + l
		}
		if name := definedName(strings.TrimPrefix(l, "    ")); name != "" {
			l = strings.Replace(l, "(", "(self, ", 1)
			l = strings.Replace(l, "(self, )", "(self)", 1)
		}
		b.WriteString(l)
	}
	return b.String()
}

func TestPublishedQuestion(t *testing.T) {
	for name, c := range map[string]struct{ question, entryPoint, want string }{
		"plain text":       {"Add two numbers.\n", "add", "Add two numbers."},
		"docstring":        {"def add(a, b):\n    \"\"\"Add two\n    numbers.\"\"\"\n", "add", "Write a function named `add`. Add two numbers."},
		"examples":         {"def add(a):\n    r'''Add\n    one.\n    >>> add(1)\n      2\n    '''\n", "add", "Write a function named `add`. Add one.\n>>> add(1)\n  2"},
		"its own function": {"def one():\n    \"\"\"1\"\"\"\n    return 1\n\n\ndef two():\n    \"\"\"2\"\"\"\n", "two", "Write a function named `two`. 2"},
		"no docstring":     {"def add(a, b):\n    # adds\n", "add", "def add(a, b):\n    # adds"},
		"empty docstring":  {"def add(a):\n    \"\"\" \"\"\"\n", "add", "def add(a):\n    \"\"\" \"\"\""},
		"no entry point":   {"def add(a):\n    \"\"\"Adds.\"\"\"\n", "", "def add(a):\n    \"\"\"Adds.\"\"\""},
		"quotes":           {"\"\"\"\nAdd.\nassert add(1) == 2\n\"\"\"\n", "add", "Add.\nassert add(1) == 2"},
		"two docstrings":   {"\"\"\"a\"\"\" and \"\"\"b\"\"\"", "", "\"\"\"a\"\"\" and \"\"\"b\"\"\""},
		"starter":          {"Add.\n\nclass Solution:\n    def add(self, a: int,\n            b: int) -> int:\n        ", "add", "Add.\n\n" + starterHead + "def add(a: int,\n            b: int) -> int:"},
		"starter alone":    {"Go.\n\nclass Solution(object):\n    def go(self):", "go", "Go.\n\n" + starterHead + "def go():"},
	} {
		if got := publishedQuestion(problem.Problem{Question: c.question, EntryPoint: c.entryPoint}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

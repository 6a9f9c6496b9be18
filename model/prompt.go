package model

import (
	"maps"
	"strings"

	"coderm/problem"
)

// codermPrompt is the user message CodeRM-8B was trained on, byte for byte
// (Ma et al., arXiv 2501.01054, reference implementation), "it's" included.
const codermPrompt = `Below is a question and it's corresponding code answer. Please write test cases to check the correctness of the code answer. You need to use the unittest library in Python and create a test class for testing.

### question
{question}

### code solution
{code}

Please add detailed comments to the test cases you write. You do not need to test the function's ability to throw exceptions.
`

// UnittestPrompt is CodeRM's user message for a problem, its question in the form,
// and a solution that is shown as it stands but for blanks at its end.
func UnittestPrompt(p problem.Problem, shown string, form Form) string {
	return strings.NewReplacer("{question}", form.question(p), "{code}", strings.TrimRight(shown, " \t\r\n")).Replace(codermPrompt)
}

// SolutionNames are the functions and classes that a test must leave to the solution
// it was written for: what the candidate defines, and what it was shown to define.
func SolutionNames(p problem.Problem, solution, shown string) map[string]bool {
	names := DefinedNames(solution)
	maps.Copy(names, DefinedNames(shown))
	if p.EntryPoint != "" {
		names[p.EntryPoint] = true
	}
	return names
}

// AssertPrompt is the text a base model continues into assert statements
// (Chen et al., "CodeT", 2022, section 2.1): the problem's code with an empty
// body, and the beginning of the first assertion. A completion begins right
// after the opening parenthesis.
func AssertPrompt(p problem.Problem) string {
	var b strings.Builder
	if p.Prompt != "" {
		b.WriteString(strings.TrimRight(p.Prompt, " \t\n"))
	} else {
		b.WriteString("def " + p.EntryPoint + "(*args):\n    \"\"\"" + strings.TrimSpace(p.Question) + "\"\"\"")
	}
	b.WriteString("\n    pass\n\n# check the correctness of " + p.EntryPoint + "\n" + assertHead(p.EntryPoint))
	return b.String()
}

func assertHead(entryPoint string) string { return "assert " + entryPoint + "(" }

// AssertStops end an assert-style completion: the model has begun to write
// something else (CodeT's stop words).
var AssertStops = []string{"\nclass", "\ndef", "\n#", "\nif", "\nprint", "\n@", "\n```"}

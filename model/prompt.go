package model

import (
	"embed"
	"maps"
	"sync"

	"coderm/problem"
)

//go:embed prompts
var promptFiles embed.FS

// CodeRM is the prompt that CodeRM-8B was trained on.
func CodeRM() Prompt { return codeRM() }

// CodeT is the prompt for base models, which continue it into asserts.
func CodeT() Prompt { return codeT() }

// ForPrograms is the prompt for tests of programs that read and write, of the kind stdio,
// input or Generator; raw is that of models too small to answer, as far as there is one.
func ForPrograms(kind problem.Kind, raw bool) Prompt {
	if raw && kind != Generator {
		return programs[kind+"-raw"]()
	}
	return programs[kind]()
}

var programs = map[problem.Kind]func() Prompt{
	problem.Stdio: builtIn("stdio"), problem.Stdio + "-raw": builtIn("stdio-raw"),
	problem.Stdin: builtIn("input"), problem.Stdin + "-raw": builtIn("input-raw"),
	Generator: builtIn("generator"),
}

// Styles are the kinds of tests that a model can be asked for without a prompt file.
func Styles() []problem.Kind {
	return []problem.Kind{problem.Unittest, problem.Assert, problem.Stdio, problem.Stdin, Generator}
}

var codeRM, codeT = builtIn("coderm"), builtIn("codet")

func builtIn(name string) func() Prompt {
	return sync.OnceValue(func() Prompt {
		file := "prompts/" + name + ".prompt"
		text, err := promptFiles.ReadFile(file)
		if err != nil {
			panic(err)
		}
		p, err := ParsePrompt(file, string(text))
		if err != nil {
			panic(err)
		}
		return p
	})
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

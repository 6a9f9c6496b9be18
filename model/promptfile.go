package model

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"go.yaml.in/yaml/v4"

	"coderm/problem"
)

// Prompt is how a model is asked for tests and how its answers are read: a file, which
// docs/prompts.md describes. Its values are not changed once it is made.
type Prompt struct {
	// Extract is the kind of test that is read from a completion. Of Call and Stdin, an
	// input alone, what solutions make of it is observed. Generator stands for Stdin.
	Extract problem.Kind
	// Form is how question and solution are shown.
	Form Form
	// Raw is a text that the model continues; otherwise it answers a conversation.
	Raw bool
	// The sampling that goes with it; nil and 0 leave it to the model's preset.
	Temperature, TopP *float32
	MaxTokens         int
	Stop              []string // ends a completion
	// MaxTests bounds the tests of one completion; 0: all of them count.
	MaxTests int

	text *template.Template // the user's part, and the system's by the name systemPart
}

// settings are the file's head.
type settings struct {
	// For people.
	About   string `yaml:"about"`
	Source  string `yaml:"source"`
	Licence string `yaml:"licence"`
	Checked string `yaml:"checked"`

	Extract     problem.Kind `yaml:"extract"`
	Form        Form         `yaml:"form"`
	Raw         bool         `yaml:"raw"`
	Temperature *float32     `yaml:"temperature"`
	TopP        *float32     `yaml:"top_p"`
	MaxTokens   int          `yaml:"max_tokens"`
	MaxTests    int          `yaml:"max_tests"`
	Stop        []string     `yaml:"stop"`
}

// Generator is what a prompt extracts that asks for a program that prints inputs: its
// tests are of the kind Stdin.
const Generator problem.Kind = "generator"

const (
	systemPart = "system"
	headLine   = "---\n"
	// maxPromptFile bounds a file, maxPrompt what comes of it. Questions are bounded by
	// the model's context.
	maxPromptFile = 256 << 10
	maxPrompt     = 4 << 20
)

// ParsePrompt reads a prompt file; name is its, for errors.
func ParsePrompt(name, text string) (Prompt, error) {
	if len(text) > maxPromptFile {
		return Prompt{}, fmt.Errorf("%s: a prompt of more than %d bytes", name, maxPromptFile)
	}
	text = newlines.Replace(strings.TrimPrefix(text, "\ufeff"))
	head, body, ok := strings.Cut(strings.TrimPrefix(text, headLine), "\n"+headLine)
	if !ok || !strings.HasPrefix(text, headLine) {
		return Prompt{}, fmt.Errorf("%s: a prompt begins with a line ---, has settings such as \"extract: unittest\", another line ---, and then its text", name)
	}
	s := settings{Extract: problem.Unittest, Form: Raw}
	// The first line is left where it is, so that errors have the file's line numbers.
	if err := yaml.Load([]byte(headLine+head+"\n"), &s, yaml.WithKnownFields()); err != nil {
		return Prompt{}, fmt.Errorf("%s: %s", name, yamlError(err))
	}
	if err := s.check(); err != nil {
		return Prompt{}, fmt.Errorf("%s: %w", name, err)
	}
	p := Prompt{
		Extract: s.Extract, Form: s.Form, Raw: s.Raw, Temperature: s.Temperature, TopP: s.TopP,
		MaxTokens: s.MaxTokens, Stop: s.Stop, MaxTests: s.MaxTests,
	}
	if s.Raw {
		body = strings.TrimSuffix(body, "\n") // what the model continues is the last line
	}
	before := strings.Repeat("\n", strings.Count(head, "\n")+3)
	t, err := template.New(name).Option("missingkey=error").Parse("{{/*" + before + "*/}}" + body)
	if err != nil {
		return Prompt{}, errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	if p.text = t; t.Tree == nil {
		return Prompt{}, fmt.Errorf("%s: nothing follows the settings", name)
	}
	return p, p.check(name)
}

// yamlError is what the YAML package says, on one line.
func yamlError(err error) string {
	text := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), " in type model.settings", "")
	return strings.Join(strings.Fields(text), " ")
}

func (s *settings) check() error {
	kinds := []problem.Kind{problem.Unittest, problem.Assert, problem.Call, problem.Stdio, problem.Stdin, Generator}
	switch t, p := s.Temperature, s.TopP; {
	case !slices.Contains(kinds, s.Extract):
		return fmt.Errorf("extract: %q is unknown; use unittest, assert, call, stdio, input or generator", s.Extract)
	case !slices.Contains(Forms(), s.Form):
		return fmt.Errorf("form: %q is unknown; use raw or published", s.Form)
	case t != nil && !(*t >= 0 && *t < math.MaxFloat32):
		return fmt.Errorf("temperature: %g: give 0 (always the likeliest token) or more", *t)
	case p != nil && !(*p > 0 && *p <= 1):
		return fmt.Errorf("top_p: %g: give more than 0 and at most 1", *p)
	case s.MaxTokens < 0:
		return fmt.Errorf("max_tokens: %d: give at least 1, or leave it out", s.MaxTokens)
	case s.MaxTests < 0:
		return fmt.Errorf("max_tests: %d: give at least 1, or leave it out", s.MaxTests)
	case slices.Contains(s.Stop, ""):
		return errors.New("stop: an empty text would end every completion")
	}
	return nil
}

// OfPrograms tells whether the prompt is for tests of programs that read and write.
func (p Prompt) OfPrograms() bool {
	return p.Extract == problem.Stdio || p.Extract == problem.Stdin || p.Extract == Generator
}

// Alone tells whether what is read are inputs, of which nothing is expected.
func (p Prompt) Alone() bool {
	return p.Extract == problem.Call || p.Extract == problem.Stdin || p.Extract == Generator
}

// Asked is what a prompt is made of.
type Asked struct {
	Problem problem.Problem
	// Examples are those of the question.
	Examples []problem.Test
	Solution string // as the form shows it
}

// promptData are the names that a prompt's template has.
type promptData struct {
	Question, Solution string
	EntryPoint         string
	Prompt             string // the problem's code up to the solution
	Examples           []problem.Test
}

// Render gives the two parts of what the model is asked; system may be empty, and is
// where the prompt is raw. Blanks at the end of what is filled in are left out.
func (p Prompt) Render(a Asked) (system, user string, err error) {
	const blanks = " \t\r\n"
	data := promptData{
		Question: p.Form.question(a.Problem), Solution: strings.TrimRight(a.Solution, blanks),
		EntryPoint: a.Problem.EntryPoint, Prompt: strings.TrimRight(a.Problem.Prompt, blanks), Examples: a.Examples,
	}
	if user, err = execute(p.text, data); err != nil {
		return "", "", err
	}
	if t := p.text.Lookup(systemPart); t != nil {
		system, err = execute(t, data)
	}
	return strings.TrimSpace(system), user, err
}

func execute(t *template.Template, data promptData) (string, error) {
	var out bounded
	if err := t.Execute(&out, data); err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	return out.String(), nil
}

// bounded is a buffer for a prompt.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxPrompt {
		return 0, fmt.Errorf("the prompt has more than %d bytes: %w", maxPrompt, io.ErrShortBuffer)
	}
	return b.Buffer.Write(p)
}

// ShowsSolution tells whether the prompt shows a solution.
func (p Prompt) ShowsSolution() bool {
	shows := false
	for _, t := range p.text.Templates() {
		walk(t.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.FieldNode:
				shows = shows || n.Ident[0] == "Solution"
			case *parse.VariableNode:
				shows = shows || len(n.Ident) > 1 && n.Ident[1] == "Solution"
			}
		})
	}
	return shows
}

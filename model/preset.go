package model

import (
	"strings"

	"coderm/problem"
)

// Preset is how a known model is asked for tests.
type Preset struct {
	Name        string
	Prompt      Prompt
	Temperature float32
	TopP        float32
	// MaxTokens bounds one completion.
	MaxTokens int
	// StandIn marks models too small to judge code well.
	StandIn bool
}

// PresetFor chooses the preset by the model's own name (GGUF general.name or
// basename) and size in parameters. Sampling is that of CodeRM's prompt. Models under a
// billion parameters ramble when asked for a unittest class and are asked for
// assert statements instead; what is recorded of their unittest prompts is raw.
func PresetFor(name string, parameters uint64) Preset {
	prompt := CodeRM()
	p := Preset{Name: name, Prompt: prompt, Temperature: *prompt.Temperature, TopP: *prompt.TopP, MaxTokens: prompt.MaxTokens}
	small := parameters > 0 && parameters < 1e9
	if small || strings.Contains(strings.ToLower(name), "smollm2-135m") {
		p.Prompt = CodeT()
		p.MaxTokens = 160
		p.StandIn = true
	}
	return p
}

// ForPrograms is how the model is asked for tests of programs that read and write, unless
// a style says.
func (p Preset) ForPrograms() Prompt { return p.Styled(problem.Stdio) }

// Styled is the prompt of a style in the form that suits the model.
func (p Preset) Styled(style problem.Kind) Prompt {
	switch style {
	case p.Prompt.Extract:
		return p.Prompt
	case problem.Assert:
		return CodeT()
	case problem.Stdio, problem.Stdin, Generator:
		return ForPrograms(style, p.StandIn)
	}
	prompt := CodeRM()
	prompt.Form = p.Prompt.Form
	return prompt
}

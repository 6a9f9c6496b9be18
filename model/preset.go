package model

import (
	"strings"

	"coderm/problem"
)

// Preset is how a known model is asked for tests.
type Preset struct {
	Name        string
	Style       problem.Kind
	Form        Form
	Temperature float32
	TopP        float32
	// MaxTokens bounds one completion.
	MaxTokens int
	// StandIn marks models too small to judge code well.
	StandIn bool
}

// PresetFor chooses the preset by the model's own name (GGUF general.name or
// basename) and size in parameters. CodeRM's sampling is its reference
// implementation's: temperature 0.8, top-p 0.95, 2,048 tokens. Models under a
// billion parameters ramble when asked for a unittest class and are asked for
// assert statements instead; what is recorded of their unittest prompts is raw.
func PresetFor(name string, parameters uint64) Preset {
	p := Preset{
		Name:        name,
		Style:       problem.Unittest,
		Form:        Published,
		Temperature: 0.8,
		TopP:        0.95,
		MaxTokens:   2048,
	}
	small := parameters > 0 && parameters < 1e9
	if small || strings.Contains(strings.ToLower(name), "smollm2-135m") {
		p.Style = problem.Assert
		p.Form = Raw
		p.MaxTokens = 160
		p.StandIn = true
	}
	return p
}

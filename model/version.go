package model

// The versions of what turns problems into prompts and completions into tests.
// A run is bound to them: raise one with every change that can change a prompt
// or what is read from a completion.
const (
	ExtractorVersion = 3
	PromptVersion    = 2
	// ProgramsVersion is of both, for tests of programs that read and write.
	ProgramsVersion = 1
)

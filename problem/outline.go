package problem

// Outline is what Python's own parser finds in a text.
type Outline struct {
	// Parses is false for a text that is no Python, which has nothing else.
	Parses bool `json:"parses"`
	// Classes are the names of all classes, at any depth, the outer ones first.
	Classes []string `json:"classes"`
	// Imports are all imports, at any depth, the outer ones first: a statement a name.
	Imports []string `json:"imports"`
}

package problem

import (
	_ "embed"
)

// ReadsInput tells of a problem whose solutions are whole programs that read standard
// input: no function is asked for, and its tests, its time limit, its checker or its generator are
// those of such programs.
func (p Problem) ReadsInput() bool {
	if p.EntryPoint != "" {
		return false
	}
	for _, t := range p.Public {
		if t.Kind == Stdio || t.Kind == Stdin {
			return true
		}
	}
	return p.TimeLimit > 0 || p.Checker != (Checker{}) || p.Generator != "" || p.Validator != ""
}

// GeneratorProgram runs a generator with the seed that it reads: the generator finds
// it in sys.argv[1], in the environment as SEED and on standard input, and the module
// random begins with it. The generator itself is the file GeneratorFile.
//
//go:embed generator.py
var GeneratorProgram string

// GeneratorFile is where GeneratorProgram finds the generator.
const GeneratorFile = "generator.py"

package sandbox

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"coderm/problem"
)

//go:embed mutants.py
var mutator string

// Mutants gives so many mutants of a program at most, drawn by the seed, in the order of
// the places that are changed; all of them for 0. Nothing of the program is run. Where
// there are none because the program is none, why says that.
func (s *Sandbox) Mutants(ctx context.Context, code string, most int, seed uint64) (mutants []problem.Mutant, why string, err error) {
	in, err := json.Marshal(map[string]any{"code": code, "most": most, "seed": seed})
	if err != nil {
		return nil, "", err
	}
	p, err := s.Compile(ctx, mutator, Limits{})
	if err != nil {
		return nil, "", err
	}
	const room = 64 << 20 // of what is printed
	got, err := s.Execute(ctx, p, Input{Stdin: string(in)}, Limits{Output: room}, room)
	switch {
	case err != nil:
		return nil, "", err
	case got.Verdict.Kind == Infra:
		return nil, "", fmt.Errorf("making mutants: %s", got.Verdict.Detail)
	case got.Verdict.Kind != Pass:
		return nil, got.Verdict.Detail, nil
	}
	if err := json.Unmarshal(got.Stdout, &mutants); err != nil {
		return nil, "", fmt.Errorf("making mutants: %w", err)
	}
	return mutants, "", nil
}

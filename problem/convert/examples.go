package convert

import (
	"fmt"

	"coderm/problem"
	"coderm/problem/public"
)

// WithExamples is how many of the problems have examples.
func (s *Set) WithExamples() (n int) {
	for _, p := range s.Problems {
		if len(public.Tests(p)) > 0 {
			n++
		}
	}
	return n
}

// takeExamples gives problems without examples those that a file has of them.
func (s *Set) takeExamples(in *Input) error {
	known := map[string]problem.Problem{}
	err := in.input(in.Examples, func(r *problem.Input) error {
		_, err := r.EachProblem(func(_ int, p problem.Problem) error {
			known[p.ID] = p
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	found := 0
	for i := range s.Problems {
		p := &s.Problems[i]
		with, ok := known[p.ID]
		if !ok {
			continue
		}
		found++
		if with.EntryPoint != p.EntryPoint {
			return fmt.Errorf("%s: %s asks for %q, and here for %q", in.Examples, p.ID, with.EntryPoint, p.EntryPoint)
		}
		if len(public.Tests(*p)) == 0 {
			p.Public = public.Tests(with)
		}
	}
	if found == 0 {
		return fmt.Errorf("%s: none of the problems is in it", in.Examples)
	}
	return nil
}

package pipeline

import (
	"testing"

	"coderm/journal"
	"coderm/problem"
)

// Of equal tests the one of the lowest completion is kept, also when it comes last.
func TestDropRepeats(t *testing.T) {
	w := newWork(0, journal.Input{})
	for _, s := range []struct {
		generation int
		tests      []string
	}{{5, []string{"a"}}, {3, []string{"b", "a"}}, {9, []string{"c"}}, {0, nil}, {4, []string{"a", "d"}}} {
		sample := journal.Sample{Generation: s.generation}
		for part, code := range s.tests {
			sample.Tests = append(sample.Tests, journal.Test{Origin: problem.Origin{Generation: s.generation, Part: part}, Test: problem.PythonTest("assert " + code)})
		}
		w.samples[s.generation] = sample
		w.dropRepeats()
	}
	w.granted = 10
	got := ""
	for _, x := range w.tests(0, 10) {
		got += x.Code
	}
	if want := "assert bassert aassert dassert c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if why := w.samples[5].Dropped; why != "the same test as completion 3's" {
		t.Errorf("completion 5: %q", why)
	}
	if w.samples[0].Dropped != "" || w.samples[4].Dropped != "" {
		t.Errorf("completions 0 and 4 are dropped: %+v", w.samples)
	}
}

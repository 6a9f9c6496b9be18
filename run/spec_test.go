package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"coderm/journal"
)

// A spec written is the same read again; what is left out has its default.
func TestSpecJSON(t *testing.T) {
	warm := float32(0.8)
	whole := New(Rerank)
	whole.Problems, whole.Solutions, whole.Out, whole.Seed = "p", "s", "o", 0
	whole.Writing.Temperature, whole.Writing.Policy = &warm, "adaptive"
	given := New(Rerank)
	given.Problems, given.Solutions, given.Tests, given.Out, given.Writing = "p", "s", "t", "o", nil
	for _, want := range []Spec{whole, given, New(Exec), New(Testgen)} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadSpec(bytes.NewReader(text))
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s\n%v (-written +read):\n%s", text, err, d)
		}
	}
	got, err := ReadSpec(strings.NewReader(`{"job": "rerank", "problems": "p", "solutions": "s", "out": "o", "limits": {"fuel": 7}, "writing": {"style": "assert"}}`))
	want := New(Rerank)
	want.Problems, want.Solutions, want.Out, want.Limits.Fuel, want.Writing.Style = "p", "s", "o", 7, "assert"
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +read):\n%s", err, d)
	}
	if got, err := ReadSpec(strings.NewReader(`{"job": "exec", "isolation": "apart"}`)); err != nil || !cmp.Equal(New(Exec), got) {
		t.Errorf("a spec of before: %+v, %v", got, err)
	}
	for _, bad := range []string{`{"job": "rerank", "foo": 1}`, `{"job": "exec", "isolation": "guarded"}`, `{"limits": {"wall": "soon"}}`, `[]`, `{`} {
		var input *InputError
		if _, err := ReadSpec(strings.NewReader(bad)); !errors.As(err, &input) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// What cannot be is refused before anything is opened, with the field's name.
func TestCheck(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		`job "cook": unknown; `:            func(s *Spec) { s.Job = "cook" },
		"problems: missing":                func(s *Spec) { s.Problems = "" },
		"solutions: missing":               func(s *Spec) { s.Solutions = "" },
		"out: missing":                     func(s *Spec) { s.Out = "" },
		"writing has no use where":         func(s *Spec) { s.Tests = "t" },
		"neither tests nor how to write":   func(s *Spec) { s.Writing = nil },
		"fuel, memory, wall and output ":   func(s *Spec) { s.Limits.Output = 0 },
		"a memory limit of 1 bytes":        func(s *Spec) { s.Limits.Memory = 1 },
		"workers -1: give 1 to ":           func(s *Spec) { s.Workers = -1 },
		"threads 100000: give 1 to ":       func(s *Spec) { s.Writing.Threads = 100000 },
		"temperature -1: give 0 ":          func(s *Spec) { t := float32(-1); s.Writing.Temperature = &t },
		`prompt_form "old": unknown; use `: func(s *Spec) { s.Writing.PromptForm = "old" },
		`extraction "mine": unknown; use `: func(s *Spec) { s.Writing.Extraction = "mine" },
		"top_p 0: give more than 0":        func(s *Spec) { p := float32(0); s.Writing.TopP = &p },
		`policy "greedy": unknown; `:       func(s *Spec) { s.Writing.Policy = "greedy" },
		`policy "difficulty": needs a`:     func(s *Spec) { s.Writing.Policy = "difficulty" },
		"server_silence 0s: give more":     func(s *Spec) { s.Writing.ServerSilence = 0 },
		`server "ollama=x": needs model`:   func(s *Spec) { s.Writing.Server = "ollama=x" },
		`selector "best" is unknown; use `: func(s *Spec) { s.Selector = "best" },
		"more than 100000 completions per": func(s *Spec) { s.Writing.BudgetMean = 1e9 },
	} {
		s := New(Rerank)
		s.Problems, s.Solutions, s.Out = "p", "s", "o"
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		change(&s)
		var input *InputError
		if err := s.Check(); !errors.As(err, &input) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Every field of an identity has a name of its own, is recorded and is read back.
func TestIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[Identity]().Draw(t, "identity")
		got, err := identityOf(want.Settings())
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Fatalf("%v (-recorded +read):\n%s", err, d)
		}
	})
	names := map[string]bool{}
	for f := range reflect.TypeFor[Identity]().NumField() {
		name := reflect.TypeFor[Identity]().Field(f).Tag.Get("setting")
		if name == "" || names[name] {
			t.Errorf("field %d is called %q", f, name)
		}
		names[name] = true
	}
	// A run of before may have settings that nobody knows any more.
	if id, err := identityOf(journal.Fingerprint{"seed": "7", "moon": "full"}); err != nil || *id.Seed != 7 {
		t.Errorf("%v, %v", id, err)
	}
	if _, err := identityOf(journal.Fingerprint{"fuel": "much"}); err == nil {
		t.Error("a fuel of words was read")
	}
}

package run

import (
	"fmt"
	"reflect"

	"coderm/journal"
	"coderm/model"
	"coderm/pipeline"
	"coderm/problem/public"
	"coderm/sandbox"
)

// Identity is what makes two runs the same run: all that decides which facts the
// run records. A folder is resumed under its own identity only. Digests are
// SHA-256 in hex, of the bytes as they were read; the tag is the setting's name.
type Identity struct {
	Problems       string `setting:"problems"` // digest, as of every file here
	Solutions      string `setting:"solutions"`
	Tests          string `setting:"tests"`
	Hidden         string `setting:"hidden"`
	Budget         string `setting:"budget"` // digest of a division, or the number of completions
	Classifier     string `setting:"classifier"`
	ChatTemplate   string `setting:"chat template"`
	PromptSolution string `setting:"prompt solution"` // first, rotate, best or a digest
	PromptFile     string `setting:"prompt file"`     // "" for that of the style
	PromptForm     string `setting:"prompt form"`     // of unittest prompts; "" is raw, as runs of before have it

	Shard string `setting:"shard"` // "3/8"; "" for none. Runs that are merged differ in it alone

	Seed       *uint64 `setting:"seed"`
	Model      string  `setting:"model"` // digest of the file, or the server's kind and the model's name there
	Style      string  `setting:"style"`
	Sampling   string  `setting:"sampling"`
	FixedShape string  `setting:"fixed shape"`
	Policy     string  `setting:"policy"`
	Selector   string  `setting:"selector"`   // where it steers what is drawn
	First      uint64  `setting:"first fuel"` // as the selector
	Extraction string  `setting:"extraction"` // "" is tolerant
	Extractor  int     `setting:"extractor"`
	Prompt     int     `setting:"prompt"`
	Program    string  `setting:"program prompt"` // of problems whose solutions read standard input; "" is as others
	Programs   int     `setting:"programs"`       // version of the prompts for such, and of how answers to those are read

	Guest     string `setting:"guest"`    // digest
	Packages  string `setting:"packages"` // digest of those that programs could import; "" for none
	Examples  int    `setting:"examples"`
	Isolation string `setting:"isolation"`
	Observe   int    `setting:"observe"`
	Calls     int    `setting:"calls"` // version of which are observed; 0 without any
	Fuel      uint64 `setting:"fuel"`
	GiveUp    *int   `setting:"give up"`
	Memory    int64  `setting:"memory"`
	Output    int64  `setting:"output"`
}

// isolation is that of tests from solutions. There was another, of which folders may be
// left: guarded, in one interpreter.
const isolation = "apart"

// StatesOf names the prompt that hidden states of the run are of: the style's, or that of
// a file.
func (id Identity) StatesOf() string {
	if id.PromptFile != "" {
		return id.PromptFile
	}
	return id.Style
}

// Settings are the identity as a journal keeps it: what is not of the run (zero)
// is left out.
func (id Identity) Settings() journal.Fingerprint {
	fp := journal.Fingerprint{}
	v := reflect.ValueOf(id)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			fp[v.Type().Field(i).Tag.Get("setting")] = fmt.Sprint(reflect.Indirect(v.Field(i)).Interface())
		}
	}
	return fp
}

// identityOf reads what a journal has. Settings that this program does not know
// are left out: they tell runs apart, and nothing else reads them.
func identityOf(fp journal.Fingerprint) (id Identity, err error) {
	v := reflect.ValueOf(&id).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("setting")
		text, ok := fp[name]
		if !ok {
			continue
		}
		f := v.Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		if f.Kind() == reflect.String {
			f.SetString(text)
		} else if _, err := fmt.Sscan(text, f.Addr().Interface()); err != nil {
			return id, fmt.Errorf("the run's setting %q: %w", name, err)
		}
	}
	return id, nil
}

// bindExecution binds what decides about verdicts, packages for one.
func (id *Identity) bindExecution(s Spec, packages string) {
	l := s.Limits
	id.Packages = packages
	id.Guest, id.Examples = sandbox.GuestDigest(), public.Version
	id.Fuel, id.Memory, id.Output = l.Fuel, l.Memory, l.Output
	id.GiveUp, id.Isolation = &l.GiveUp, isolation
	if id.Observe = s.Observe; id.Observe > 0 {
		id.Calls = pipeline.CallsVersion
	}
}

// bindWriting binds what decides about tests.
func (id *Identity) bindWriting(w *pipeline.Writer) {
	id.Extractor, id.Prompt = model.ExtractorVersion, model.PromptVersion
	if w.Program != nil || w.Prompt.OfPrograms() {
		id.Programs = model.ProgramsVersion
	}
}

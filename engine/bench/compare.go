package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Baseline is what llama-bench measured (llama.cpp's tools/llama-bench, or that
// of a fork), to set our own rows beside.
type Baseline []Row

// ReadBaseline reads what llama-bench prints with -o json or -o jsonl.
func ReadBaseline(path string) (Baseline, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, err := parseBaseline(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

func parseBaseline(text []byte) (Baseline, error) {
	var list Baseline
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var raw json.RawMessage
		switch err := d.Decode(&raw); {
		case errors.Is(err, io.EOF) && len(list) > 0:
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("no JSON of llama-bench's ('llama-bench -o json'): %w", err)
		}
		var rows Baseline
		if raw[0] != '[' { // a line of jsonl
			raw = fmt.Appendf(nil, "[%s]", raw)
		}
		if err := json.Unmarshal(raw, &rows); err != nil {
			return nil, fmt.Errorf("no JSON of llama-bench's ('llama-bench -o json'): %w", err)
		}
		for _, r := range rows {
			if !(r.AvgTS > 0) || r.NPrompt < 0 || r.NGen < 0 || r.NDepth < 0 {
				return nil, errors.New("a row without n_prompt, n_gen and avg_ts: is it llama-bench's?")
			}
		}
		list = append(list, rows...)
	}
}

// Check refuses a baseline that has none of the tests of s: better before they are
// measured than after.
func (b Baseline) Check(s Spec) error {
	var ours, theirs []string
	for _, t := range s.cases(slices.Min(s.Samples)) {
		row := Row{NPrompt: t.prompt, NGen: t.gen, NDepth: t.depth, NSamples: t.samples}
		if slices.ContainsFunc(b, func(r Row) bool { return r.same(row) }) {
			return nil
		}
		if t.kind != "e2e" && t.samples == 1 {
			ours = append(ours, row.flags())
		}
	}
	for i := range b {
		theirs = append(theirs, b[i].flags())
	}
	if ours == nil {
		return errors.New("llama-bench has one completion at a time and no sampling: it has rows for pp, and for tg with --samples 1")
	}
	return fmt.Errorf("it has no row of these tests (%s), but of %s", strings.Join(ours, "; "), strings.Join(theirs, "; "))
}

// flags are those of llama-bench for the row.
func (r *Row) flags() string { return fmt.Sprintf("-p %d -n %d -d %d", r.NPrompt, r.NGen, r.NDepth) }

// same tells whether a row of llama-bench's measures what ours does, but for drawing.
func (r *Row) same(ours Row) bool {
	return ours.NSamples == 1 && r.NPrompt == ours.NPrompt && r.NGen == ours.NGen && r.NDepth == ours.NDepth
}

// Compare adds to a row what the baseline has of the same test, with the same
// model and number of threads.
func (b Baseline) Compare(ours *Row) {
	for i := range b {
		if r := &b[i]; r.same(*ours) && r.Params == ours.Params && r.Size == ours.Size && r.Threads == ours.Threads {
			ours.BaselineTS, ours.Ratio = r.AvgTS, ours.AvgTS/r.AvgTS
		}
	}
}

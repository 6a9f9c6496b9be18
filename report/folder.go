package report

import (
	"context"
	"io"
	"path/filepath"

	"coderm/difficulty/replay"
	"coderm/difficulty/replay/finished"
	"coderm/internal/badinput"
	"coderm/internal/fsx"
	"coderm/rerank"
	"coderm/run"
)

// FileName is the report's name in a run folder.
const FileName = "report.html"

// Title is what the report of a run folder is called.
func Title(dir string) string { return "Run " + filepath.Base(filepath.Clean(dir)) }

// WriteFile writes a report, whole or not at all.
func WriteFile(path string, d Data) error {
	return fsx.WriteBuffered(path, func(w io.Writer) error { return Write(w, d) })
}

// OfFolder is the report of a folder's run, ranked by sel, or with none by what the run
// chose by.
func OfFolder(ctx context.Context, dir string, sel rerank.Selector) (Data, error) {
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return Data{}, err
	}
	defer recorded.Close()
	if sel == (rerank.Selector{}) {
		sel = recorded.Selector()
	}
	return Of(ctx, dir, recorded, sel, false)
}

// Of is the report of the run recorded in dir, ranked by sel; with budgets, also of what
// each policy would have made of fewer tests, which needs the truth.
func Of(ctx context.Context, dir string, recorded *run.Recorded, sel rerank.Selector, budgets bool) (Data, error) {
	page := New(Title(dir), recorded.About)
	page.data.Running = recorded.Running(dir)
	var cases []replay.Case
	for r, err := range recorded.Results(ctx, sel) {
		if err != nil {
			return Data{}, err
		}
		if err := page.Add(r); err != nil {
			return Data{}, err
		}
		if !budgets {
			continue
		}
		c, err := finished.CaseOf(dir, r)
		if err != nil {
			return Data{}, err
		}
		cases = append(cases, c)
	}
	var played *replay.Result
	if budgets {
		var err error
		if played, err = replay.Run(ctx, cases, replay.Defaults(sel)); err != nil {
			return Data{}, badinput.Mark(err)
		}
	}
	d, err := page.Data(ctx)
	d.Replay = played
	return d, err
}

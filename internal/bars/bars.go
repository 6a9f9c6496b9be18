// Package bars draws bars of progress on a terminal.
package bars

import (
	"io"
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"coderm/internal/term"
)

// Bytes shows a bar for total bytes; 0 means that the amount is not known yet. add
// tells of n more. finish must be called in any case.
func Bytes(w io.Writer, label string, total int64) (add func(n int64), finish func()) {
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(60))
	bar := bars.AddBar(total,
		mpb.PrependDecorators(decor.Name(term.Line(label)+" "), decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), "% .1f")),
	)
	var once sync.Once
	return bar.IncrInt64, func() {
		once.Do(func() { bar.Abort(false); bars.Wait() })
	}
}

// Steps shows a bar of steps, which are called so. finish must be called in any
// case.
func Steps(w io.Writer, label, steps string) (report func(done, total int), finish func()) {
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(60))
	bar := bars.AddBar(0,
		mpb.PrependDecorators(decor.Name(term.Line(label)+" "), decor.CountersNoUnit("%d / %d "+steps)),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)),
	)
	report = func(done, total int) {
		bar.SetTotal(int64(total), false)
		bar.SetCurrent(int64(done))
	}
	return report, func() { bar.Abort(false); bars.Wait() }
}

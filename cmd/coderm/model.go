package main

import (
	"sync"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"coderm/internal/term"
	"coderm/weights/chunk"
	"coderm/weights/store"
)

func (a *app) modelCmd() *cobra.Command {
	return group(&cobra.Command{Use: "model", Short: "Fetch, check and carry model files"}, a.modelCommands()...)
}

// modelCommands lists the subcommands of model, one line and one file each.
func (a *app) modelCommands() []*cobra.Command {
	return []*cobra.Command{
		a.modelListCmd(),
		a.modelInspectCmd(),
		a.modelConvertCmd(),
		a.modelQuantizeCmd(),
		a.modelPullCmd(),
		a.modelVerifyCmd(),
		a.modelPackCmd(),
		a.modelUnpackCmd(),
	}
}

// byteProgress shows a bar for total bytes on a terminal. total 0 means that
// the amount is not known yet. finish must be called in any case.
func (a *app) byteProgress(label string, total int64) (p chunk.Progress, finish func()) {
	if a.quiet || a.json || !showsBars(a.screen) {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(a.screen), mpb.WithWidth(60))
	bar := bars.AddBar(total,
		mpb.PrependDecorators(decor.Name(term.Line(label)+" "), decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), "% .1f")),
	)
	var once sync.Once
	return func(n int64) { bar.IncrInt64(n) }, func() {
		once.Do(func() { bar.Abort(false); bars.Wait() })
	}
}

// userStore opens the user's own model store.
func userStore() (*store.Store, error) {
	s, err := store.Default()
	return s, asUsage(err)
}

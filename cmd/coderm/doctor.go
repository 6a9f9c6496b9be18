package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"coderm/engine/llama"
	"coderm/internal/units"
	"coderm/sandbox"
)

// finding is one thing doctor looked at.
type finding struct {
	What   string `json:"what"`
	State  string `json:"state"` // ok, missing or problem
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do about it
}

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what coderm found on this machine, and what it misses",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			var all []finding
			for _, look := range []func() []finding{cpuFindings, gpuFindings, modelFindings, sandboxFindings} {
				all = append(all, look()...)
			}
			if a.json {
				return a.printJSON(all)
			}
			rows := make([][]string, 0, len(all))
			for _, f := range all {
				detail := f.Detail
				if f.Hint != "" {
					detail += "; " + f.Hint
				}
				rows = append(rows, []string{f.State, f.What, detail})
			}
			return writeTable(a.stdout, []string{"STATE", "WHAT", "DETAIL"}, rows)
		},
	}
}

func cpuFindings() []finding {
	var on []string
	for _, part := range strings.Split(llama.SystemInfo(), "|") {
		if name, ok := strings.CutSuffix(strings.TrimSpace(part), " = 1"); ok {
			on = append(on, name)
		}
	}
	fs := []finding{
		{What: "cpu", State: "ok", Detail: fmt.Sprintf("%d cores for this process, %s/%s", runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH)},
		{What: "cpu kernels", State: "ok", Detail: strings.Join(on, ", ")},
		{What: "own kernels", State: "ok", Detail: llama.OwnKernels()},
	}
	for _, d := range llama.Devices() {
		if !d.GPU {
			fs = append(fs, finding{What: "memory", State: "ok", Detail: fmt.Sprintf("%s free of %s", units.Bytes(int64(d.Free)), units.Bytes(int64(d.Total)))})
			break
		}
	}
	return fs
}

func gpuFindings() []finding {
	var fs []finding
	for _, b := range llama.Backends() {
		f := finding{What: "gpu backend", State: "ok", Detail: b.Path}
		if !b.Loaded {
			f.State, f.Detail = "problem", b.Path+": "+b.Why
		}
		fs = append(fs, f)
	}
	for _, d := range llama.Devices() {
		if d.GPU {
			fs = append(fs, finding{What: "gpu", State: "ok",
				Detail: fmt.Sprintf("%s (%s), %s free of %s", d.Description, d.Backend, units.Bytes(int64(d.Free)), units.Bytes(int64(d.Total)))})
		}
	}
	if len(fs) == 0 {
		fs = append(fs, finding{What: "gpu backend", State: "missing",
			Detail: "none in " + strings.Join(llama.BackendFolders(), ", "),
			Hint:   "'make vulkan' or 'make cuda' builds one; " + llama.EnvBackends + " names its folder"})
	}
	return fs
}

func modelFindings() []finding {
	s, err := userStore()
	if err != nil {
		return []finding{{What: "model store", State: "problem", Detail: err.Error()}}
	}
	models, err := s.List()
	if err != nil {
		return []finding{{What: "model store", State: "problem", Detail: err.Error()}}
	}
	fs := []finding{{What: "model store", State: "ok", Detail: s.Dir()}}
	for _, m := range models {
		f := finding{What: "model", State: "ok", Detail: fmt.Sprintf("%s, %s, %s", m.Name, units.Bytes(m.Bytes()), m.Title)}
		if !m.Complete {
			f.State, f.Hint = "problem", "it is incomplete: 'coderm model pull "+m.Name+"' again"
		}
		fs = append(fs, f)
	}
	if len(models) == 0 {
		f := finding{What: "model", State: "missing", Detail: "none", Hint: "'coderm model pull default' fetches a small one"}
		if _, err := exec.LookPath("python3"); err != nil {
			f.Hint += ", for which it needs python3 with pip"
		}
		fs = append(fs, f)
	}
	return fs
}

func sandboxFindings() []finding {
	dir, err := sandbox.CacheDir()
	if err != nil {
		return []finding{{What: "sandbox cache", State: "problem", Detail: err.Error()}}
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) == 0 {
		return []finding{{What: "sandbox cache", State: "missing", Detail: dir, Hint: "the first run fills it, in some seconds"}}
	}
	return []finding{{What: "sandbox cache", State: "ok", Detail: dir}}
}

// Package machine says what there is on this machine for coderm to work with, and
// what is missing: processor, GPUs, models, the sandbox's cache.
package machine

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"coderm/engine/llama"
	"coderm/engine/sched"
	"coderm/internal/units"
	"coderm/sandbox"
	"coderm/weights/store"
)

// Finding is one thing that was looked at.
type Finding struct {
	What   string `json:"what"`
	State  string `json:"state"` // ok, missing or problem
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do about it
}

// Look looks at all of it.
func Look() []Finding { return slices.Concat(processor(), gpus(), models(), guest(), sandboxCache()) }

func processor() []Finding {
	var on []string
	for _, part := range strings.Split(llama.SystemInfo(), "|") {
		if name, ok := strings.CutSuffix(strings.TrimSpace(part), " = 1"); ok {
			on = append(on, name)
		}
	}
	cpu := fmt.Sprintf("%d cores for this process, %s/%s", runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH)
	if name := processorName(); name != "" {
		cpu = name + ", " + cpu
	}
	fs := []Finding{
		{What: "system", State: "ok", Detail: system()},
		{What: "cpu", State: "ok", Detail: cpu},
		{What: "cpu level", State: "ok", Detail: llama.Level()},
		{What: "cpu kernels", State: "ok", Detail: strings.Join(on, ", ")},
		{What: "own kernels", State: "ok", Detail: llama.OwnKernels()},
		{What: "sampling", State: "ok", Detail: llama.Sampling()},
	}
	for _, d := range llama.Devices() {
		if !d.GPU {
			fs = append(fs, Finding{What: "memory", State: "ok", Detail: fmt.Sprintf("%s free of %s", units.Bytes(int64(d.Free)), units.Bytes(int64(d.Total)))})
			break
		}
	}
	return fs
}

func gpus() []Finding {
	var fs []Finding
	for _, b := range llama.Backends() {
		f := Finding{What: "gpu backend", State: "ok", Detail: b.Path}
		if !b.Loaded {
			f.State, f.Detail = "problem", b.Path+": "+b.Why
		}
		fs = append(fs, f)
	}
	for _, d := range llama.Devices() {
		if d.GPU {
			fs = append(fs, Finding{What: "gpu", State: "ok",
				Detail: fmt.Sprintf("%s (%s), %s free of %s", d.Description, d.Backend, units.Bytes(int64(d.Free)), units.Bytes(int64(d.Total)))})
		}
	}
	if len(fs) == 0 {
		fs = append(fs, Finding{What: "gpu backend", State: "missing",
			Detail: "none in " + strings.Join(llama.BackendFolders(), ", "),
			Hint:   "'make vulkan' or 'make cuda' builds one; " + llama.EnvBackends + " names its folder"})
	}
	return fs
}

func models() []Finding {
	s, err := store.Default()
	if err != nil {
		return []Finding{{What: "model store", State: "problem", Detail: err.Error()}}
	}
	list, err := s.List()
	if err != nil {
		return []Finding{{What: "model store", State: "problem", Detail: err.Error()}}
	}
	fs := []Finding{{What: "model store", State: "ok", Detail: s.Dir()}}
	for _, m := range list {
		f := Finding{What: "model", State: "ok", Detail: fmt.Sprintf("%s, %s, %s", m.Name, units.Bytes(m.Bytes()), m.Title)}
		if !m.Complete {
			f.State, f.Hint = "problem", "it is incomplete: 'coderm model pull "+m.Name+"' again"
		}
		fs = append(fs, f)
		if m.Complete {
			fs = append(fs, plan(m.Name))
		}
	}
	if len(list) == 0 {
		f := Finding{What: "model", State: "missing", Detail: "none", Hint: "'coderm model pull default' fetches a small one"}
		if _, err := exec.LookPath("python3"); err != nil {
			f.Hint += ", for which it needs python3 with pip"
		}
		fs = append(fs, f)
	}
	return fs
}

// usual is what a plan is told for: completions of CodeRM's prompt.
var usual = sched.Need{Positions: 1024, Samples: llama.MaxParallel, Prompt: 512, Gen: 512, Each: 20}

// plan says how a model of the store would lie in memory now.
func plan(name string) Finding {
	f := Finding{What: "plan", State: "ok"}
	path, err := store.Resolve(name)
	if err == nil {
		var p llama.Plan
		p, err = llama.PlanFor(llama.Config{Path: path}, usual)
		f.Detail = name + ": " + p.String()
	}
	if err != nil {
		f.State, f.Detail = "problem", err.Error()
	}
	return f
}

// guest says what programs can import.
func guest() []Finding {
	fs := []Finding{{What: "guest", State: "ok", Detail: "CPython " + sandbox.PythonVersion + " with its library"}}
	f := Finding{What: "guest packages", State: "ok"}
	switch p, err := sandbox.FindPackages(""); {
	case err != nil:
		f.State, f.Detail = "problem", err.Error()
	case p == nil:
		f.State, f.Detail = "missing", "none in "+strings.Join(sandbox.PackagesFolders(), ", ")
		f.Hint = "'make packages' builds them; " + sandbox.EnvPackages + " names their file"
	default:
		f.Detail = p.Path + ": " + p.String()
	}
	return append(fs, f)
}

func sandboxCache() []Finding {
	dir, err := sandbox.CacheDir()
	if err != nil {
		return []Finding{{What: "sandbox cache", State: "problem", Detail: err.Error()}}
	}
	if found, err := os.ReadDir(dir); err != nil || len(found) == 0 {
		return []Finding{{What: "sandbox cache", State: "missing", Detail: dir, Hint: "the first run fills it, in some seconds"}}
	}
	return []Finding{{What: "sandbox cache", State: "ok", Detail: dir}}
}

package main

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"coderm/budget"
	"coderm/sandbox"
)

// The checks here refuse flags out of range before anything is read, made or
// loaded: a typing mistake must not leave a folder behind or end a long job.

// coresOver bounds numbers of threads, as a multiple of this machine's cores.
const coresOver = 16

// checkThreads refuses numbers of threads or workers that only hurt. 0 stands
// for the default.
func checkThreads(flag string, n int) error {
	if cores := runtime.NumCPU(); n < 0 || n > coresOver*cores {
		return usageError("--%s %d: give 1 to %d, or 0 for the default (this machine has %d cores)", flag, n, coresOver*cores, cores)
	}
	return nil
}

// checkLimits refuses limits that the sandbox would, and zeros, which it takes
// for its defaults.
func checkLimits(l sandbox.Limits) error {
	if l.Fuel == 0 || l.Memory == 0 || l.Wall == 0 || l.Output == 0 {
		return usageError("--fuel, --memory, --wall and --output must be above 0")
	}
	return asUsage(l.Check())
}

// checkOutput refuses a file that cannot be written, before the work for it.
func checkOutput(path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return usageError("%s is a folder; name a file to write", path)
	} else if err == nil && !st.Mode().IsRegular() { // a pipe or a device, written to as it is
		if err := unix.Access(path, unix.W_OK); err != nil {
			return usageError("cannot write %s: %w", path, err)
		}
		return nil
	}
	dir := filepath.Dir(path)
	st, err := os.Stat(dir)
	switch {
	case err != nil:
		return usageError("cannot write %s: %w", path, err)
	case !st.IsDir():
		return usageError("cannot write %s: %s is no folder", path, dir)
	}
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return usageError("cannot write %s: %s: %w", path, dir, err)
	}
	return nil
}

// refuse fails at the first of the flags that was given.
func refuse(flags *pflag.FlagSet, why string, names ...string) error {
	for _, name := range names {
		if flags.Changed(name) {
			return usageError("--%s %s", name, why)
		}
	}
	return nil
}

// maxMean bounds the mean number of completions, far above any use of them.
const maxMean = 100_000

var policies = []string{budget.PolicyUniform, budget.PolicyDifficulty, budget.PolicyAdaptive}

// check looks at every flag of a run.
func (o *runOptions) check() error {
	if o.exec {
		if err := checkLimits(o.limits); err != nil {
			return err
		}
		if err := checkThreads("workers", o.workers); err != nil {
			return err
		}
	}
	if o.given == nil {
		return nil
	}
	if o.tests != "" {
		var err error
		o.given.VisitAll(func(f *pflag.Flag) {
			if err == nil {
				err = refuse(o.given, "has no use with --tests, which needs no model", f.Name)
			}
		})
		return err
	}
	given := o.given.Changed
	if o.shares != "" {
		if err := refuse(o.given, "does not go with --budget, which says how many for each problem", "tests-per-problem", "budget-mean", "policy", "classifier"); err != nil {
			return err
		}
	}
	switch t, p := float64(o.temperature), o.topP; {
	case given("temperature") && !(t >= 0 && t < math.MaxFloat32):
		return usageError("--temperature %g: give 0 (always the likeliest token) or more", t)
	case given("top-p") && !(p > 0 && p <= 1):
		return usageError("--top-p %g: give more than 0 and at most 1", p)
	case given("max-tokens") && o.maxTokens < 1:
		return usageError("--max-tokens %d: give at least 1", o.maxTokens)
	case !slices.Contains(policies, o.policy):
		return usageError("--policy %q is unknown; use one of %s", o.policy, strings.Join(policies, ", "))
	case o.perProblem > maxMean || o.budgetMean > maxMean:
		return usageError("more than %d completions per problem; lower --tests-per-problem or --budget-mean", maxMean)
	}
	if err := o.serverLimits.check(o.given, o.server != ""); err != nil {
		return err
	}
	return checkThreads("threads", o.threads)
}

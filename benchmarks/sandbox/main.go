// Command sandbox measures the sandbox on real data, and checks it there.
//
//	sandbox matrix     every solution against every assert, compared with native verdicts
//	sandbox pairs      writes real pairs as JSON lines, for the native harness
//	sandbox run        runs such pairs: as a matrix, or one by one
//	sandbox compare    runs the same pairs here and natively, in turns
//	sandbox observe    the matrix and what solutions return on calls, as a matrix file
//	sandbox canonical  EvalPlus's canonical solutions on the tests of HumanEval and MBPP
//	sandbox stdio      contest programs on small inputs, verdicts and speed beside native CPython
//	sandbox rates      contest programs on large inputs: fuel and time beside native CPython
//	sandbox packages   what pairs cost with the packages guest and without, in turns
//	sandbox suite      CPython's own tests, and which do not pass (docs/sandbox.md)
//	sandbox soak       runs many pairs and watches memory and descriptors
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/cputime"
	"coderm/internal/dirs"
	"coderm/problem/mutate"
	"coderm/sandbox"
)

// options are shared by the commands; each uses some.
type options struct {
	workers   int
	problems  int
	fuel      uint64
	giveUp    int
	count     int
	rounds    int
	style     string
	fresh     bool
	single    bool
	seed      uint64
	mutations int
	ending    bool
	python    string
	args      []string // after the flags
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	commands := map[string]func(context.Context, options) error{
		"matrix": matrix, "pairs": pairs, "run": runPairs, "compare": compare, "observe": observeAll, "soak": soak,
		"canonical": canonical, "stdio": stdio, "rates": rates, "packages": packages, "suite": suite,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("give one of matrix, pairs, run, compare, observe, canonical, stdio, rates, packages, suite, soak")
	}
	var o options
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.IntVar(&o.workers, "workers", 0, "pairs run at once (default: one a core)")
	f.IntVar(&o.problems, "problems", 0, "only the first problems")
	f.Uint64Var(&o.fuel, "fuel", 0, "fuel limit of a pair")
	f.IntVar(&o.giveUp, "give-up", 0, "timeouts after which a row ends")
	f.IntVar(&o.count, "n", 1000, "how many pairs")
	f.IntVar(&o.rounds, "rounds", 5, "how often each is measured")
	f.StringVar(&o.style, "style", "unittest", "tests written as unittest or assert")
	f.BoolVar(&o.fresh, "fresh", false, "map memory anew for every pair")
	f.Uint64Var(&o.seed, "seed", 0, "of the mutated calls")
	f.IntVar(&o.mutations, "mutations", mutate.PerProblem, "of a problem's calls")
	f.BoolVar(&o.ending, "ending", false, "a matrix without the solutions that natively time out on any test")
	f.StringVar(&o.python, "python", "python3", "the native CPython")
	f.BoolVar(&o.single, "single", false, "independent pairs instead of a matrix")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	o.args = f.Args()
	return commands[args[0]](ctx, o)
}

func (o options) open(ctx context.Context) (*sandbox.Sandbox, error) {
	return sandbox.New(ctx, sandbox.Options{
		Workers: o.workers, Fresh: o.fresh,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

func (o options) load() ([]codegen16b.Problem, error) {
	path, err := dirs.Recorded(codegen16b.File)
	if err != nil {
		return nil, err
	}
	problems, err := codegen16b.Load(path, o.problems)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("no recorded data: %w (set CODERM_DATA to their folder)", err)
	}
	return problems, err
}

func printJSON(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

// stopwatch measures elapsed and CPU time of this process.
type stopwatch struct {
	start        time.Time
	cpu          time.Duration
	elapsed, sum time.Duration // until the last pause
}

func startWatch() *stopwatch { return &stopwatch{start: time.Now(), cpu: cputime.Used()} }

func (s *stopwatch) pause() {
	s.elapsed += time.Since(s.start)
	s.sum += cputime.Used() - s.cpu
}

func (s *stopwatch) resume() { s.start, s.cpu = time.Now(), cputime.Used() }

// read gives the times; the watch is running.
func (s *stopwatch) read() (elapsed, cpu time.Duration) {
	return s.elapsed + time.Since(s.start), s.sum + cputime.Used() - s.cpu
}

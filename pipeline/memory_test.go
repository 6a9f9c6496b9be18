package pipeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"coderm/budget"
	"coderm/journal"
	"coderm/problem"
)

// many begins a run of n problems with as many given tests as solutions. Every
// solution and test is a text of about a kilobyte.
func many(t testing.TB, dir string, n, each int) *journal.Journal {
	t.Helper()
	ctx := t.Context()
	o, err := journal.Take(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	padding := strings.Repeat(" ", 1000)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		id := fmt.Sprint("p", i)
		must(o.AddProblem(ctx, i, problem.Problem{ID: id, Question: padding}))
		for k := range each {
			must(o.AddSolution(ctx, i, problem.Solution{TaskID: id, Index: k, Code: fmt.Sprint(k+1, padding)}))
			must(o.AddGiven(ctx, i, problem.Sampled{Finish: "given", Solution: -1},
				journal.Test{Origin: problem.Origin{Generation: k}, Test: problem.PythonTest(fmt.Sprint(k+1, padding))}))
		}
	}
	j, err := o.Journal(ctx, journal.Fingerprint{})
	must(err)
	return j
}

// throughout runs n problems and returns the memory in use when settled of them
// are done, and at the end, in bytes.
func throughout(t testing.TB, n, each, settled int, inUse func() int64) (early, late int64) {
	t.Helper()
	j := many(t, filepath.Join(t.TempDir(), "run"), n, each)
	defer j.Close()
	c := Config{Journal: j, Planner: budget.Fixed(budget.Uniform(n, n*each)), Executor: &arithmetic{fail: never}, Running: 2, Selector: majority(t)}
	done := 0
	err := Run(t.Context(), c, func(Result) error {
		if done++; done == settled {
			early = inUse()
		}
		return nil
	})
	if err != nil || done != n {
		t.Fatalf("%d of %d problems, %v", done, n, err)
	}
	return early, inUse()
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// What a run has in memory does not grow with the problems that are done.
func TestMemoryIsBounded(t *testing.T) {
	early, late := throughout(t, 300, 10, 60, heap)
	// Four times as many problems with 20 kB of texts each, not counting verdicts:
	// kept, they would be 5 MB.
	if grown := late - early; grown > 1<<20 {
		t.Errorf("%d bytes after 60 problems, %d more after 300", early, grown)
	}
}

// BenchmarkMemory shows the resident memory of the process, the store's included,
// after the first hundred problems and after all.
func BenchmarkMemory(b *testing.B) {
	resident := func() int64 {
		f, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			b.Fatal(err)
		}
		pages, err := strconv.ParseInt(string(bytes.Fields(f)[1]), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return pages * int64(os.Getpagesize())
	}
	const n = 2000
	var early, late int64
	for b.Loop() {
		early, late = throughout(b, n, 20, 100, resident)
	}
	b.ReportMetric(float64(early)/1e6, "MB-at-100")
	b.ReportMetric(float64(late)/1e6, "MB-at-2000")
}

package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"iter"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"coderm/sandbox"
)

//go:embed suite.py
var suiteProgram string

//go:embed suite.txt
var suiteModules string

//go:embed suite-reasons.txt
var suiteReasons string

const (
	suiteDeaths = 12                // of one module, after which the rest of it is left
	suiteFuel   = 150_000_000_000   // for a module
	suiteMemory = int64(1536) << 20 // bytes
)

// suite runs modules of CPython's own tests, those named or those of suite.txt, each
// by a program of its own, and lists the tests that do not pass with the reasons of
// suite-reasons.txt. One that has none there is an error. It wants the guest that
// 'scripts/build-packages.sh --suite' makes.
func suite(ctx context.Context, o options) error {
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	modules := o.args
	if len(modules) == 0 {
		modules = slices.Collect(entries(suiteModules))
	}
	var reasons []*suiteReason
	for entry := range entries(suiteReasons) {
		why, pattern, _ := strings.Cut(entry, "\t")
		reasons = append(reasons, &suiteReason{why: why, is: regexp.MustCompile(pattern)})
	}
	total, unexplained := map[string]int{}, 0
	for _, name := range modules {
		counts, failed, err := suiteModule(ctx, s, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("%s: %d pass, %d fail, %d skipped\n", name, counts["pass"], counts["fail"], counts["skip"])
		for _, line := range failed {
			i := slices.IndexFunc(reasons, func(r *suiteReason) bool { return r.is.MatchString(line) })
			if i < 0 {
				unexplained++
				fmt.Println("  ? " + line)
				continue
			}
			reasons[i].tests++
			fmt.Println("    " + line)
		}
		for what, n := range counts {
			total[what] += n
		}
	}
	for _, r := range reasons {
		fmt.Printf("%5d %s\n", r.tests, r.why)
	}
	fmt.Printf("%d modules: %d pass, %d fail, %d skipped\n", len(modules), total["pass"], total["fail"], total["skip"])
	if unexplained > 0 {
		return fmt.Errorf("%d tests do not pass, and suite-reasons.txt does not say why", unexplained)
	}
	return nil
}

// suiteReason is why some tests cannot pass.
type suiteReason struct {
	why   string
	is    *regexp.Regexp
	tests int
}

// entries gives the lines of a list that are no comments.
func entries(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(list) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

// suiteModule runs a module again without the test that it died of, until it comes to
// its end or has died too often.
func suiteModule(ctx context.Context, s *sandbox.Sandbox, name string) (counts map[string]int, failed []string, err error) {
	p, err := s.Compile(ctx, fmt.Sprintf("import test\nMODULE = %q\n", name)+suiteProgram, sandbox.Limits{})
	if err != nil {
		return nil, nil, err
	}
	counts = map[string]int{}
	seen := map[string]bool{}
	for deaths := 0; ; deaths++ {
		done := strings.Join(slices.Collect(maps.Keys(seen)), "\n")
		got, err := s.Execute(ctx, p, sandbox.Input{Stdin: done}, sandbox.Limits{Fuel: suiteFuel, Memory: suiteMemory, Output: 16 << 20}, 16<<20)
		if err != nil {
			return nil, nil, err
		}
		last, ended := "", false
		note := func(what, id, why string) {
			if !seen[id] {
				seen[id] = true
				counts[what]++
				if what == "fail" {
					failed = append(failed, id+": "+why)
				}
			}
		}
		for lines := bufio.NewScanner(bytes.NewReader(got.Stdout)); lines.Scan(); {
			f := strings.SplitN(lines.Text()+"\t\t", "\t", 4)
			switch f[0] {
			case "begin":
				last = f[1]
			case "pass", "fail", "skip":
				note(f[0], f[1], f[2])
			case "module":
				if ended = true; f[1] != "end" {
					note(f[1], name, f[2])
				}
				if f[1] == "skip" {
					fmt.Printf("%s is left out: %s\n", name, f[2])
				}
			}
		}
		if ended {
			return counts, failed, nil
		}
		why := fmt.Sprintf("%v: %s", got.Verdict.Kind, got.Verdict.Detail)
		if last == "" || seen[last] || deaths == suiteDeaths {
			failed = append(failed, fmt.Sprintf("the rest of %s: %s", name, why))
			counts["fail"]++
			fmt.Fprintf(os.Stderr, "%.2000s\n", got.Stderr)
			return counts, failed, nil
		}
		note("fail", last, why)
	}
}

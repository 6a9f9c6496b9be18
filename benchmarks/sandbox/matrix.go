package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"coderm/benchmarks/codegen16b"
	"coderm/sandbox"
)

// agrees tells whether a verdict says what the native digit says. A solution
// that dies natively may run out of anything here; a native timeout (0.1 s)
// says nothing.
func agrees(digit byte, k sandbox.Kind) bool {
	switch digit {
	case codegen16b.Pass:
		return k == sandbox.Pass
	case codegen16b.Fail:
		return k == sandbox.Fail
	case codegen16b.Error:
		return k == sandbox.Error
	case codegen16b.Dead:
		return k != sandbox.Pass
	}
	return true
}

// rowKey is a solution of a problem.
type rowKey struct {
	task     string
	solution int
}

// again runs the cells that timed out here but not natively under the default
// limits, puts the verdicts in place, and counts those that agree now.
func again(ctx context.Context, s *sandbox.Sandbox, p *codegen16b.Problem, verdicts [][]sandbox.Verdict) (int, error) {
	early := func(i, j int) bool {
		return verdicts[i][j].Kind == sandbox.Timeout && !agrees(p.Matrix[i][j], sandbox.Timeout)
	}
	agree := 0
	got := map[[2]int]sandbox.Verdict{}
	err := s.Cells(ctx, p.Programs(), p.Asserts(), sandbox.DefaultLimits(), early, func(i, j int, v sandbox.Verdict) error {
		got[[2]int{i, j}] = v
		if agrees(p.Matrix[i][j], v.Kind) {
			agree++
		}
		return nil
	})
	for at, v := range got {
		verdicts[at[0]][at[1]] = v
	}
	return agree, err
}

// ending is a problem without the solutions that natively time out on any test.
func ending(p codegen16b.Problem) codegen16b.Problem {
	all := p
	p.Solutions, p.Matrix = nil, nil
	for i, row := range all.Matrix {
		if !strings.ContainsRune(row, codegen16b.Timeout) {
			p.Solutions, p.Matrix = append(p.Solutions, all.Solutions[i]), append(p.Matrix, row)
		}
	}
	return p
}

// matrix runs everything and reports speed and differences, a line for each
// solution that has any.
func matrix(ctx context.Context, o options) error {
	problems, err := o.load()
	if err != nil {
		return err
	}
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	lim := sandbox.Limits{Fuel: o.fuel, GiveUp: o.giveUp}
	counts := map[sandbox.Kind]int{}
	timeouts := map[sandbox.Kind]int{} // verdicts where the native one is a timeout
	different := map[rowKey][]string{}
	short := 0 // differences that more fuel removes
	pairs, bad := 0, 0
	watch := startWatch()
	for _, p := range problems {
		if o.ending {
			p = ending(p)
		}
		verdicts := make([][]sandbox.Verdict, len(p.Solutions))
		for i := range verdicts {
			verdicts[i] = make([]sandbox.Verdict, len(p.Tests))
		}
		err := s.Matrix(ctx, p.Programs(), p.Asserts(), lim, func(i, j int, v sandbox.Verdict) error {
			verdicts[i][j] = v
			return nil
		})
		if err != nil {
			return err
		}
		watch.pause()
		n, err := again(ctx, s, &p, verdicts)
		if err != nil {
			return err
		}
		short += n
		watch.resume()
		for i, row := range verdicts {
			for j, v := range row {
				pairs++
				counts[v.Kind]++
				digit := p.Matrix[i][j]
				if digit == codegen16b.Timeout {
					timeouts[v.Kind]++
				}
				if !agrees(digit, v.Kind) {
					bad++
					k := rowKey{p.TaskID, i}
					different[k] = append(different[k], fmt.Sprintf("test %d natively %c, here %s %s", j, digit, v.Kind, v.Detail))
				}
			}
		}
	}
	elapsed, cpu := watch.read()
	fmt.Printf("%d pairs in %.1f s: %.0f pairs/s, %.0f µs CPU a pair\n", pairs, elapsed.Seconds(),
		float64(pairs)/elapsed.Seconds(), cpu.Seconds()*1e6/float64(pairs))
	fmt.Println("verdicts:", counts)
	fmt.Printf("%d timeouts differed from a native verdict and agree under the default limits\n", short)
	fmt.Println("where the native verdict is a timeout:", timeouts)
	for _, k := range slices.SortedFunc(maps.Keys(different), func(a, b rowKey) int { return len(different[b]) - len(different[a]) }) {
		d := different[k]
		fmt.Printf("%s solution %d: %d tests differ: %s\n", k.task, k.solution, len(d), d[0])
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d pairs differ from the native verdicts", bad, pairs)
	}
	if pairs == 0 {
		return errors.New("no pairs")
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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
	pairs, bad := 0, 0
	watch := startWatch()
	for _, p := range problems {
		verdicts := make([][]sandbox.Verdict, len(p.Solutions))
		for i := range verdicts {
			verdicts[i] = make([]sandbox.Verdict, len(p.Tests))
		}
		err := s.Matrix(ctx, p.Programs(), p.Tests, lim, func(i, j int, v sandbox.Verdict) error {
			verdicts[i][j] = v
			return nil
		})
		if err != nil {
			return err
		}
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

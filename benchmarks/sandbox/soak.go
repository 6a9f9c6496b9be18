package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"coderm/sandbox"
)

// soak runs o.count pairs of the real data, problem after problem, round after
// round, and prints memory and descriptors ten times on the way.
func soak(ctx context.Context, o options) error {
	problems, err := o.load()
	if err != nil {
		return err
	}
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("     pairs   resident MiB   descriptors   threads")
	done, next := 0, 0
	for round := 0; done < o.count; round++ {
		for _, p := range problems {
			// A slice of the tests, another one each round.
			tests := p.Asserts()
			if n := 40; len(tests) > n {
				at := round * n % (len(tests) - n + 1)
				tests = tests[at : at+n]
			}
			err := s.Matrix(ctx, p.Programs(), tests, sandbox.Limits{Fuel: o.fuel, GiveUp: o.giveUp}, func(i, j int, v sandbox.Verdict) error {
				if v.Kind == sandbox.Infra {
					return fmt.Errorf("%s: %s", p.TaskID, v.Detail)
				}
				done++
				return nil
			})
			if err != nil {
				return err
			}
			if done >= next {
				if err := report(done); err != nil {
					return err
				}
				next += max(1, o.count/10)
			}
			if done >= o.count {
				break
			}
		}
	}
	return report(done)
}

func report(done int) error {
	rss, err := status("VmRSS")
	if err != nil {
		return err
	}
	threads, err := status("Threads")
	if err != nil {
		return err
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	fmt.Printf("%10d %14.1f %13d %9d\n", done, float64(rss)/1024, len(fds)-1, threads)
	return nil
}

// status is a number that the kernel says of this process: VmRSS is what it has in
// memory, of its own and of images, in KiB.
func status(name string) (n int, err error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		return 0, fmt.Errorf("%s of /proc/self/status: %w", name, err)
	}
	return n, nil
}

// Command weights measures the way from a fine-tune to a file at full size: it makes
// a random Hugging Face folder of Llama-3.1-8B's shape (16 GB), converts, quantizes
// and packs it with the coderm binary, and prints time and peak memory of each step
// as a Markdown table. It needs 33 GB of disk and deletes all of it.
//
//	go run ./benchmarks/weights -coderm bin/coderm -dir /var/tmp/coderm-8b
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"coderm/internal/table"
	"coderm/weights/synthetic"
)

func main() {
	binary := flag.String("coderm", "bin/coderm", "the program to measure")
	dir := flag.String("dir", "", "a folder to make and delete")
	shape := flag.String("shape", "llama-8b", strings.Join(synthetic.Names(), ", "))
	types := flag.String("types", "Q4_K_M,Q4_0", "quantizations, one after the other")
	prompts := flag.String("prompts", "", "a file of prompts to check each quantization on (model quantize --check)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, *binary, *dir, *shape, strings.Split(*types, ","), *prompts); err != nil {
		fmt.Fprintln(os.Stderr, "weights:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, binary, dir, shape string, types []string, prompts string) (err error) {
	s, err := synthetic.Find(shape)
	if err != nil {
		return err
	}
	if dir == "" {
		return errors.New("give -dir, a folder on a disk with 33 GB free")
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	folder, full := filepath.Join(dir, s.Name), filepath.Join(dir, "full.gguf")
	start := time.Now()
	if err := synthetic.WriteFolder(ctx, folder, s, 4, nil); err != nil {
		return err
	}
	fmt.Printf("%s, random, in bf16: made in %.0f s\n\n", s.Name, time.Since(start).Seconds())
	steps := table.Markdown(os.Stdout, table.Left("step"), table.Right("output, GB", "time, s", "CPU time, s", "peak memory, MB"))
	if err := step(ctx, steps, full, binary, "model", "convert", folder, "-o", full); err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil { // the disk is to hold two copies, not three
		return err
	}
	for _, t := range types {
		out, packed := filepath.Join(dir, t+".gguf"), filepath.Join(dir, t+".coderm")
		quantize := []string{"model", "quantize", full, t, "-o", out}
		if prompts != "" {
			quantize = append(quantize, "--check", prompts)
		}
		if err := step(ctx, steps, out, binary, quantize...); err != nil {
			return err
		}
		if err := step(ctx, steps, packed, binary, "model", "pack", out, "-o", packed); err != nil {
			return err
		}
		if err := errors.Join(os.Remove(out), os.Remove(packed)); err != nil {
			return err
		}
	}
	return nil
}

// step runs one command and prints its row.
func step(ctx context.Context, steps *table.Table, out, binary string, args ...string) error {
	c := exec.CommandContext(ctx, binary, args...)
	c.Stderr = os.Stderr
	// The peak memory of the whole process includes mapped pages of the input
	// file, which the kernel takes back when it needs them; the memory the
	// process owns is watched apart.
	own := make(chan int64, 1)
	start := time.Now()
	if err := c.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { own <- peakAnonymous(c.Process.Pid, done) }()
	err := c.Wait()
	close(done)
	anonymous := <-own
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	st, err := os.Stat(out)
	if err != nil {
		return err
	}
	usage := c.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	steps.Row(args[1]+" "+strings.TrimSuffix(filepath.Base(out), ".gguf"), fmt.Sprintf("%.2f", float64(st.Size())/1e9),
		fmt.Sprintf("%.0f", time.Since(start).Seconds()), fmt.Sprintf("%.0f", cpu.Seconds()),
		fmt.Sprintf("%d (with mapped pages %d)", anonymous/1e6, usage.Maxrss*1024/1e6))
	return steps.Flush()
}

// peakAnonymous watches the memory a process owns (RssAnon, in bytes) until
// done is closed.
func peakAnonymous(pid int, done <-chan struct{}) int64 {
	var peak int64
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return peak
		case <-tick.C:
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(b)) {
				var kib int64
				if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kib); n == 1 {
					peak = max(peak, kib<<10)
				}
			}
		}
	}
}

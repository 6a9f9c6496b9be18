package llama

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"coderm/engine/sched"
)

// TestAbort: when llama.cpp gives up, and the process with it, the user reads
// why, and nothing else.
func TestAbort(t *testing.T) {
	if os.Getenv("CODERM_TEST_ABORT") != "" {
		m := tiny(t, Config{GPULayers: -1})
		d, err := (schedModel{m}).Open(sched.Shape{Seqs: 1, PerSeq: 512, Cells: 512, Unified: true, Batch: 32})
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Decode(make([]sched.Row, 400), nil, false) // more rows than it has room for
		t.Fatal("llama.cpp took them")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	c := exec.Command(exe, "-test.run", "^TestAbort$")
	c.Env = append(os.Environ(), "CODERM_TEST_ABORT=1")
	c.Stderr = &stderr
	var exit *exec.ExitError
	if err := c.Run(); !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if s, ok := exit.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGABRT {
		t.Errorf("it ended with %v", exit)
	}
	text := stderr.String()
	if !strings.Contains(text, "coderm: llama.cpp cannot go on: ") || !strings.Contains(text, "n_batch") || strings.Contains(text, "goroutine") {
		t.Errorf("the user reads:\n%s", text)
	}
}

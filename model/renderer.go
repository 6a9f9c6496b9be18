package model

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// The limits of a template, for one conversation. Real ones take a millisecond.
const (
	renderCPU    = 2                 // seconds of processor time
	renderWait   = 30 * time.Second  // for a process that gets none
	renderMemory = 512 << 20         // bytes above what the process starts with
	renderStack  = 64 << 20          // bytes
	renderOutput = 16 << 20          // bytes
	renderName   = "coderm-template" // the process's name
)

// setup is what a renderer is told first, question each conversation, answer what
// it says to each.
type (
	setup    struct{ Source, BOS, EOS string }
	question struct{ Messages []Message }
	answer   struct{ Text, Error string }
)

// renderer is a running process of this very program that renders one template.
type renderer struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	to     *gob.Encoder
	from   *gob.Decoder
	stderr *bytes.Buffer
}

func startRenderer(s setup) (*renderer, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &renderer{stderr: new(bytes.Buffer)}
	r.cmd = exec.Command(exe)
	r.cmd.Args = []string{renderName}
	// Its last words are read, not shown; they are short without a traceback.
	r.cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOTRACEBACK=none")
	r.cmd.Stderr = r.stderr
	r.cmd.WaitDelay = time.Second
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the process for it: %w", err)
	}
	r.to, r.from = gob.NewEncoder(r.in), gob.NewDecoder(out)
	if err := r.to.Encode(s); err != nil {
		return nil, r.end(err)
	}
	return r, nil
}

// ask has a conversation rendered. An error means that the process is of no more
// use.
func (r *renderer) ask(messages []Message) (a answer, err error) {
	timer := time.AfterFunc(renderWait, func() { r.cmd.Process.Kill() })
	defer timer.Stop()
	if err = r.to.Encode(question{messages}); err == nil {
		err = r.from.Decode(&a)
	}
	return a, err
}

// end kills the process and says what it died of, if it had died of something.
func (r *renderer) end(err error) error {
	r.in.Close()
	if err == nil {
		r.cmd.Process.Kill()
	}
	alone := time.AfterFunc(renderWait, func() { r.cmd.Process.Kill() })
	defer alone.Stop()
	r.cmd.Wait() // its state and last words say more than the error
	words := r.stderr.String()
	switch code := r.cmd.ProcessState.ExitCode(); {
	case err == nil:
		return nil
	case strings.Contains(words, "stack exceeds"):
		return fmt.Errorf("it is nested or recurses too deep (more than %d MiB of stack)", renderStack>>20)
	case strings.Contains(words, "out of memory"), strings.Contains(words, "cannot allocate"), strings.Contains(words, "failed to allocate"), strings.Contains(words, "len out of range"):
		return fmt.Errorf("it needs more than %d MiB of memory", renderMemory>>20)
	case code == exitSlow:
		return fmt.Errorf("it does not end within %d s of processor time", renderCPU)
	case code < 0:
		return fmt.Errorf("its process was killed (%s)", r.cmd.ProcessState)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(words), "\n")
	return errors.New(shortened("its process ended: " + first))
}

// shortened keeps a message readable that may quote a template.
func shortened(text string) string {
	const limit = 300
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}

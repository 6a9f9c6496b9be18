package model

import (
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/ardanlabs/jinja"
)

// exitSlow is a renderer's exit code when its processor time is over.
const exitSlow = 3

// In a process started as a renderer nothing else runs. It is decided here, before
// any main, so that every program with this package can start itself as one, the
// tests too.
func init() {
	if len(os.Args) == 1 && os.Args[0] == renderName {
		if err := serveTemplate(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// serveTemplate answers until its input ends. A template that is too much for the
// limits takes the process with it.
func serveTemplate(in io.Reader, out io.Writer) error {
	signal.Ignore(os.Interrupt) // for the parent, which closes the input
	slow := make(chan os.Signal, 1)
	signal.Notify(slow, syscall.SIGXCPU)
	go func() {
		<-slow
		os.Exit(exitSlow)
	}()
	debug.SetMaxStack(renderStack)
	debug.SetMemoryLimit(renderMemory / 2) // collect before it is short
	if err := limitMemory(renderMemory); err != nil {
		return fmt.Errorf("limiting memory: %w", err)
	}
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	var s setup
	if err := from.Decode(&s); err != nil {
		return err
	}
	var tmpl *jinja.Template
	for {
		var q question
		if err := from.Decode(&q); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := limitTime(renderCPU); err != nil {
			return fmt.Errorf("limiting time: %w", err)
		}
		var a answer
		var err error
		if tmpl == nil {
			tmpl, err = jinja.Compile(s.Source)
		}
		if err == nil {
			a.Text, err = tmpl.Render(conversation(s, q))
		}
		if err == nil && len(a.Text) > renderOutput {
			err = fmt.Errorf("it makes a prompt of %d bytes; more than %d are refused", len(a.Text), renderOutput)
		}
		if err != nil {
			a = answer{Error: shortened(err.Error())}
		}
		if err := to.Encode(a); err != nil {
			return err
		}
	}
}

func conversation(s setup, q question) map[string]any {
	var messages []any
	for _, m := range q.Messages {
		messages = append(messages, map[string]any{"role": m.Role, "content": m.Content})
	}
	return map[string]any{
		"messages":              messages,
		"add_generation_prompt": true,
		"bos_token":             s.BOS,
		"eos_token":             s.EOS,
	}
}

// limitTime gives the process more processor time, in seconds, from now on; then
// comes SIGXCPU.
func limitTime(seconds uint64) error {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &r); err != nil {
		return err
	}
	r.Cur = min(uint64(used.Utime.Sec+used.Stime.Sec)+1+seconds, r.Max)
	return syscall.Setrlimit(syscall.RLIMIT_CPU, &r)
}

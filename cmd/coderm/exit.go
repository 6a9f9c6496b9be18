package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"coderm/internal/badinput"
	"coderm/run"
)

// The exit codes, part of the command line's contract.
const (
	exitDone        = 0
	exitFailed      = 1   // something went wrong while working
	exitUsage       = 2   // bad flags or bad input: nothing was started
	exitPartial     = 3   // finished, but some problems have no result
	exitInterrupted = 130 // SIGINT or SIGTERM; the run can be resumed
)

// codedError is an error with the exit code it ends the process with.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// usageError reports bad input: what, where, what to do.
func usageError(format string, args ...any) error {
	return badinput.Errorf(format, args...)
}

// asUsage marks an input error of a lower package as the user's to fix.
func asUsage(err error) error { return badinput.Mark(err) }

// partialError reports a run that finished without some of its results.
func partialError(format string, args ...any) error {
	return &codedError{exitPartial, fmt.Errorf(format, args...)}
}

// exitCode prints err as one line and maps it to the exit code.
func (a *app) exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var coded *codedError
	var bad *badinput.Error
	var input *run.InputError
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		code, err = exitInterrupted, errors.New("interrupted")
	case errors.As(err, &coded):
		code = coded.code
	case errors.As(err, &bad):
		code = exitUsage
	case errors.As(err, &input):
		code, err = exitUsage, asFlag(input)
	case strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "required flag"):
		code = exitUsage
	}
	fmt.Fprintf(a.stderr, "coderm: %s\n", oneLine(err.Error()))
	return code
}

// asFlag says of which flag an error about a run's spec is.
func asFlag(err *run.InputError) error {
	if err.Field == "" {
		return err
	}
	return &run.InputError{Field: "--" + strings.ReplaceAll(err.Field, "_", "-"), Value: err.Value, Err: err.Err}
}

// oneLine joins the lines of a message, such as those of errors.Join.
func oneLine(text string) string {
	var parts []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}

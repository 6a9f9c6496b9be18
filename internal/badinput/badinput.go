// Package badinput marks errors that whoever gave an input can mend: nothing is
// wrong with the program or the machine. The command line ends with exit code 2 on
// them; a server would answer with status 400.
package badinput

import "fmt"

// Error is an error of an input.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes one: what is wrong, where, and what to do.
func Errorf(format string, args ...any) error {
	return &Error{fmt.Errorf(format, args...)}
}

// Mark says of an error that it is one of an input. nil stays nil.
func Mark(err error) error {
	if err == nil {
		return nil
	}
	return &Error{err}
}

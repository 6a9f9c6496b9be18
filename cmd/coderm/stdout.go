package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
)

// checkedOutput is standard output that remembers its first failure and takes
// nothing after it, so that no command can lose a part of its result without the
// exit code saying so.
type checkedOutput struct {
	w   io.Writer
	err error
}

func (o *checkedOutput) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	o.err = err
	return n, err
}

// finish closes the output, where it can be closed: some file systems say only
// then that they are full. It returns how the command ended, done, or what was
// lost if that is worse. A reader that wants no more is none of our failures
// (mostly its SIGPIPE has ended the process before).
func (o *checkedOutput) finish(done error) error {
	if c, ok := o.w.(io.Closer); ok {
		if err := c.Close(); o.err == nil {
			o.err = err
		}
	}
	// So it is with an output named by a flag, such as -o /dev/stdout. (Servers'
	// connections break with another type of error.)
	var file *fs.PathError
	if errors.As(done, &file) && errors.Is(file, syscall.EPIPE) {
		return nil
	}
	var coded *codedError
	switch {
	case o.err == nil:
		return done
	case errors.Is(o.err, syscall.EPIPE):
		if errors.Is(done, syscall.EPIPE) {
			return nil
		}
		return done
	case done == nil, errors.As(done, &coded) && coded.code == exitPartial:
		return fmt.Errorf("writing standard output: %w", o.err)
	}
	return done
}

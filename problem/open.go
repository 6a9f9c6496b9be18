package problem

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// MaxLine bounds one JSONL line, in bytes: room for a problem with a thousand
// solutions, and an end for a file that is no JSONL at all.
const MaxLine = 256 << 20

// Open opens a plain, gzip or zstd file, told apart by content, not by name.
func Open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := decompress(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

type readCloser struct {
	io.Reader
	close func() error
}

func (r readCloser) Close() error { return r.close() }

func decompress(f io.ReadCloser) (io.ReadCloser, error) {
	b := bufio.NewReaderSize(f, 1<<16)
	magic, err := b.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("reading gzip: %w", err)
		}
		return readCloser{z, func() error { return errors.Join(z.Close(), f.Close()) }}, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, fmt.Errorf("reading zstd: %w", err)
		}
		return readCloser{z, func() error { z.Close(); return f.Close() }}, nil
	}
	return readCloser{b, f.Close}, nil
}

// LineError is bad input at a place: what is wrong, and in which line.
type LineError struct {
	File string
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// Lines calls fn for each non-blank line of a JSONL file. Errors of fn come
// back as a *LineError. The line is only valid during the call.
func Lines(path string, fn func(line []byte) error) error {
	r, err := Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	return scanLines(r, path, fn)
}

// LinesFrom is Lines for a stream that is open already; name is what errors
// call it.
func LinesFrom(r io.Reader, name string, fn func(line []byte) error) error {
	d, err := decompress(io.NopCloser(r))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer d.Close()
	return scanLines(d, name, fn)
}

func scanLines(r io.Reader, name string, fn func(line []byte) error) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<16), MaxLine)
	n := 0
	for s.Scan() {
		n++
		line := s.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := fn(withoutInfinity(line)); err != nil {
			return &LineError{name, n, describe(err, line)}
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return &LineError{name, n + 1, fmt.Errorf("the line is longer than %d MiB", MaxLine>>20)}
	} else if err != nil {
		return &LineError{name, n + 1, err}
	}
	return nil
}

// describe turns encoding/json's errors into words about the file.
func describe(err error, line []byte) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF),
		errors.As(err, &syntax) && syntax.Offset >= int64(len(line)):
		return errors.New("broken JSON: the line ends in the middle of an object")
	case errors.As(err, &syntax):
		return fmt.Errorf("broken JSON at byte %d: %v", syntax.Offset, syntax)
	case errors.As(err, &typ) && typ.Field != "":
		return fmt.Errorf("field %q is %s, expected a %v", typ.Field, article(typ.Value), typ.Type)
	case errors.As(err, &typ):
		return fmt.Errorf("expected a JSON object, got %s", article(typ.Value))
	}
	return err
}

// article puts "a" or "an" before a JSON type's name.
func article(name string) string {
	if name == "array" || name == "object" {
		return "an " + name
	}
	return "a " + name
}

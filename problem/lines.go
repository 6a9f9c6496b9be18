package problem

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxLine bounds one JSONL line, in bytes: room for a problem with a thousand
// solutions, and an end for a file that is no JSONL at all.
const MaxLine = 256 << 20

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
//
// What Python's json module writes beyond JSON is taken: see finite.
func Lines(path string, fn func(line []byte) error) error {
	in, err := Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	return in.Lines(fn)
}

// LinesFrom is Lines for a stream that is open already; name is what errors
// call it.
func LinesFrom(r io.Reader, name string, fn func(line []byte) error) error {
	in, err := NewInput(io.NopCloser(r), name)
	if err != nil {
		return err
	}
	defer in.Close()
	return in.Lines(fn)
}

// Lines is the function Lines for an open file.
func (in *Input) Lines(fn func(line []byte) error) error {
	b := bufio.NewReaderSize(in, 1<<16)
	var long []byte
	for n := 1; ; n++ {
		line, readErr := readLine(b, &long)
		if readErr != nil && readErr != io.EOF {
			return &LineError{in.name, n, readErr}
		}
		line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte(utf8BOM)))
		if len(line) > 0 {
			if err := checkText(line); err != nil {
				return &LineError{in.name, n, err}
			}
			line = finite(line)
			if err := fn(line); err != nil {
				return &LineError{in.name, n, describe(err, line)}
			}
		}
		if readErr == io.EOF {
			return nil
		}
	}
}

const utf8BOM = "\xef\xbb\xbf"

// readLine reads to the end of a line, in time linear in its length. Lines that
// do not fit into b's buffer use long. At the end of the file it returns io.EOF
// with what came before.
func readLine(b *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := b.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	*long = (*long)[:0]
	for {
		*long = append(*long, line...)
		if len(*long) > MaxLine {
			return nil, fmt.Errorf("the line is longer than %d MiB", MaxLine>>20)
		}
		if err != bufio.ErrBufferFull {
			return *long, err
		}
		line, err = b.ReadSlice('\n')
	}
}

// checkText refuses other encodings than UTF-8. Reading them anyway would change
// programs without a word.
func checkText(line []byte) error {
	const tarAt = 257 // where a tar header says what it is
	switch {
	case bytes.HasPrefix(line, []byte{0xff, 0xfe}), bytes.HasPrefix(line, []byte{0xfe, 0xff}),
		bytes.HasPrefix(line, []byte("{\x00")), bytes.HasPrefix(line, []byte("\x00{")):
		return errors.New("the file is in UTF-16; turn it into UTF-8 ('iconv -f UTF-16 -t UTF-8')")
	case len(line) > tarAt && bytes.HasPrefix(line[tarAt:], []byte("ustar")):
		return errors.New("the file is a tar archive; unpack it first")
	case utf8.Valid(line):
		return nil
	}
	at := 0
	for at < len(line) {
		r, n := utf8.DecodeRune(line[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return fmt.Errorf("byte %d (0x%02x) is not UTF-8; convert the file (with 'iconv -f LATIN1 -t UTF-8', if it is Latin-1)", at+1, line[at])
}

// describe turns encoding/json's errors into words about the file.
func describe(err error, line []byte) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && strings.HasSuffix(syntax.Error(), "after top-level value"):
		return afterObject(line, int(syntax.Offset))
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &syntax) && syntax.Offset >= int64(len(line)):
		if line[0] == '[' {
			return errors.New("broken JSON: an array over several lines; " + onePerLine)
		}
		return errors.New("broken JSON: the line ends in the middle of an object; an object takes one line")
	case errors.As(err, &syntax):
		return fmt.Errorf("broken JSON at byte %d: %v", syntax.Offset, syntax)
	case errors.As(err, &typ) && typ.Field != "":
		return fmt.Errorf("field %q is %s, expected a %v", typ.Field, article(typ.Value), typ.Type)
	case errors.As(err, &typ) && typ.Value == "array":
		return errors.New("expected a JSON object, got an array; " + onePerLine)
	case errors.As(err, &typ):
		return fmt.Errorf("expected a JSON object, got %s", article(typ.Value))
	}
	return err
}

const onePerLine = "give one object a line ('jq -c .[]' takes an array apart)"

// afterObject says what follows a complete value; at is its place, from 1.
func afterObject(line []byte, at int) error {
	switch rest := line[min(max(at, 1), len(line))-1:]; {
	case string(rest) == ",":
		return errors.New("broken JSON: a comma after the object; lines have nothing between them but the line break")
	case rest[0] == '{', rest[0] == ',':
		return fmt.Errorf("broken JSON at byte %d: more than one object in the line; give one object a line", at)
	}
	return fmt.Errorf("broken JSON at byte %d: something after the object", at)
}

// article puts "a" or "an" before a JSON type's name.
func article(name string) string {
	if name == "array" || name == "object" {
		return "an " + name
	}
	return "a " + name
}

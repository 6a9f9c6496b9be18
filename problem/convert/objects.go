package convert

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"coderm/problem"
)

// liveObjects calls fn for every object of a file: one a line, or the elements of
// the one list that the file is.
func liveObjects(r io.Reader, path string, fn func(object []byte) error) error {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		b.Discard(len(mark))
	}
	for {
		c, err := b.ReadByte()
		if err == nil && strings.IndexByte(" \t\r\n", c) >= 0 {
			continue
		}
		if err == nil {
			b.UnreadByte()
		}
		if c == '[' {
			return list(b, path, fn)
		}
		return problem.LinesFrom(b, path, fn) // which says what it cannot read
	}
}

// list reads a JSON list of objects.
func list(r io.Reader, name string, fn func(object []byte) error) error {
	d := json.NewDecoder(r)
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for n := 0; d.More(); n++ {
		var object json.RawMessage
		err := d.Decode(&object)
		if err == nil {
			err = fn(object)
		}
		if err != nil {
			return fmt.Errorf("%s: element %d of the list: %w", name, n, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%s: the list does not end: %w", name, err)
	}
	if d.More() {
		return fmt.Errorf("%s: something stands after the list", name)
	}
	return nil
}

package problem

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// oneByOne gives its text in small pieces, as gzip and pipes do.
type oneByOne struct{ text *strings.Reader }

func (r oneByOne) Read(b []byte) (int, error) {
	return r.text.Read(b[:min(len(b), 1000)])
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	var got []int
	err := LinesFrom(oneByOne{strings.NewReader("short\n" + long + "\n\nshort\n" + long)}, "in", func(line []byte) error {
		got = append(got, len(line))
		return nil
	})
	if err != nil || len(got) != 4 || got[1] != len(long) || got[2] != 5 || got[3] != len(long) {
		t.Errorf("lines of %v bytes, %v", got, err)
	}
}

// endless is a line without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestLineWithoutEnd(t *testing.T) {
	err := LinesFrom(endless{}, "in", func([]byte) error { return nil })
	if err == nil || err.Error() != "in:1: the line is longer than 256 MiB" {
		t.Error(err)
	}
}

func TestBrokenLines(t *testing.T) {
	const ok = `{"task_id":"a","question":"q"}`
	utf16 := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	for _, tt := range []struct{ name, content, want string }{
		{"a comma after the object", ok + ",", "in:1: broken JSON: a comma after the object; "},
		{"two objects", ok + " " + ok, "in:1: broken JSON at byte 32: more than one object in the line"},
		{"an array's line", ok + ", " + ok, "in:1: broken JSON at byte 31: more than one object in the line"},
		{"text after the object", ok + " # mine", "in:1: broken JSON at byte 32: something after the object"},
		{"a bracket after the object", ok + "]", "in:1: broken JSON at byte 31: something after the object"},
		{"an array over lines", "[\n" + ok + "\n]\n", "in:1: broken JSON: an array over several lines; give one object a line"},
		{"an array", "[" + ok + "]", "in:1: expected a JSON object, got an array; give one object a line"},
		{"an object over lines", "{\n\"task_id\": 1}", "in:1: broken JSON: the line ends in the middle of an object; an object takes one line"},
		{"a Python literal", `{'task_id': 'a'}`, "in:1: broken JSON at byte 2: "},
		{"UTF-16", "\xff\xfe" + utf16(ok), "in:1: the file is in UTF-16"},
		{"UTF-16, the other order", "\xfe\xff\x00" + utf16(ok), "in:1: the file is in UTF-16"},
		{"UTF-16 without a mark", utf16(ok), "in:1: the file is in UTF-16"},
		{"Latin-1", ok + "\n{\"task_id\":\"b\",\"question\":\"caf\xe9\"}", "in:2: byte 31 (0xe9) is not UTF-8"},
		{"a surrogate in UTF-8", "{\"task_id\":\"\xed\xa0\x80\"}", "in:1: byte 13 (0xed) is not UTF-8"},
	} {
		err := LinesFrom(strings.NewReader(tt.content), "in", func(line []byte) error {
			var p Problem
			return json.Unmarshal(line, &p)
		})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s…", tt.name, err, tt.want)
		}
	}
}

// failing breaks off with an error of the device.
type failing struct{ io.Reader }

func (f failing) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err == io.EOF {
		err = io.ErrNoProgress
	}
	return n, err
}

func TestReadingFails(t *testing.T) {
	err := LinesFrom(failing{strings.NewReader("a\nb\n" + strings.Repeat("c", 100))}, "in", func([]byte) error { return nil })
	if err == nil || err.Error() != "in:3: "+io.ErrNoProgress.Error() {
		t.Error(err)
	}
}

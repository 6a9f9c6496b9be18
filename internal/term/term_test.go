package term

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestWriter(t *testing.T) {
	for text, want := range map[string]string{
		"plain\n\ttext ~": "plain\n\ttext ~",
		"naïve, 日本語, שלום, 👩‍💻, ١٢":  "naïve, 日本語, שלום, 👩‍💻, ١٢",
		"\x1b[31mred\x1b]0;t\a":      `\u001b[31mred\u001b]0;t\u0007`,
		"over\rwritten\b\v\f\x00":    `over\u000dwritten\u0008\u000b\u000c\u0000`,
		"\x7f\u0080\u009b31m\u009f":  `\u007f\u0080\u009b31m\u009f`,
		"\x9b31m, \xff, caf\xc3":     `\x9b31m, \xff, caf\xc3`,
		"\u202a\u202e\u2066\u2069":   `\u202a\u202e\u2066\u2069`,
		"\u200e\u200f\u061c\u200b":   `\u200e\u200f\u061c\u200b`,
		"\u2028\u2029\u0085\ufeff":   `\u2028\u2029\u0085\ufeff`,
		"\U000e0041 and \u0600":      `\udb40\udc41 and ` + "\u0600",
		"\ufffd is a character":      "\ufffd is a character",
		"\u200c and \u200d join\xe2": "\u200c and \u200d join" + `\xe2`,
	} {
		// Whole, and a byte at a time: characters may come in pieces.
		for _, step := range []int{len(text), 1, 2} {
			var out strings.Builder
			w := NewWriter(&out)
			for at := 0; at < len(text); at += step {
				piece := text[at:min(at+step, len(text))]
				if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
			}
			if err := w.Flush(); err != nil || out.String() != want {
				t.Errorf("%q by %d became %q, want %q (%v)", text, step, out.String(), want, err)
			}
		}
	}
	if got := Line("a\tb\nc\u202e"); got != `a\u0009b\u000ac\u202e` {
		t.Errorf("a line is %q", got)
	}
}

// FuzzWriter: nothing that commands gets through, and JSON stays the same JSON.
func FuzzWriter(f *testing.F) {
	f.Add("a\x1b[m\u202e\U000e0041\xff", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		cut = min(max(cut, 0), len(text))
		write := func(pieces ...string) string {
			var out strings.Builder
			w := NewWriter(&out)
			for _, p := range pieces {
				w.Write([]byte(p))
			}
			w.Flush()
			return out.String()
		}
		out := write(text[:cut], text[cut:])
		if out != write(text) {
			t.Fatalf("%q cut at %d: %q", text, cut, out)
		}
		for _, r := range out {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatalf("%q lets %U through", text, r)
			}
		}
		if !utf8.ValidString(out) {
			t.Fatalf("%q is no UTF-8", out)
		}
		data, _ := json.Marshal(text)
		var back, want string
		if err := json.Unmarshal([]byte(write(string(data))), &back); err != nil {
			t.Fatal(err)
		}
		json.Unmarshal(data, &want)
		if back != want {
			t.Fatalf("%q came back as %q", want, back)
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left")

func TestErrors(t *testing.T) {
	w := NewWriter(full{})
	if n, err := w.Write([]byte("a")); n != 0 || err != errFull {
		t.Errorf("wrote %d bytes: %v", n, err)
	}
	w.Write([]byte("\xe2"))
	if err := w.Flush(); err != errFull {
		t.Errorf("what was held back: %v", err)
	}
	if err := NewWriter(full{}).Flush(); err != nil {
		t.Errorf("nothing was written: %v", err)
	}
}

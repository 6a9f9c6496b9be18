package tokenizer

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"coderm/internal/testkit"
)

func pieces(p passes, s string) (out []string) {
	p.split(s, func(piece string) { out = append(out, piece) })
	return out
}

func passesOf(t testing.TB, name string) passes {
	t.Helper()
	k, err := findPreKind(name)
	if err != nil {
		t.Fatal(err)
	}
	return k.passes
}

func TestSplit(t *testing.T) {
	tests := []struct {
		pre, text string
		want      []string
	}{
		{"gpt-2", "Hello world's  end", []string{"Hello", " world", "'s", " ", " end"}},
		{"gpt-2", "a1234  ", []string{"a", "1234", "  "}},
		{"gpt-2", "x\n\n  y", []string{"x", "\n\n ", " y"}},
		{"smollm", "a12 3", []string{"a", "1", "2", " ", "3"}},
		{"smollm", "  7", []string{"  ", "7"}}, // a look-ahead ends with its piece
		{"llama-bpe", "I'LL 12345 x", []string{"I", "'LL", " ", "123", "45", " x"}},
		{"llama-bpe", "if x:\n\n    y()", []string{"if", " x", ":\n\n", "   ", " y", "()"}},
		{"llama-bpe", "a \r\n b", []string{"a", " \r\n", " b"}},
		{"llama-bpe", "(foo", []string{"(foo"}},
		{"qwen2", "12 34", []string{"1", "2", " ", "3", "4"}},
		{"default", "a==b 1234 x", []string{"a", "==", "b", " ", "123", "4", " x"}},
	}
	for _, tt := range tests {
		if got := pieces(passesOf(t, tt.pre), tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q splits into %q, want %q", tt.pre, tt.text, got, tt.want)
		}
	}
}

// For text where the pattern's look-ahead has nothing to say (no white space
// but single spaces before words), Go's regexp is a reference.
func TestSplitEqualsRegexp(t *testing.T) {
	patterns := map[string]*regexp.Regexp{
		"gpt-2":     regexp.MustCompile(`^(?:'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+)`),
		"llama-bpe": regexp.MustCompile(`^(?:(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)`),
		"qwen2":     regexp.MustCompile(`^(?:(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)`),
	}
	word := rapid.StringOfN(rapid.SampledFrom([]rune("abSsTtDdLlRrEe'\"019²_=+-.éß日本٣😀")), 1, 12, -1)
	for name, re := range patterns {
		p := passesOf(t, name)
		rapid.Check(t, func(t *rapid.T) {
			s := strings.Join(rapid.SliceOfN(word, 1, 6).Draw(t, "words"), " ")
			var want []string
			for rest := s; rest != ""; {
				n := len(re.FindString(rest))
				if n == 0 {
					n = 1 // a space before a number
				}
				want, rest = append(want, rest[:n]), rest[n:]
			}
			if got := pieces(p, s); !slices.Equal(got, want) {
				t.Errorf("%s: %q splits into %q, want %q", name, s, got, want)
			}
		})
	}
}

func TestSplitLosesNothing(t *testing.T) {
	for _, k := range preKinds {
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.String().Draw(t, "s")
			out := pieces(k.passes, s)
			if got := strings.Join(out, ""); got != s {
				t.Errorf("%s: %q came back as %q", k.names[0], s, got)
			}
			for _, p := range out {
				if p == "" || !utf8.ValidString(p) {
					t.Errorf("%s: %q has the piece %q", k.names[0], s, p)
				}
			}
		})
	}
}

// TestClassesEqualLlamaCpp reads llama.cpp's own table of code points from the
// source that scripts/fetch-llama.sh keeps in the cache.
func TestClassesEqualLlamaCpp(t *testing.T) {
	data, err := os.ReadFile(testkit.Fetched(t, "llama-source-*/src/unicode-data.cpp", "scripts/fetch-llama.sh"))
	if err != nil {
		t.Fatal(err)
	}
	const number, letter = 2, 4 // unicode_cpt_flags
	text := string(data)
	end := strings.Index(text, "unicode_set_whitespace")
	entries := regexp.MustCompile(`\{0x([0-9A-F]+), 0x([0-9A-F]+)\}`).FindAllStringSubmatch(text[:end], -1)
	if len(entries) < 1000 {
		t.Fatalf("only %d ranges found in llama.cpp's table", len(entries))
	}
	hex := func(s string) rune {
		n, err := strconv.ParseInt(s, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return rune(n)
	}
	for i := 0; i+1 < len(entries); i++ {
		flags := hex(entries[i][2])
		for r := hex(entries[i][1]); r < hex(entries[i+1][1]); r++ {
			got := classOf(r)
			if (got == classLetter) != (flags&letter != 0) || (got == classNumber) != (flags&number != 0) {
				t.Errorf("U+%04X: class %d, llama.cpp's flags %#x", r, got, flags)
			}
		}
	}
}

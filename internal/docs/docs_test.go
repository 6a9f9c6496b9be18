package docs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

const root = "../.."

// files reads those of the repository whose path, from its root, is wanted.
func files(t *testing.T, wanted func(path string) bool) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p == ".git" || p == "build" || p == "bin" || p == "lib" || p == "dist" || p == "gpu-check" {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() && wanted(p) {
			text, err := os.ReadFile(filepath.Join(root, p))
			if err != nil {
				return err
			}
			found[p] = string(text)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%d files: %v", len(found), err)
	}
	return found
}

func pages(t *testing.T) map[string]string { return files(t, IsPage) }

// line is one of a page, with what it is beside prose.
type line struct {
	n           int
	text        string
	code, table bool
}

// lines tells code and tables apart from prose. Code is fenced, or indented by
// four and more after an empty line.
func lines(text string) []line {
	var out []line
	fenced, indented, empty := false, false, true
	for n, s := range strings.Split(text, "\n") {
		fence := strings.HasPrefix(strings.TrimSpace(s), "```")
		switch {
		case strings.TrimSpace(s) == "":
			empty = true
			continue
		case empty || indented:
			indented = strings.HasPrefix(s, "    ")
		}
		empty = false
		out = append(out, line{n + 1, s, fenced || fence || indented, strings.HasPrefix(strings.TrimSpace(s), "|")})
		if fence {
			fenced = !fenced
		}
	}
	return out
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestWidth: prose is wrapped at one width. A link counts by its text.
func TestWidth(t *testing.T) {
	for p, text := range pages(t) {
		wrapped := Wrap(text)
		if wrapped != text {
			t.Errorf("%s is not wrapped ('make fmt')", p)
		}
		if !slices.Equal(strings.Fields(wrapped), strings.Fields(text)) || Wrap(wrapped) != wrapped {
			t.Errorf("%s: wrapping changes words, or does not end", p)
		}
		for _, l := range lines(wrapped) {
			short := link.ReplaceAllString(l.text, "]")
			if n := utf8.RuneCountInString(short); !l.code && !l.table && n > Width {
				t.Errorf("%s:%d has %d characters, over %d", p, l.n, n, Width)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("word ", 25)
	for _, c := range []struct{ in, want string }{
		{"a\nb", "a b"},
		{"a\n\nb\n", "a\n\nb\n"},
		{"# a\nb", "# a\nb"},
		{"- a\n  b\n- c", "- a b\n- c"},
		{"- a\n\n  b\n  c", "- a\n\n  b c"},
		{"10. a\n    b", "10. a b"},
		{"a:\n\n    x\n    y\n\nb", "a:\n\n    x\n    y\n\nb"},
		{"- a\n\n      x\n      y", "- a\n\n      x\n      y"},
		{"```\na\nb\n```\nc\nd", "```\na\nb\n```\nc d"},
		{"| a |\n| b |", "| a |\n| b |"},
		{long + "- x", strings.TrimSpace(strings.Repeat("word ", 20)) + "\n" + strings.Repeat("word ", 5) + "- x"},
		{strings.Repeat("x", 99) + " - y", strings.Repeat("x", 99) + " -\ny"}, // or it would be an item
		{strings.Repeat("x", 90) + " [a b](c d)", strings.Repeat("x", 90) + "\n[a b](c d)"},
		{"`a\n  b`", "`a b`"},
		{"`a   b`\nc", "`a   b` c"},
	} {
		if got := Wrap(c.in); got != c.want {
			t.Errorf("%q gives %q, not %q", c.in, got, c.want)
		}
	}
}

// FuzzWrap: no words get lost.
func FuzzWrap(f *testing.F) {
	f.Add("# a\n\n1. b `c\n   d`\n   - e\n\n         f\n\n| g |\n```\nh\n")
	f.Add("- \n-\n > [i\nj](k l)")
	f.Fuzz(func(t *testing.T, text string) {
		if got := Wrap(text); !slices.Equal(strings.Fields(got), strings.Fields(text)) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// TestLinks: what is linked to within the repository is there, headings too.
func TestLinks(t *testing.T) {
	all := pages(t)
	for p, text := range all {
		for _, l := range lines(text) {
			for _, m := range link.FindAllStringSubmatch(l.text, -1) {
				if l.code || strings.Contains(m[1], "://") {
					continue
				}
				file, heading, _ := strings.Cut(m[1], "#")
				to := p
				if file != "" {
					to = path.Join(path.Dir(p), file)
				}
				if _, err := os.Stat(filepath.Join(root, to)); err != nil {
					t.Errorf("%s:%d: %v", p, l.n, err)
				} else if heading != "" && !slices.Contains(anchors(all[to]), heading) {
					t.Errorf("%s:%d: %s has no heading #%s", p, l.n, to, heading)
				}
			}
		}
	}
}

// anchors are the names of a page's headings, as GitHub makes them.
func anchors(text string) []string {
	var out []string
	for _, l := range lines(text) {
		if title := strings.TrimLeft(l.text, "#"); !l.code && title != l.text {
			out = append(out, strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
					return unicode.ToLower(r)
				}
				return -1
			}, strings.TrimSpace(title)))
		}
	}
	return out
}

var (
	quoted  = regexp.MustCompile("`([^`]+)`")
	isFile  = regexp.MustCompile(`^\w[\w./-]*\.(go|c|h|cpp|sh|py|md|sql)$`)
	isTest  = regexp.MustCompile(`^(Test|Benchmark|Fuzz)[A-Z]\w*$`)
	testDef = regexp.MustCompile(`(?m)^func (\w+)\(\w+ \*testing\.`)
)

// TestNames: source files and tests that the prose names are there. What has
// changed may name what is gone; NAME stands for any.
func TestNames(t *testing.T) {
	tests := map[string]bool{}
	sources := files(t, func(p string) bool { return isFile.MatchString(p) })
	for p, text := range sources {
		for _, m := range testDef.FindAllStringSubmatch(text, -1) {
			if strings.HasSuffix(p, "_test.go") {
				tests[m[1]] = true
			}
		}
	}
	is := func(name string) bool {
		for p := range sources {
			if p == name || strings.HasSuffix(p, "/"+name) {
				return true
			}
		}
		return false
	}
	for p, text := range pages(t) {
		if p == "CHANGELOG.md" {
			continue
		}
		for _, l := range lines(text) {
			for _, m := range quoted.FindAllStringSubmatch(l.text, -1) {
				name := m[1]
				if l.code || strings.Contains(name, "NAME") {
					continue
				}
				if isTest.MatchString(name) && !tests[name] || isFile.MatchString(name) && !is(name) {
					t.Errorf("%s:%d names `%s`, which is nowhere", p, l.n, name)
				}
			}
		}
	}
}

// TestRooms: docs/architecture.md names every top-level folder with Go in it, and
// no other.
func TestRooms(t *testing.T) {
	rooms := map[string]bool{}
	for p := range files(t, func(p string) bool { return path.Ext(p) == ".go" }) {
		if top, _, below := strings.Cut(p, "/"); below {
			rooms[top] = true
		}
	}
	_, section, ok := strings.Cut(pages(t)["docs/architecture.md"], "## The rooms")
	if !ok {
		t.Fatal("docs/architecture.md has no section \"The rooms\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	named := map[string]bool{}
	for _, l := range lines(section) {
		if cells := strings.Split(l.text, "|"); l.table && len(cells) > 2 {
			for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
				top, _, _ := strings.Cut(m[1], "/")
				named[top] = true
			}
		}
	}
	for room := range rooms {
		if !named[room] {
			t.Errorf("docs/architecture.md does not name the room %s", room)
		}
	}
	for room := range named {
		if !rooms[room] {
			t.Errorf("docs/architecture.md names the room %s, which is not there", room)
		}
	}
}

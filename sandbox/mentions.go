package sandbox

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"coderm/problem"
)

// usual are the packages that the packages guest is made with: which are told of where
// there is none.
var usual = []string{"bz2", "lzma", "more_itertools", "mpmath", "networkx", "numpy", "setuptools", "sortedcontainers", "sqlite3", "sympy"}

// mentioned tells whether one of the texts may import a package. It looks for the name
// as a word anywhere in a text that has the word import, so that it finds each import
// statement, and some texts more: they run with packages too, and their verdicts are the
// same.
func (s *Sandbox) mentioned(texts ...string) bool {
	if s.packages.found == nil {
		s.missing.look(texts)
		return false
	}
	for _, text := range texts {
		if mentions(text, s.names) {
			return true
		}
	}
	return false
}

// mentions tells whether a text may import one of the modules.
func mentions(text string, modules []string) bool {
	return strings.Contains(text, "import") && slices.ContainsFunc(modules, func(m string) bool { return hasWord(text, m) })
}

// hasWord tells whether a name stands in a text by itself.
func hasWord(text, name string) bool {
	for from := 0; ; {
		k := strings.Index(text[from:], name)
		if k < 0 {
			return false
		}
		at := from + k
		end := at + len(name)
		if (at == 0 || !inName(text[at-1])) && (end == len(text) || !inName(text[end])) {
			return true
		}
		from = end
	}
}

// inName tells whether a byte can be a part of a Python name; of other letters than
// ASCII's it is.
func inName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// imports are the modules that programs can import here and not in the library's guest,
// and those whose import is put off.
func (p *Packages) imports() []string {
	names := slices.Clone(p.PutOff)
	for _, q := range p.List {
		names = append(names, q.Imports...)
	}
	return names
}

// textOf is what of a test decides about its guest.
func textOf(t problem.Test) string {
	if t.Kind == problem.Stdio || t.Kind == problem.Stdin {
		return t.Compare.Source
	}
	return t.Code + t.Input
}

func texts(tests []problem.Test) (list []string) {
	for _, t := range tests {
		list = append(list, textOf(t))
	}
	return list
}

// missing counts the texts that import a package which is not here.
type missing struct {
	mu    sync.Mutex
	texts map[string]map[[sha256.Size]byte]bool // by package, hashes of texts
}

var importLine = regexp.MustCompile(`(?m)^[ \t]*(?:import|from)[ \t]+(` + strings.Join(usual, "|") + `)\b`)

func (m *missing) look(texts []string) {
	for _, text := range texts {
		if !mentions(text, usual) {
			continue
		}
		for _, found := range importLine.FindAllStringSubmatch(text, -1) {
			m.add(found[1], text)
		}
	}
}

func (m *missing) add(name, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.texts == nil {
		m.texts = map[string]map[[sha256.Size]byte]bool{}
	}
	if m.texts[name] == nil {
		m.texts[name] = map[[sha256.Size]byte]bool{}
	}
	m.texts[name][sha256.Sum256([]byte(text))] = true
}

// String says which packages how many texts import; "" for none.
func (m *missing) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m.texts)) {
		list = append(list, fmt.Sprintf("%s (%d)", name, len(m.texts[name])))
	}
	return strings.Join(list, ", ")
}

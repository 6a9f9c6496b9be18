package model

import (
	"regexp"
	"strings"
)

// names are those a piece of code uses and binds, as far as its text shows.
type names struct{ uses, binds map[string]bool }

// What decorates a fixture of pytest, and what has every test use it.
var (
	fixtureDef = regexp.MustCompile(`(?m)^@(?:pytest\.)?fixture\b`)
	autouse    = regexp.MustCompile(`\bautouse\s*=\s*True\b`)
)

var (
	identifier  = regexp.MustCompile(`[\pL_][\pL\pN_]*`)
	importLine  = regexp.MustCompile(`^(?:from\s+[\w.]+\s+)?import\s+(.*)`)
	importAlias = regexp.MustCompile(`([\pL_][\w.]*)(?:\s+as\s+(\w+))?`)
	// target finds what "for x, y in" and "as x" bind.
	target = regexp.MustCompile(`\bfor\s+(.+?)\s+in\b|\bas\s+(\w+)`)
)

// namesOf reads the statements of some code. Attributes are no names, and neither
// are keywords of calls.
func namesOf(code string) names {
	n := names{map[string]bool{}, map[string]bool{}}
	for _, l := range scanPython(code) {
		n.statement(withoutStrings(l.text))
	}
	return n
}

// parametersOf are the names of the parameters of all functions in some code.
func parametersOf(code string) map[string]bool {
	out := map[string]bool{}
	for _, l := range scanPython(code) {
		if name := definedName(l.text); name == "" || strings.HasPrefix(l.text, "class ") {
			continue
		} else {
			n := names{map[string]bool{}, map[string]bool{}}
			n.statement(withoutStrings(l.text))
			delete(n.binds, name)
			add(out, n.binds)
		}
	}
	return out
}

func (n names) statement(text string) {
	if m := importLine.FindStringSubmatch(text); m != nil {
		for _, a := range importAlias.FindAllStringSubmatch(m[1], -1) {
			name, _, _ := strings.Cut(a[1], ".")
			if a[2] != "" {
				name = a[2]
			}
			n.binds[name] = true
		}
		return
	}
	if name := definedName(text); name != "" {
		n.binds[name] = true
	}
	header := strings.HasPrefix(strings.TrimPrefix(text, "async "), "def ")
	for _, m := range target.FindAllStringSubmatch(text, -1) {
		for _, id := range identifier.FindAllString(m[1]+" "+m[2], -1) {
			n.binds[id] = true
		}
	}
	assigned := assignedUpTo(text)
	for _, at := range identifier.FindAllStringIndex(text, -1) {
		id := text[at[0]:at[1]]
		before, after := strings.TrimRight(text[:at[0]], " \t\n"), strings.TrimLeft(text[at[1]:], " \t\n")
		keyword := strings.HasPrefix(after, "=") && !strings.HasPrefix(after, "==")
		switch {
		case strings.HasSuffix(before, "."):
		case at[0] < assigned && !strings.HasPrefix(after, ".") && !strings.HasPrefix(after, "[") && !strings.HasPrefix(after, "("):
			n.binds[id] = true
		case header && (strings.HasSuffix(before, "(") || strings.HasSuffix(before, ",") || strings.HasSuffix(before, "*")):
			n.binds[id] = true
		case strings.HasPrefix(after, ":="):
			n.binds[id] = true
		case !keyword:
			n.uses[id] = true
		}
	}
}

// assignedUpTo is where the targets of an assignment end, 0 when a statement is
// none.
func assignedUpTo(text string) int {
	depth, end := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '=':
			if depth != 0 {
				continue
			}
			if i+1 < len(text) && text[i+1] == '=' || i > 0 && strings.IndexByte("!<>=", text[i-1]) >= 0 {
				return end
			}
			end = i
		}
	}
	return end
}

// withoutStrings takes comments and the insides of strings out, but leaves those of
// f-strings, which use names.
func withoutStrings(src string) string {
	var b strings.Builder
	for i := 0; i < len(src); {
		switch c := src[i]; c {
		case '#':
			if nl := strings.IndexByte(src[i:], '\n'); nl >= 0 {
				i += nl
			} else {
				i = len(src)
			}
		case '\'', '"':
			end, _ := stringEnd(src, i)
			if i > 0 && strings.IndexByte("fF", src[i-1]) >= 0 || i > 1 && strings.IndexByte("fF", src[i-2]) >= 0 && strings.IndexByte("rR", src[i-1]) >= 0 {
				b.WriteString(" " + strings.Trim(src[i:end], `'"`) + " ")
			}
			b.WriteString(`""`)
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// starImport is an import of everything; what it binds is known of few modules.
var starImport = regexp.MustCompile(`^from\s+(\w+)\s+import\s+\*`)

var starModules = map[string]bool{"collections": true, "datetime": true, "decimal": true, "fractions": true, "functools": true,
	"heapq": true, "itertools": true, "math": true, "random": true, "typing": true, "unittest": true}

package model

import (
	"regexp"
	"strings"
)

// functionFormat is a solution as CodeRM's prompts show one: imports, functions,
// classes and what is assigned, one after the other without blank lines. What calls
// the functions, prints, asserts or runs as __main__ is left out, and so are
// comments between them. A class Solution without state becomes its methods, as
// plain functions. A program that defines nothing stays as it is.
func functionFormat(code string) string {
	code = newlines.Replace(code)
	var imports, rest []string
	defines := false
	for _, b := range topBlocks(code) {
		text := strings.TrimRight(code[b.start:b.end], " \t\n")
		switch {
		case importLine.MatchString(b.head):
			imports = append(imports, text)
		case definedName(b.head) != "":
			defines = true
			if methods, ok := plainMethods(b, code); ok {
				text = methods
			}
			rest = append(rest, text)
		case assignment.MatchString(firstLine(b.head)):
			rest = append(rest, text)
		}
	}
	if !defines {
		return strings.TrimSpace(code)
	}
	return strings.Join(append(imports, rest...), "\n")
}

var (
	solutionClass = regexp.MustCompile(`^class\s+Solution\s*(?:\(\s*(?:object)?\s*\))?\s*:$`)
	methodHead    = regexp.MustCompile(`^((?:async\s+)?def\s+\w+\s*\(\s*)self\s*(?:,\s*)?`)
	selfAttribute = regexp.MustCompile(`\bself\b(?:\s*\.\s*(\w+))?`)
)

// plainMethods takes a class Solution apart into functions. It does not where a
// method needs its object: for what is kept in it, or as a value of its own.
func plainMethods(class pyBlock, code string) (string, bool) {
	if !solutionClass.MatchString(class.head) || len(class.lines) < 2 {
		return "", false
	}
	body := lines(code, []span{{class.lines[1].start, class.end}}).dedent().String()
	members, names := topBlocks(body), map[string]bool{}
	for _, m := range members {
		names[definedName(m.head)] = true
	}
	if names["__init__"] {
		return "", false
	}
	var out []string
	for _, m := range members {
		head := methodHead.FindStringSubmatch(body[m.start:m.end])
		if head == nil { // decorated, or no method
			return "", false
		}
		plain, ok := withoutSelf(body[m.start+len(head[0]):m.end], names)
		if !ok {
			return "", false
		}
		out = append(out, strings.TrimRight(head[1]+plain, " \t\n"))
	}
	return strings.Join(out, "\n\n"), true
}

// withoutSelf calls the methods by their names alone.
func withoutSelf(body string, methods map[string]bool) (string, bool) {
	ok := true
	body = selfAttribute.ReplaceAllStringFunc(body, func(use string) string {
		name := selfAttribute.FindStringSubmatch(use)[1]
		ok = ok && methods[name]
		return name
	})
	return body, ok
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}

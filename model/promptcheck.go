package model

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"

	"coderm/problem"
)

// check refuses what a prompt has no use for: of Go's templates it has the fields of
// promptData and of a test, if, with, and range over the examples. So it always ends,
// and what is misspelt is told before a model is loaded.
func (p Prompt) check(name string) error {
	for _, t := range p.text.Templates() {
		if t.Name() != name && (t.Name() != systemPart || p.Raw) {
			why := fmt.Sprintf("only %q can be defined", systemPart)
			if p.Raw {
				why = "a raw text has no other parts"
			}
			return fmt.Errorf("%s: define %q: %s", name, t.Name(), why)
		}
		var err error
		walk(t.Root, func(n parse.Node) {
			if why := refused(n); err == nil && why != "" {
				at, _ := t.Tree.ErrorContext(n)
				err = fmt.Errorf("%s: %s", at, why)
			}
		})
		if err != nil {
			return err
		}
	}
	return p.try(name)
}

// try has the prompt made for problems with examples and without.
func (p Prompt) try(name string) error {
	sample := Asked{
		Problem:  problem.Problem{Question: "Add two numbers.", EntryPoint: "add", Prompt: "def add(a, b):"},
		Solution: "def add(a, b):\n    return a + b",
	}
	for _, examples := range [][]problem.Test{nil, {{Kind: problem.Assert, Code: "assert add(1, 2) == 3"}, problem.StdioTest("1 2", "3")}} {
		sample.Examples = examples
		_, user, err := p.Render(sample)
		switch {
		case err != nil:
			return err
		case isBlank(user):
			return fmt.Errorf("%s: nothing follows the settings", name)
		}
	}
	return nil
}

// fieldNames are the fields of a value that a template may use.
func fieldNames(of any) (out []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
		out = append(out, f.Name)
	}
	return out
}

var (
	promptNames  = fieldNames(promptData{})
	exampleNames = []string{"Code", "Input", "Expected"} // of a problem.Test
	promptFuncs  = []string{"and", "eq", "len", "ne", "not", "or"}
)

// refused tells why a prompt may not have a node, "" where it may.
func refused(n parse.Node) string {
	switch n := n.(type) {
	case *parse.ListNode, *parse.TextNode, *parse.ActionNode, *parse.CommandNode, *parse.IfNode, *parse.WithNode,
		*parse.DotNode, *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
	case *parse.FieldNode:
		return unknownName(n.Ident)
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			return unknownName(n.Ident[1:])
		}
		return "there are no variables; use {{.Question}} and the like"
	case *parse.IdentifierNode:
		if !slices.Contains(promptFuncs, n.Ident) {
			return fmt.Sprintf("there is no function %s, only %s", n.Ident, strings.Join(promptFuncs, ", "))
		}
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			return "there are no variables; use {{.Question}} and the like"
		}
	case *parse.RangeNode:
		over := n.Pipe.String()
		nested := false
		walk(n.List, func(in parse.Node) { nested = nested || in.Type() == parse.NodeRange })
		if over != ".Examples" && over != "$.Examples" || nested {
			return "range goes over .Examples, and not within another"
		}
	default:
		return fmt.Sprintf("%s has no use in a prompt", n)
	}
	return ""
}

func unknownName(ident []string) string {
	if len(ident) == 1 && (slices.Contains(promptNames, ident[0]) || slices.Contains(exampleNames, ident[0])) {
		return ""
	}
	return fmt.Sprintf("there is no .%s, only .%s, and of an example .%s", strings.Join(ident, "."),
		strings.Join(promptNames, ", ."), strings.Join(exampleNames, ", ."))
}

// walk visits a template's nodes.
func walk(n parse.Node, visit func(parse.Node)) {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return
	}
	visit(n)
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		walk(b.ElseList, visit)
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, in := range n.Nodes {
			walk(in, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.PipeNode:
		for _, in := range n.Cmds {
			walk(in, visit)
		}
	case *parse.CommandNode:
		for _, in := range n.Args {
			walk(in, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	}
}

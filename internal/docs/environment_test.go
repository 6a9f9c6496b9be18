package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reads are the variables that something of the repository reads, with the
// folders it lies in.
type reads map[string]map[string]bool

func (r reads) add(name, file string) {
	if r[name] == nil {
		r[name] = map[string]bool{}
	}
	if dir := path.Dir(file); dir != "." {
		file = dir
	}
	r[name][file] = true
}

// TestEnvironment: docs/environment.md lists every variable that Go, C, scripts
// and the Makefile read, and where.
func TestEnvironment(t *testing.T) {
	page := pages(t)["docs/environment.md"]
	listed := map[string][]string{}
	for _, l := range lines(page) {
		if strings.HasPrefix(l.text, "## Read by others") {
			break
		}
		if cells := strings.Split(l.text, "|"); l.table && len(cells) > 3 {
			for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
				for _, where := range quoted.FindAllStringSubmatch(cells[len(cells)-2], -1) {
					listed[name[1]] = append(listed[name[1]], where[1])
				}
			}
		}
	}
	found := reads{}
	readByGo(t, found)
	readByOthers(t, found)
	for _, name := range slices.Sorted(maps.Keys(found)) {
		where := slices.Sorted(maps.Keys(found[name]))
		if slices.Sort(listed[name]); !slices.Equal(listed[name], where) {
			t.Errorf("%s is read in %q; docs/environment.md says %q", name, where, listed[name])
		}
	}
	for name := range listed {
		if found[name] == nil {
			t.Errorf("nothing reads %s, which docs/environment.md lists", name)
		}
	}
}

// implied are the variables behind functions of package os.
var implied = map[string][]string{
	"UserCacheDir": {"XDG_CACHE_HOME", "HOME"},
	"UserHomeDir":  {"HOME"},
	"TempDir":      {"TMPDIR"},
}

// readByGo finds calls of os.Getenv and the like, whose argument is a literal or
// a constant. Where a test starts itself again, what it tells the child that way
// (NAME=…) is its own affair.
func readByGo(t *testing.T, found reads) {
	var parsed []*ast.File
	var names []string
	constants := map[string]string{}
	fset := token.NewFileSet()
	for p, text := range files(t, func(p string) bool { return path.Ext(p) == ".go" }) {
		f, err := parser.ParseFile(fset, p, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed, names = append(parsed, f), append(names, p)
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					if value, ok := literal(spec.Values[i]); ok {
						constants[name.Name] = value
					}
				}
			}
			return true
		})
	}
	for i, f := range parsed {
		told := map[string]bool{}
		var asked []string
		value := func(e ast.Expr) string {
			switch e := e.(type) {
			case *ast.Ident:
				return constants[e.Name]
			case *ast.SelectorExpr:
				return constants[e.Sel.Name]
			}
			s, _ := literal(e)
			return s
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				s, _ := literal(n)
				name, _, ok := strings.Cut(s, "=")
				told[name] = told[name] || ok
			case *ast.BinaryExpr:
				if s, ok := literal(n.Y); ok && strings.HasPrefix(s, "=") {
					told[value(n.X)] = true
				}
			case *ast.CallExpr:
				switch fun := ofOS(n); fun {
				case "Getenv", "LookupEnv":
					if name := value(n.Args[0]); name != "" {
						asked = append(asked, name)
					} else {
						t.Errorf("%s: the name that os.%s takes is no constant", fset.Position(n.Pos()), fun)
					}
				default:
					asked = append(asked, implied[fun]...)
				}
			}
			return true
		})
		for _, name := range asked {
			if !told[name] || !strings.HasSuffix(names[i], "_test.go") {
				found.add(name, names[i])
			}
		}
	}
}

// ofOS is the name of the function of package os that is called, or "".
func ofOS(call *ast.CallExpr) string {
	if fun, ok := call.Fun.(*ast.SelectorExpr); ok {
		if pkg, ok := fun.X.(*ast.Ident); ok && pkg.Name == "os" {
			return fun.Sel.Name
		}
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// In scripts a variable of the caller's is read with a default (${NAME:-…}), set
// unless it is there (NAME ?= … of make), or is called CODERM_….
var (
	ofShell  = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*):?[-+=?]|\$\{?(CODERM_[A-Z_]+)`)
	ofMake   = regexp.MustCompile(`(?m)(?:^|export )([A-Z][A-Z0-9_]*) \?=`)
	ofPython = regexp.MustCompile(`os\.(?:environ\.get\(|environ\[|getenv\()["']([A-Z][A-Z0-9_]*)`)
	ofC      = regexp.MustCompile(`\bgetenv\("([A-Z][A-Z0-9_]*)"`)
)

func readByOthers(t *testing.T, found reads) {
	by := func(p string) []*regexp.Regexp {
		switch path.Ext(p) {
		case ".sh":
			return []*regexp.Regexp{ofShell}
		case ".py":
			return []*regexp.Regexp{ofPython}
		case ".c", ".h", ".cpp":
			return []*regexp.Regexp{ofC}
		}
		if p == "Makefile" {
			return []*regexp.Regexp{ofMake, ofShell}
		}
		if p == ".ci/run" {
			return []*regexp.Regexp{ofShell}
		}
		return nil
	}
	for p, text := range files(t, func(p string) bool { return by(p) != nil }) {
		for _, re := range by(p) {
			for _, m := range re.FindAllStringSubmatch(text, -1) {
				found.add(strings.Join(m[1:], ""), p)
			}
		}
	}
}

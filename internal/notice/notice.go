// Package notice puts together NOTICE: what the binary carries and under which
// licences. Go modules are found by `go list`; what is no Go module has a file
// in parts, with its licence's text.
package notice

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

//go:generate go run ./make

//go:embed parts
var parts embed.FS

// component is one thing the binary carries.
type component struct {
	title string // name and version
	use   string // what for, of what is no Go module
	text  string
}

// Make is the text of NOTICE for the program whose main package is pkg, from
// the module cache of this machine.
func Make(pkg string) ([]byte, error) {
	native, err := nativeParts()
	if err != nil {
		return nil, err
	}
	modules, err := goModules(pkg)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "What coderm's binary carries, and the licences of it. coderm itself: see LICENSE.\n"+
		"Made by go generate ./internal/notice; a test compares it with what is linked.\n\n")
	all := append(native, modules...)
	for _, c := range all {
		fmt.Fprintln(&out, "-", c.title)
	}
	for _, c := range all {
		fmt.Fprintf(&out, "\n%s\n%s\n", strings.Repeat("=", 80), c.title)
		if c.use != "" {
			fmt.Fprintln(&out, c.use)
		}
		fmt.Fprintf(&out, "%s\n\n%s\n", strings.Repeat("=", 80), strings.TrimRight(c.text, "\n"))
	}
	return out.Bytes(), nil
}

func nativeParts() ([]component, error) {
	files, err := parts.ReadDir("parts")
	if err != nil {
		return nil, err
	}
	var list []component
	for _, f := range files {
		raw, err := parts.ReadFile("parts/" + f.Name())
		if err != nil {
			return nil, err
		}
		head, text, ok := strings.Cut(string(raw), "\n\n")
		lines := strings.SplitN(head, "\n", 2)
		if !ok || len(lines) != 2 {
			return nil, fmt.Errorf("parts/%s: want a title, its licence and use, an empty line and the text", f.Name())
		}
		list = append(list, component{lines[0], lines[1], text})
	}
	return list, nil
}

// licenceFile is how modules name their licences. PATENTS and AUTHORS are no
// conditions on us.
var licenceFile = regexp.MustCompile(`(?i)^(un)?licen[sc]e|^copying|^notice`)

func goModules(pkg string) ([]component, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module,Standard", pkg)
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	byPath := map[string]component{}
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		m := p.Module
		if m == nil || m.Main {
			continue
		}
		if _, seen := byPath[m.Path]; seen {
			continue
		}
		text, err := licenceOf(m.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		byPath[m.Path] = component{title: m.Path + " " + m.Version, text: text}
	}
	text, err := goLicence()
	if err != nil {
		return nil, err
	}
	list := []component{{title: "The Go runtime and standard library", text: text}}
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		list = append(list, byPath[path])
	}
	return list, nil
}

// licenceOf joins the licence files at the top of a module. A module without
// one may not be carried.
func licenceOf(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var texts []string
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n")))
	}
	if len(texts) == 0 {
		return "", errors.New("no licence file")
	}
	return strings.Join(texts, "\n\n"), nil
}

func goLicence() (string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	return licenceOf(strings.TrimSpace(string(root)))
}

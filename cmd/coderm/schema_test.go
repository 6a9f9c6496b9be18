package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/cobra"
)

const schemas = "../../docs/schema"

// checkSchema holds JSON values, one after the other, against a schema of
// docs/schema.
func checkSchema(name string, values io.Reader) error {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(schemas, name+".json"))
	if err != nil {
		return err
	}
	n := 0
	for d := json.NewDecoder(values); ; n++ {
		var raw json.RawMessage
		switch err := d.Decode(&raw); {
		case errors.Is(err, io.EOF) && n > 0:
			return nil
		case err != nil:
			return fmt.Errorf("value %d: %w", n, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			return fmt.Errorf("value %d: %w", n, err)
		}
	}
}

// followsSchema is a script's command: schema output/run stdout
func followsSchema(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] schema NAME FILE")
	}
	err := checkSchema(args[0], strings.NewReader(ts.ReadFile(args[1])))
	if neg == (err == nil) {
		ts.Fatalf("%s and schema %s: %v", args[1], args[0], err)
	}
}

// eachSchema calls f with every schema's name and text.
func eachSchema(t *testing.T, f func(name string, schema map[string]any)) {
	t.Helper()
	paths, err := filepath.Glob(schemas + "/*/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no schemas (%v)", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f(filepath.Base(filepath.Dir(path))+"/"+strings.TrimSuffix(filepath.Base(path), ".json"), schema)
	}
}

// Every schema is held against something real, and every command's --json has one.
func TestSchemasAreUsed(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var used strings.Builder
	for _, path := range append(scripts, "model_weights_test.go") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		used.Write(text)
	}
	var titles strings.Builder
	eachSchema(t, func(name string, schema map[string]any) {
		if !strings.Contains(used.String(), "schema "+name+" ") && !strings.Contains(used.String(), `"`+name+`"`) {
			t.Errorf("nothing is held against %s", name)
		}
		fmt.Fprintln(&titles, schema["title"], ".")
	})
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() || c.Hidden || strings.Contains(c.CommandPath(), " completion") || c.Name() == "help" {
			return
		}
		if c.Name() == "serve" { // what it answers is held against its own /openapi.json
			return
		}
		if !strings.Contains(titles.String(), c.CommandPath()) {
			t.Errorf("%s has no schema of its --json", c.CommandPath())
		}
	}
	walk((&app{}).rootCmd())
}

// A field that is not documented fails: what we write has every field described,
// and no other.
func TestSchemasAreStrict(t *testing.T) {
	var walk func(at string, ours bool, v any)
	walk = func(at string, ours bool, v any) {
		switch v := v.(type) {
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s/%d", at, i), ours, e)
			}
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				if ours && v["additionalProperties"] != false {
					t.Errorf("%s takes other fields", at)
				}
				for name, p := range properties {
					m, ok := p.(map[string]any)
					if !ok || (m["description"] == nil && m["$ref"] == nil) {
						t.Errorf("%s: %s is not described", at, name)
					}
				}
			}
			for key, e := range v {
				walk(at+"/"+key, ours, e)
			}
		}
	}
	eachSchema(t, func(name string, schema map[string]any) {
		walk(name, strings.HasPrefix(name, "output/") || name == "files/scores" || name == "files/features", schema)
	})
}

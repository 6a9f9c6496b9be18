package server

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"
)

// openapi describes the routes as they are in the table, with the requests' fields as
// the handlers read them: https://spec.openapis.org/oas/v3.1.0.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, describe(s.table()))
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

func describe(table []route) map[string]any {
	paths := map[string]map[string]any{}
	for _, r := range table {
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.TrimSuffix(path, "{$}")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(method)] = r.describe(path)
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]string{
			"title": "coderm serve", "version": "1",
			"description": "Generation, choosing, rewards and running of code. docs/serve.md of coderm describes it for people.",
		},
		"paths": paths,
		"components": map[string]any{
			"securitySchemes": map[string]any{"token": map[string]string{"type": "http", "scheme": "bearer"}},
		},
	}
}

func (r *route) describe(path string) map[string]any {
	failures := map[string]any{"default": map[string]any{"description": "an error, in the form of the API"}}
	failures["200"] = map[string]any{"description": "the answer"}
	op := map[string]any{"summary": r.about, "tags": []string{r.name}, "responses": failures}
	if r.open {
		op["security"] = []any{}
	} else {
		op["security"] = []any{map[string]any{"token": []string{}}, map[string]any{}} // {}: servers without a token
	}
	var parameters []any
	for _, p := range placeholder.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, map[string]any{"name": p[1], "in": "path", "required": true, "schema": map[string]string{"type": "string"}})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.takes != nil {
		op["requestBody"] = map[string]any{
			"required": true,
			"content":  map[string]any{"application/json": map[string]any{"schema": schemaOf(reflect.TypeOf(r.takes))}},
		}
	}
	return op
}

var (
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
	anyValue    = map[string]any{} // a schema that takes every value
)

// schemaOf is what encoding/json reads into a type. One that reads itself takes any
// value: what it takes is for docs/serve.md to say.
func schemaOf(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		return schemaOf(t.Elem())
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return anyValue
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": []string{"string", "null"}}
	case reflect.Bool:
		return map[string]any{"type": []string{"boolean", "null"}}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": []string{"integer", "null"}}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": []string{"number", "null"}}
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		fields := map[string]any{}
		addFields(fields, t)
		return map[string]any{"type": []string{"object", "null"}, "properties": fields}
	}
	return anyValue
}

func addFields(fields map[string]any, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			addFields(fields, f.Type)
		case name != "" && name != "-":
			fields[name] = schemaOf(f.Type)
		}
	}
}

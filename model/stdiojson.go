package model

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// jsonTests reads the tests of the values of JSON that begin a line:
//
//	[{"input": "3\n1 2 3\n", "output": "6"}, …]
//	{"inputs": ["1", "2"], "outputs": ["1", "4"]}
//	{"tests": […]}
//
// What a list has of whole values counts, if it is cut off after them. With alone
// a list of texts is one of inputs.
func jsonTests(l listing, alone bool) (out []ioTest) {
	text, offsets := l.String(), l.offsets()
	for i := 0; i < len(l); i++ {
		trimmed := strings.TrimLeft(l[i].text, " \t")
		if trimmed == "" || trimmed[0] != '[' && trimmed[0] != '{' {
			continue
		}
		start := offsets[i] + len(l[i].text) - len(trimmed)
		j := jsonReader{alone: alone}
		end := start + j.top(text[start:])
		if len(j.tests) == 0 {
			continue
		}
		last := lineAt(offsets, end-1)
		for _, t := range j.tests {
			first := lineAt(offsets, start+t.start)
			if test, ok := newIOTest(t.input, t.output, alone, l[first:lineAt(offsets, start+t.end-1)+1]); ok {
				out = append(out, test)
			}
		}
		i = last
	}
	return out
}

// jsonReader takes tests out of values.
type jsonReader struct {
	alone bool
	tests []jsonTest
}

// jsonTest is a test and its place in the text.
type jsonTest struct {
	input, output string
	start, end    int
}

// top reads the value at the text's beginning and says where it ends.
func (j *jsonReader) top(text string) (end int) {
	d := json.NewDecoder(strings.NewReader(text))
	if text[0] == '{' {
		var v json.RawMessage
		if d.Decode(&v) == nil {
			j.value(v, 0, int(d.InputOffset()))
		}
		return int(max(1, d.InputOffset()))
	}
	if _, err := d.Token(); err != nil {
		return 1
	}
	for d.More() {
		start := int(d.InputOffset())
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return max(1, start)
		}
		end := int(d.InputOffset())
		j.value(v, end-len(v), end)
	}
	d.Token()
	return int(d.InputOffset())
}

// The names that fields have.
var (
	inputNames  = []string{"input", "stdin", "in", "test_input"}
	outputNames = []string{"output", "expected", "expected_output", "stdout", "out", "answer", "test_output"}
)

// value reads a test, or what holds tests one level down.
func (j *jsonReader) value(v json.RawMessage, start, end int) {
	if text, ok := jsonText(v); ok && v[0] == '"' && j.alone {
		j.tests = append(j.tests, jsonTest{text, "", start, end})
		return
	}
	if pair := jsonList(v); len(pair) == 2 && !j.alone {
		if in, ok := jsonText(pair[0]); ok && pair[0][0] == '"' {
			if out, ok := jsonText(pair[1]); ok {
				j.tests = append(j.tests, jsonTest{in, out, start, end})
			}
		}
		return
	}
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(v, &fields) != nil {
		return
	}
	in, hasIn := jsonField(fields, inputNames)
	out, hasOut := jsonField(fields, outputNames)
	if hasIn && (hasOut || j.alone) {
		j.tests = append(j.tests, jsonTest{in, out, start, end})
		return
	}
	if inputs, outputs := jsonList(fields["inputs"]), jsonList(fields["outputs"]); len(inputs) > 0 && (j.alone || len(inputs) == len(outputs)) {
		for k := range inputs {
			in, ok := jsonText(inputs[k])
			out := ""
			if ok && !j.alone {
				out, ok = jsonText(outputs[k])
			}
			if ok {
				j.tests = append(j.tests, jsonTest{in, out, start, end})
			}
		}
		return
	}
	for _, name := range []string{"tests", "test_cases", "testcases", "cases", "inputs"} {
		for _, one := range jsonList(fields[name]) {
			if one[0] == '{' || one[0] == '"' {
				(&jsonReader{alone: j.alone}).into(j, one, start, end)
			}
		}
	}
}

// into adds the tests that a value has by itself to those of another reader.
func (j *jsonReader) into(to *jsonReader, v json.RawMessage, start, end int) {
	var flat map[string]json.RawMessage
	if v[0] == '{' && json.Unmarshal(v, &flat) == nil {
		for name := range flat {
			if !slices.Contains(inputNames, strings.ToLower(name)) && !slices.Contains(outputNames, strings.ToLower(name)) {
				delete(flat, name) // one level is enough
			}
		}
		if v, _ = json.Marshal(flat); len(flat) == 0 {
			return
		}
	}
	j.value(v, start, end)
	to.tests = append(to.tests, j.tests...)
}

func jsonField(fields map[string]json.RawMessage, names []string) (string, bool) {
	for name, v := range fields {
		if slices.Contains(names, strings.ToLower(name)) {
			return jsonText(v)
		}
	}
	return "", false
}

func jsonList(v json.RawMessage) (out []json.RawMessage) {
	json.Unmarshal(v, &out)
	return out
}

// jsonText is a value as a program reads or prints it: text as it is, numbers as they
// are written, and lists with a line for each element, or with blanks where they are
// within another. Objects and null are none.
func jsonText(v json.RawMessage) (string, bool) { return jsonJoined(v, "\n") }

func jsonJoined(v json.RawMessage, between string) (string, bool) {
	v = bytes.TrimSpace(v)
	if len(v) == 0 {
		return "", false
	}
	switch c := v[0]; {
	case c == '"':
		var s string
		err := json.Unmarshal(v, &s)
		return newlines.Replace(s), err == nil
	case c == '-' || c >= '0' && c <= '9':
		return string(v), true
	case c == '[' && between != "":
		within := map[string]string{"\n": " ", " ": ""}[between]
		var parts []string
		for _, one := range jsonList(v) {
			s, ok := jsonJoined(one, within)
			if !ok {
				return "", false
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, between), len(parts) > 0
	}
	return "", false
}

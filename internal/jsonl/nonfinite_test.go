package jsonl

import "testing"

func TestReplaceNonFinite(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": NaN, "b":[-NaN,Infinity],"c":	-Infinity}`: `{"a": <NaN>, "b":[<-NaN>,<Infinity>],"c":	<-Infinity>}`,
		"NaN":                            "<NaN>",
		"[\nNaN,\r\nInfinity\n]":         "[\n<NaN>,\r\n<Infinity>\n]",
		`{"NaN": "a NaN, \" Infinity"}`:  `{"NaN": "a NaN, \" Infinity"}`,
		`{"a": xNaN, "b": 1Infinity}`:    `{"a": xNaN, "b": 1Infinity}`,
		`{"a": --Infinity, "b": "cut: \`: `{"a": --Infinity, "b": "cut: \`,
	} {
		got := string(ReplaceNonFinite([]byte(in), func(number string) string { return "<" + number + ">" }))
		if got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

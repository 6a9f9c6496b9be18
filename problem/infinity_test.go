package problem

import "testing"

func TestWithoutInfinity(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": [Infinity, -Infinity]}`:       `{"a": [1e999, -1e999]}`,
		`{"a": "Infinity \" Infinity"}`:      `{"a": "Infinity \" Infinity"}`,
		`{"a": "\\", "b": Infinity}`:         `{"a": "\\", "b": 1e999}`,
		`{"a": 1}`:                           `{"a": 1}`,
		`{"a": Infinity, "b": "ends here: \`: `{"a": 1e999, "b": "ends here: \`,
	} {
		if got := string(withoutInfinity([]byte(in))); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

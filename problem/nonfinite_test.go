package problem

import "testing"

func TestFinite(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": [Infinity, -Infinity]}`:       `{"a": [1e999, -1e999]}`,
		`{"a": "Infinity \" Infinity"}`:      `{"a": "Infinity \" Infinity"}`,
		`{"a": "\\", "b": Infinity}`:         `{"a": "\\", "b": 1e999}`,
		`{"a": NaN, "b": [NaN,NaN]}`:         `{"a": null, "b": [null,null]}`,
		`{"a": "NaN: NaN", "N": "I"}`:        `{"a": "NaN: NaN", "N": "I"}`,
		`{"a": [Infinity], "b": xNaN}`:       `{"a": [1e999], "b": xNaN}`,
		`{"a": -NaN, "b": 1Infinity}`:        `{"a": -NaN, "b": 1Infinity}`,
		`{"a": Inf, "b": NaN`:                `{"a": Inf, "b": null`,
		`{"a": 1}`:                           `{"a": 1}`,
		`{"a": Infinity, "b": "ends here: \`: `{"a": 1e999, "b": "ends here: \`,
	} {
		if got := string(finite([]byte(in))); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

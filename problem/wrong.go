package problem

import "fmt"

// Wrong says why a solution is wrong: on which input, what was expected, and what it
// gave or did instead. Input and Expected are empty where the hidden test does not
// say.
type Wrong struct {
	Input    string `json:"input,omitempty"`
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
}

func (w Wrong) String() string {
	switch {
	case w.Input == "":
		return w.Got
	case w.Expected == "":
		return fmt.Sprintf("%s: %s", w.Input, w.Got)
	}
	return fmt.Sprintf("%s: %s, expected %s", w.Input, w.Got, w.Expected)
}

package llama

import "testing"

func TestRunningThreads(t *testing.T) {
	for text, want := range map[string]int{
		"0.35 0.15 0.09 3/345 12345\n": 3,
		"27.94 28.34 22.56 31/801 7\n": 31,
		"":                             0, "1 2 3\n": 0, "1 2 3 x/4 5\n": 0,
	} {
		if got := runningThreads([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestSpinner: one busy neighbour stops the spinning at once, and only some
// quiet steps start it again.
func TestSpinner(t *testing.T) {
	s := &spinner{threads: 3, cores: 4, calm: calmSteps}
	for i, step := range []struct {
		running int
		spin    bool
	}{{1, true}, {2, true}, {3, false}, {1, false}, {2, false}} {
		if s.note(step.running); (s.calm >= calmSteps) != step.spin {
			t.Errorf("step %d with %d running: calm %d", i, step.running, s.calm)
		}
	}
	for range calmSteps {
		s.note(1)
	}
	if s.calm < calmSteps {
		t.Error("still not spinning on a quiet machine")
	}
}

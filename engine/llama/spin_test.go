package llama

import (
	"testing"
	"time"
)

func TestParseRunDelay(t *testing.T) {
	for text, want := range map[string]int64{
		"84031928 69343 17\n": 69343,
		"":                    0, "12\n": 0, "1 x 3\n": 0,
	} {
		if got := parseRunDelay([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestSpinPolicy: a glitch costs nothing but a short while of spinning less; a
// neighbour that stays ends the spinning, with ever rarer tries; when it has left,
// spinning comes back.
func TestSpinPolicy(t *testing.T) {
	p := spinPolicy{next: firstPause}
	step := func(crowded bool) int {
		waited := time.Duration(0)
		if crowded {
			waited = 4 * time.Millisecond
		}
		p.step(waited, 10*time.Millisecond)
		return p.count()
	}
	settle := func() {
		t.Helper()
		for i := 0; p.count() != spinCount; i++ {
			if step(false); i > lastPause+calmSteps {
				t.Fatal("still not spinning on a quiet machine")
			}
		}
	}
	settle()
	if step(true) != tryCount {
		t.Error("one crowded step ended the spinning")
	}
	settle()
	if step(true); step(true) != 0 {
		t.Error("still spinning after two crowded steps")
	}
	tries, steps := 0, 10*lastPause
	for range steps {
		switch step(true) {
		case 0:
		case tryCount:
			tries++
		default:
			t.Fatal("spinning at length on a crowded machine")
		}
	}
	if tries < 5 || tries > 20 {
		t.Errorf("%d tries in %d crowded steps", tries, steps)
	}
	settle()
}

package examples

import "testing"

func TestLoad(t *testing.T) {
	problems, solutions, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) < 12 {
		t.Errorf("%d problems, want a dozen", len(problems))
	}
	for i, p := range problems {
		right := 0
		for _, s := range solutions[i] {
			if *s.Label {
				right++
			}
		}
		if n := len(solutions[i]); n < 8 || n > 10 || right == 0 || right == n {
			t.Errorf("%s: %d solutions, %d right; want 8 to 10 with both kinds", p.ID, n, right)
		}
	}
}

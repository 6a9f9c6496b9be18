package sandbox

import (
	"context"
	"log/slog"
	"testing"
	"time"
	"fmt"
)

func TestSmoke(t *testing.T) {
	start := time.Now()
	s, err := New(context.Background(), Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Log("new", time.Since(start))
	sols := []string{"def f(x):\n    return x+1\n", "def f(x):\n    return x\n", "import nosuch\n", "def f(x):\n    while True: pass\n"}
	tests := []string{"assert f(1) == 2", "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(1), 2)\n    def test_b(self):\n        self.assertEqual(f(0), 0)\n", "assert f(", "x = [0]*100000000\nassert f(1)==2"}
	err = s.Matrix(context.Background(), sols, tests, Limits{Fuel: 1e9}, func(i, j int, v Verdict) error {
		fmt.Println(i, j, v)
		return nil
	})
	if err != nil { t.Fatal(err) }
}

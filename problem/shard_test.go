package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// Every problem is of one shard, and two of twice as many are one of so many.
func TestShardsDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id, n := rapid.String().Draw(t, "task_id"), rapid.IntRange(1, 300).Draw(t, "shards")
		owners := 0
		for i := range n {
			has := Shard{i, n}.Has(id)
			if has {
				owners++
			}
			if halves := (Shard{i, 2 * n}).Has(id) || (Shard{i + n, 2 * n}).Has(id); halves != has {
				t.Fatalf("%d/%d: %v, its halves: %v", i, n, has, halves)
			}
		}
		if owners != 1 {
			t.Fatalf("%q is of %d of %d shards", id, owners, n)
		}
	})
}

// Who computes shards elsewhere relies on these: in Python
// int(hashlib.sha256(id.encode()).hexdigest()[:16], 16) % n
func TestShardValues(t *testing.T) {
	for _, c := range []struct {
		id   string
		n, i int
	}{{"HumanEval/0", 8, 0}, {"HumanEval/163", 8, 4}, {"HumanEval/0", 1000, 632}, {"é", 7, 3}, {"", 10, 2}} {
		if !(Shard{c.i, c.n}).Has(c.id) {
			t.Errorf("%q is not of shard %d/%d", c.id, c.i, c.n)
		}
	}
}

// The shards of a data set are about equally large.
func TestShardsAreFair(t *testing.T) {
	const n, all = 8, 16_000
	count := make([]int, n)
	for k := range all {
		for i := range n {
			if (Shard{i, n}).Has(fmt.Sprint("HumanEval/", k)) {
				count[i]++
			}
		}
	}
	for i, c := range count {
		if d := c - all/n; d < -200 || d > 200 { // five deviations of a binomial are 209
			t.Errorf("shard %d has %d of %d problems", i, c, all)
		}
	}
}

func TestParseShard(t *testing.T) {
	auto := func() (string, error) { return "5", nil }
	for text, want := range map[string]Shard{"": {}, "0/1": {0, 1}, "3/8": {3, 8}, "auto/8": {5, 8}} {
		if got, err := ParseShard(text, auto); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"3", "8/8", "-1/8", "0/0", "a/8", "1/", "/8", "1/2/3", "auto/5", "0/9999999", " 1/2"} {
		if got, err := ParseShard(text, auto); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
	if _, err := ParseShard("auto/8", func() (string, error) { return "", errors.New("x") }); err == nil {
		t.Error("no error where the number is not known")
	}
}

// A shard is the same after JSON, and all problems are nothing at all.
func TestShardJSON(t *testing.T) {
	for _, want := range []Subset{{}, {Shard: Shard{3, 8}, Limit: 2}} {
		text, err := json.Marshal(want)
		var got Subset
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil || got.Shard != want.Shard || got.Limit != want.Limit {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	if text, _ := json.Marshal(Subset{}); string(text) != "{}" {
		t.Errorf("all problems are %s", text)
	}
}

// A shard of a subset is what the subset and the shard have in common.
func TestShardOfSubset(t *testing.T) {
	var ids []string
	for k := range 50 {
		ids = append(ids, fmt.Sprint(k))
	}
	for _, s := range []Subset{{}, {Limit: 20}, {Sample: 20}, {Only: []string{"3", "4", "40"}}} {
		whole, err := s.Of(ids, 1)
		if err != nil {
			t.Fatal(err)
		}
		s.Shard = Shard{1, 3}
		part, err := s.Of(ids, 1)
		if err != nil || s.Whole() {
			t.Fatal(err)
		}
		for k, id := range ids {
			if part[k] != (whole[k] && s.Shard.Has(id)) {
				t.Errorf("%+v: %s %v", s, id, part[k])
			}
		}
	}
}

func FuzzParseShard(f *testing.F) {
	f.Add("3/8")
	f.Add("auto/2")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShard(text, func() (string, error) { return "1", nil })
		if err != nil {
			return
		}
		if again, err := ParseShard(s.String(), nil); err != nil || again != s {
			t.Fatalf("%q is %v, written as %q", text, s, s.String())
		}
	})
}

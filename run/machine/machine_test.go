package machine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A machine without models or a cache is told what to do about both.
func TestBareMachine(t *testing.T) {
	for _, name := range []string{"XDG_DATA_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	found := Look()
	for _, what := range []string{"model", "sandbox cache"} {
		i := slices.IndexFunc(found, func(f Finding) bool { return f.What == what })
		if i < 0 || found[i].State != "missing" || found[i].Hint == "" {
			t.Errorf("%s: %+v", what, found)
		}
	}
	if i := slices.IndexFunc(found, func(f Finding) bool { return f.What == "cpu kernels" }); i < 0 || found[i].Detail == "" {
		t.Errorf("no kernels in %+v", found)
	}
}

// Each part is tried once, and this machine has no problem with any.
func TestTry(t *testing.T) {
	var what []string
	if err := Try(t.Context(), "", func(f Finding) {
		what = append(what, f.What)
		if f.State != "ok" {
			t.Errorf("%+v", f)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"own kernels' results", "llama.cpp's results", "sandbox"}; len(what) < 3 || !slices.Equal(what[:3], want) {
		t.Errorf("tried %q, want %q first", what, want)
	}
}

func TestValueOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("NAME_LONG=no\nmodel name\t: A: B\nNAME=x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, key, separator, want string }{
		{path, "model name", ":", "A: B"},
		{path, "NAME", "=", "x"},
		{path, "NO", "=", ""},
		{path + "x", "NAME", "=", ""},
	} {
		if got := valueOf(tt.path, tt.key, tt.separator); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.key, tt.path, got, tt.want)
		}
	}
}

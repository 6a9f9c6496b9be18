package machine

import (
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

package dirs

import (
	"path/filepath"
	"testing"
)

func TestDirs(t *testing.T) {
	for _, c := range []struct{ home, data, cache, wantData, wantCache string }{
		{"/home/u", "", "", "/home/u/.local/share/coderm/models", "/home/u/.cache/coderm/guest"},
		{"/home/u", "/d", "/c", "/d/coderm/models", "/c/coderm/guest"},
		{"/home/u", "relative", "/c", "/home/u/.local/share/coderm/models", "/c/coderm/guest"},
		{"", "/d", "/c", "/d/coderm/models", "/c/coderm/guest"},
		{"", "", "", "", ""}, // errors
	} {
		t.Setenv("HOME", c.home)
		t.Setenv("XDG_DATA_HOME", c.data)
		t.Setenv("XDG_CACHE_HOME", c.cache)
		data, err := Data("models")
		if filepath.ToSlash(data) != c.wantData || (err != nil) != (c.wantData == "") {
			t.Errorf("%+v: data %q, %v", c, data, err)
		}
		cache, err := Cache("guest")
		if filepath.ToSlash(cache) != c.wantCache || (err != nil) != (c.wantCache == "") {
			t.Errorf("%+v: cache %q, %v", c, cache, err)
		}
	}
}

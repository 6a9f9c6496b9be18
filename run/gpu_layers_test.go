package run

import (
	"encoding/json"
	"testing"
)

func TestGPULayers(t *testing.T) {
	for text, want := range map[string]GPULayers{`"auto"`: AutoLayers, `"none"`: NoLayers, `7`: 7, `"7"`: 7} {
		var p Placement
		if err := json.Unmarshal([]byte(`{"gpu_layers":`+text+`}`), &p); err != nil || p.GPULayers != want {
			t.Errorf("%s is %v, %v", text, p.GPULayers, err)
		}
		back, err := json.Marshal(p)
		var again Placement
		if err != nil || json.Unmarshal(back, &again) != nil || again.GPULayers != want {
			t.Errorf("%s goes out as %s, %v", text, back, err)
		}
	}
	for _, text := range []string{`0`, `-1`, `"all"`, `1.5`, `true`} {
		if err := json.Unmarshal([]byte(`{"gpu_layers":`+text+`}`), new(Placement)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

package bench

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"coderm/engine/llama"
)

// describe is what all rows of a model have in common.
func describe(m *llama.Model, s Spec, digest string, bandwidth float64) Row {
	i := m.Info()
	r := Row{
		CPU: cpuName(), Model: i.Path, Type: i.Description, Size: i.Bytes, Params: i.Parameters,
		Batch: i.Batch, UBatch: i.Batch, Threads: i.Threads, GPULayers: i.GPULayers, Mmap: !s.Model.NoMmap,
		Digest: digest, Bandwidth: bandwidth,
	}
	var gpus, backends []string
	for _, d := range i.GPUs {
		gpus = append(gpus, d.Description)
		if !slices.Contains(backends, d.Backend) {
			backends = append(backends, d.Backend)
		}
	}
	r.GPU, r.Backends = strings.Join(gpus, ", "), strings.Join(append(backends, "CPU"), ",")
	return r
}

func cpuName() string {
	for _, line := range strings.Split(readFile("/proc/cpuinfo"), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// peakRSS is the most memory the process has had, in bytes; 0 when unknown.
func peakRSS() int64 {
	for _, line := range strings.Split(readFile("/proc/self/status"), "\n") {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}

// resetPeakRSS makes the kernel count the peak anew (proc_pid_clear_refs(5));
// where it cannot, peaks include what came before.
func resetPeakRSS() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// readFile gives what there is: the machine's description may be missing.
func readFile(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

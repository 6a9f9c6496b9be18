package testkit

import "testing"

// Reason is why a test is skipped even where nothing may be missing: the machine
// cannot do it, or it was asked for less. This is the whole list.
type Reason string

const (
	Short    Reason = "left out by -short"
	Slow     Reason = "takes minutes: set CODERM_SLOW=1"
	NoAVX2   Reason = "this processor has no AVX2"
	PlainC   Reason = "this processor has only plain C for our attention"
	NoGPU    Reason = "no GPU, or no backend for it in lib/coderm ('make vulkan' builds one; mesa-vulkan-drivers has a software device for it)"
	NoServer Reason = "no real server: CODERM_SERVER is the command that starts one (docs/servers.md)"
	NoFUSE   Reason = "no file system can be mounted here by FUSE"
	NoPages  Reason = "this kernel does not tell which pages were written, or the peak of memory"
)

// Skip skips the test.
func Skip(t testing.TB, why Reason) {
	t.Helper()
	t.Skip(string(why))
}

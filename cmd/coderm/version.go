package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"coderm/engine/llama"
	"coderm/sandbox"
)

// release and commit are set by scripts/dist.sh, with the linker's -X.
var release, commit string

// version is the release or the commit this program was built from, and Go's.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok { // without modules
		return "unknown"
	}
	v := info.Main.Version
	if release != "" {
		v = release + ", commit " + commit
	}
	return strings.TrimPrefix(v+", "+info.GoVersion, ", ")
}

// rootRun answers --version, which cobra would have every command work out.
func (a *app) rootRun(c *cobra.Command, _ []string) error {
	if asked, _ := c.Flags().GetBool("version"); !asked {
		return c.Help()
	}
	packages, err := sandbox.FindPackages("")
	if err != nil {
		return err
	}
	parts := map[string]string{
		"coderm": version(), "llama.cpp": llama.Version(), "cpu level": llama.Level(), "guest": sandbox.GuestDigest(),
	}
	if packages != nil {
		parts["packages"] = packages.Digest
	}
	if a.json {
		return a.printJSON(parts)
	}
	_, err = fmt.Fprintf(a.stdout, "coderm version %s\nllama.cpp: of %s, computing at level %s\nguest: SHA-256 %s\n",
		parts["coderm"], parts["llama.cpp"], parts["cpu level"], parts["guest"])
	if err == nil && packages != nil {
		_, err = fmt.Fprintf(a.stdout, "packages: SHA-256 %s\n", packages.Digest)
	}
	return err
}

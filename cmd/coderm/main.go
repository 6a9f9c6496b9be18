// Command coderm reranks candidate programs by unit tests that a local model
// writes and a sandbox runs.
package main

import (
	"context"
	"io"
	"log"
	"os"
)

func main() {
	log.SetOutput(io.Discard) // net/http's words about strange servers; what matters is in its errors
	os.Exit(execute(notified(context.Background()), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

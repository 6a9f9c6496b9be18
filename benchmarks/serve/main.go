// Command serve measures 'coderm serve' and servers beside it, in turns:
//
//	serve generate coderm=http://localhost:8421/v1 llama-server=http://localhost:8080/v1
//	serve run-code coderm=http://localhost:8421/run_code processes=http://localhost:8422/run_code
//
// The second of the latter's is a plain process a request: 'serve processes localhost:8422 /usr/bin/python3'.
// The servers are started by hand, with the same model and the same threads, and
// nothing else should run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := fmt.Errorf("usage: serve generate NAME=URL… | serve run-code NAME=URL… | serve processes ADDRESS PYTHON")
	switch {
	case len(os.Args) > 2 && os.Args[1] == "generate":
		err = generate(ctx, os.Args[2:])
	case len(os.Args) > 2 && os.Args[1] == "run-code":
		err = runCode(ctx, os.Args[2:])
	case len(os.Args) == 4 && os.Args[1] == "processes":
		err = processes(ctx, os.Args[2], os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

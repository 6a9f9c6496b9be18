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
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	rounds := flag.Int("rounds", 3, "of generate, each with all servers in turns")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := fmt.Errorf("usage: serve [-rounds N] generate NAME=URL… | serve run-code NAME=URL… | serve processes ADDRESS PYTHON")
	switch args := flag.Args(); {
	case len(args) > 1 && args[0] == "generate":
		err = generate(ctx, args[1:], *rounds)
	case len(args) > 1 && args[0] == "run-code":
		err = runCode(ctx, args[1:])
	case len(args) == 3 && args[0] == "processes":
		err = processes(ctx, args[1], args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

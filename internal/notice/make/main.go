// Command make writes NOTICE at the top of the repository.
package main

import (
	"log"
	"os"

	"coderm/internal/notice"
)

func main() {
	text, err := notice.Make("coderm/cmd/coderm")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("../../NOTICE", text, 0o644); err != nil {
		log.Fatal(err)
	}
}

// Command wrap wraps the Markdown files it is given ('make fmt').
package main

import (
	"fmt"
	"os"

	"coderm/internal/docs"
)

func main() {
	for _, file := range os.Args[1:] {
		if err := wrap(file); err != nil {
			fmt.Fprintln(os.Stderr, "wrap:", err)
			os.Exit(1)
		}
	}
}

func wrap(file string) error {
	text, err := os.ReadFile(file)
	if err != nil || !docs.IsPage(file) {
		return err
	}
	if wrapped := docs.Wrap(string(text)); wrapped != string(text) {
		return os.WriteFile(file, []byte(wrapped), 0o644)
	}
	return nil
}

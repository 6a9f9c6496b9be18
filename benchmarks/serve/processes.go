package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
)

// processes answers /run_code by a plain process of an interpreter a request, as many at
// once as there are cores: what a server without a sandbox of its own does.
func processes(ctx context.Context, address, python string) error {
	free := make(chan struct{}, runtime.NumCPU())
	h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct{ Code, Stdin string }
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		free <- struct{}{}
		defer func() { <-free }()
		var out, complaints bytes.Buffer
		c := exec.CommandContext(r.Context(), python, "-c", q.Code)
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader(q.Stdin), &out, &complaints
		if err := c.Run(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"run_result": map[string]any{"stdout": out.String(), "stderr": complaints.String()}})
	})}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s/run_code\n", l.Addr())
	defer context.AfterFunc(ctx, func() { h.Close() })()
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

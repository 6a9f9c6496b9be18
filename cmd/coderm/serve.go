package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"coderm/internal/dirs"
	"coderm/run"
	"coderm/server"
)

// serveOptions are the flags of serve.
type serveOptions struct {
	listen    string
	tokenFile string
	config    server.Config
}

func (a *app) serveCmd() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve [--listen 127.0.0.1:8421]",
		Short: "Answer over HTTP, in forms that clients speak already",
		Long: `Answers over HTTP until it is told to stop (SIGTERM or SIGINT; a second one ends it
at once). docs/serve.md lists what it answers, with a command to copy for each.

On another address than this machine's own, --token-file is needed, and clients
send the token as a bearer token.`,
		Example: `  coderm serve
  coderm serve --listen 0.0.0.0:8421 --token-file token.txt --host workstation.lan`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8421", "`ADDRESS` to listen on; port 0 for any that is free")
	f.StringVar(&o.config.Model, "model", "", "GGUF `FILE`, name in the model store or none (default: $CODERM_MODEL, or 'default')")
	f.BoolVar(&o.config.Lazy, "lazy", false, "load the model with the first request that wants it")
	f.IntVar(&o.config.Threads, "threads", 0, "threads of the model (default: one a core)")
	placementFlags(f, &o.config.Placement)
	processFlag(f, &o.config.Placement)
	f.StringVar(&o.config.Folder, "folder", "", "`FOLDER` for what is to survive (default: serve in $XDG_DATA_HOME/coderm)")
	f.StringVar(&o.tokenFile, "token-file", "", "`FILE` with the token that clients must send")
	f.StringSliceVar(&o.config.Hosts, "host", nil, "`NAME` that clients may call this server by, beside localhost and addresses; several by commas")
	f.IntVar(&o.config.Queue, "queue", 256, "requests that may be under way or wait; beyond that the answer is 429 (never to /run_code)")
	f.IntVar(&o.config.Workers, "workers", 0, "sandbox workers (default: one a core)")
	f.DurationVar(&o.config.Grace, "grace", 30*time.Second, "how long requests under way may take to end when the server is to stop")
	return c
}

func (a *app) serve(ctx context.Context, o serveOptions) (err error) {
	if o.config.Queue < 1 {
		return usageError("serve: --queue %d: give at least 1", o.config.Queue)
	}
	if err := run.CheckThreads("workers", o.config.Workers); err != nil {
		return err
	}
	if err := run.CheckThreads("threads", o.config.Threads); err != nil {
		return err
	}
	if err := o.config.Placement.Check(); err != nil {
		return err
	}
	if o.config.Token, err = readToken(o.tokenFile); err != nil {
		return err
	}
	if o.config.Folder == "" {
		if o.config.Folder, err = dirs.Data("serve"); err != nil {
			return err
		}
	}
	l, err := listen(o.listen, o.config.Token)
	if err != nil {
		return err
	}
	defer l.Close()
	level := slog.LevelInfo
	if a.quiet {
		level = slog.LevelWarn
	}
	o.config.Log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	s, err := server.New(ctx, o.config)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintf(a.stdout, "http://%s\n", l.Addr())
	a.stdout.Flush()
	return s.Serve(ctx, l)
}

// readToken reads the token that clients must send; "" without a file.
func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", usageError("serve: --token-file: %v", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < 16 || strings.ContainsAny(token, " \t\r\n") {
		return "", usageError("serve: --token-file %s: want one word of at least 16 characters", path)
	}
	return token, nil
}

// listen opens the address, or takes the socket that systemd has opened (fd 3, as
// sd_listen_fds(3) describes it). Other machines need a token.
func listen(address, token string) (net.Listener, error) {
	var l net.Listener
	var err error
	if os.Getenv("LISTEN_PID") == fmt.Sprint(os.Getpid()) {
		l, err = net.FileListener(os.NewFile(3, "systemd's socket"))
	} else {
		l, err = net.Listen("tcp", address)
	}
	if err != nil {
		return nil, usageError("serve: --listen: %v", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() && token == "" {
		l.Close()
		return nil, usageError("serve: other machines can reach %s: give --token-file FILE, or listen on 127.0.0.1", at)
	}
	return l, nil
}

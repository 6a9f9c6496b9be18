package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"coderm/internal/term"
)

// app is what every command shares: the streams and the global flags. There is
// no other shared state.
type app struct {
	stdin          io.Reader
	stdout, stderr *term.Writer // for everything that is to be read
	// out and screen are the same streams as they are: for data that is not to be
	// changed, and for progress bars.
	out     *checkedOutput
	screen  io.Writer
	foot    *term.Screen // stderr, with lines below it that change
	command string       // the command line, as a shell would take it
	json    bool         // --json: machine-readable result on stdout
	quiet   bool
	grace   time.Duration // --grace, where a command has it
	verbose bool
	log     *slog.Logger
}

// execute executes one command line and returns its exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	out, foot := &checkedOutput{w: stdout}, term.NewScreen(stderr)
	a := &app{stdin: stdin, stdout: term.NewWriter(out), stderr: term.NewWriter(foot), out: out, screen: stderr, foot: foot, command: shellWords(append([]string{"coderm"}, args...))}
	root := a.rootCmd()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	a.stdout.Flush()
	defer a.stderr.Flush()
	return a.exitCode(ctx, out.finish(err))
}

func (a *app) rootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:           "coderm",
		Short:         "Rerank candidate programs by unit tests a local model writes",
		RunE:          a.rootRun,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(*cobra.Command, []string) {
			level := slog.LevelWarn
			if a.verbose {
				level = slog.LevelDebug
			}
			a.log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
		},
	}
	f := root.PersistentFlags()
	f.BoolVar(&a.json, "json", false, "print the result as JSON on standard output")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no progress")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "log what is being done")
	root.Flags().Bool("version", false, "print the versions of what this program is made of")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError("%v (see '%s --help')", err, c.CommandPath())
	})
	root.AddCommand(a.commands()...)
	addCompletions(root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			group(c)
		}
	}
	return root
}

// shellWords writes arguments as a shell reads them.
func shellWords(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		if words[i] = a; a == "" || strings.ContainsFunc(a, unsafe) {
			words[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// unsafe tells of a character that may mean something to a shell.
func unsafe(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:=,+@%", r)
}

// isTerminal tells whether somebody reads w on a screen.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// showsBars tells whether progress bars make sense on w. They have no colour for
// NO_COLOR to take away.
func showsBars(w io.Writer) bool { return isTerminal(w) && os.Getenv("TERM") != "dumb" }

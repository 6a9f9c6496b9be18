package main

import (
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"coderm/internal/testkit"
	"coderm/journal"
	"coderm/weights/store"
)

// TestMain lets the scripts, and tests that need a process to kill, run this
// program as "coderm".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"coderm": main})
}

// wantCode runs a command that must end with the given exit code:
// code 2 coderm rerank --problems nowhere.jsonl
func wantCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command args...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": wantCode, "schema": followsSchema, "journal": holds, "samerun": sameRun},
		Setup: func(e *testscript.Env) error {
			// The prepared guest and the model store are shared with the user's
			// own: both take seconds to make, and neither is changed here.
			cache, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			e.Setenv("XDG_CACHE_HOME", cache)
			if s, err := store.Default(); err == nil {
				e.Setenv("XDG_DATA_HOME", filepath.Dir(filepath.Dir(s.Dir())))
			}
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "model" { // the default model is in the store
				_, err := store.Resolve("")
				if err != nil && testkit.Strict() {
					return false, err
				}
				return err == nil, nil
			}
			return false, nil
		},
	})
}

// holds is a script's command: journal RUN SQL VALUE
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 || neg {
		ts.Fatalf("usage: journal RUN SQL VALUE")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(filepath.Join(args[0], journal.Name)))
	ts.Check(err)
	defer db.Close()
	var got string
	ts.Check(db.QueryRow(args[1]).Scan(&got))
	if got != args[2] {
		ts.Fatalf("%s gives %q, not %q", args[1], got, args[2])
	}
}

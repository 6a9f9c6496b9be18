package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"coderm/internal/fsx"
	"coderm/internal/testkit"
	"coderm/problem"
)

// mount shows a folder through FUSE, which is one of the file systems that may be
// several machines'.
func mount(t *testing.T) (dir string) {
	t.Helper()
	root, err := fs.NewLoopbackRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	server, err := fs.Mount(dir, root, &fs.Options{MountOptions: fuse.MountOptions{DirectMount: true, FsName: "loopback"}})
	if err != nil {
		t.Log(err)
		testkit.Skip(t, testkit.NoFUSE)
	}
	t.Cleanup(func() {
		if err := server.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func journalMode(t *testing.T, j *Journal) (mode string) {
	t.Helper()
	if err := j.db.QueryRow(`PRAGMA journal_mode`).Scan(&mode); err != nil {
		t.Fatal(err)
	}
	return mode
}

// On a network file system a run has no write-ahead log, and one that had goes on
// without; there and back nothing is lost.
func TestNetworkFolder(t *testing.T) {
	dir := filepath.Join(mount(t), "run")
	j := open1(t, dir, Fingerprint{"seed": "1"})
	if mode := journalMode(t, j); mode != "delete" {
		t.Errorf("on FUSE the journal mode is %q", mode)
	}
	if err := j.AddSample(t.Context(), 0, Sample{Sampled: problem.Sampled{Completion: "x"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := Take(t.Context(), dir); !errors.Is(err, ErrBusy) {
		t.Errorf("a second process: %v", err)
	}
	reader, err := OpenFinished(t.Context(), dir) // while it goes on
	if err != nil {
		t.Fatal(err)
	}
	if s, err := reader.Load(t.Context(), 0); err != nil || len(s.Samples) != 1 {
		t.Errorf("a reader sees %+v, %v", s, err)
	}
	reader.Close()
	j.Close()
	local := filepath.Join(t.TempDir(), "run")
	for _, c := range []struct{ from, to, mode string }{{dir, local, "wal"}, {local, dir + "2", "delete"}} {
		if err := os.CopyFS(c.to, os.DirFS(c.from)); err != nil {
			t.Fatal(err)
		}
		j := open1(t, c.to, Fingerprint{"seed": "1"})
		if mode := journalMode(t, j); mode != c.mode {
			t.Errorf("in %s the journal mode is %q, not %q", c.to, mode, c.mode)
		}
		if s, err := j.Load(t.Context(), 0); err != nil || len(s.Samples) != 1 {
			t.Errorf("%+v, %v", s, err)
		}
		j.Close()
	}
}

// writingTo has this program write to the folder that it names, to be killed meanwhile.
const writingTo = "CODERM_TEST_WRITING_TO"

// TestMain tells of each sample that is safe, where the program is to write.
func TestMain(m *testing.M) {
	dir := os.Getenv(writingTo)
	if dir == "" {
		os.Exit(m.Run())
	}
	j, err := OpenRecorded(context.Background(), dir)
	for g := 0; err == nil; g++ {
		if err = j.AddSample(context.Background(), 0, Sample{Generation: g, Sampled: problem.Sampled{Completion: strings.Repeat("x", 20_000)}}); err == nil {
			fmt.Println(g)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// What was safe on a network file system is so after SIGKILL at any moment, for who
// reads as for who goes on.
func TestNetworkKilled(t *testing.T) {
	dir := filepath.Join(mount(t), "run")
	open1(t, dir, Fingerprint{"seed": "1"}).Close()
	told := 0
	for round := range 4 {
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), writingTo+"="+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 5+7*round && lines.Scan(); n++ {
			fmt.Sscan(lines.Text(), &told)
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.Wait()
		j, err := OpenFinished(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		s, err := j.Load(t.Context(), 0)
		if err != nil || len(s.Samples) <= told {
			t.Errorf("%d samples are there, %d were safe: %v", len(s.Samples), told+1, err)
		}
		j.Close()
		again, err := OpenRecorded(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.db.Exec(`DELETE FROM sample`); err != nil {
			t.Fatal(err)
		}
		again.Close()
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if d := cmp.Diff([]string{filepath.Join(dir, Name)}, left); d != "" || err != nil {
		t.Errorf("%v: %s", err, d)
	}
}

func TestNetwork(t *testing.T) {
	if name, err := fsx.Network("/proc"); name != "" || err != nil {
		t.Errorf("/proc is %q, %v", name, err)
	}
	if name, err := fsx.Network(mount(t)); name != "FUSE" || err != nil {
		t.Errorf("a mount of FUSE is %q, %v", name, err)
	}
	if _, err := fsx.Network("/nowhere"); err == nil {
		t.Error("no error for no folder")
	}
}

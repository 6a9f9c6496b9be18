package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"coderm/weights/chunk"
	"coderm/weights/pack"
)

// TestMain lets the test binary be the process that is killed: with
// STORE_CHILD set it does that work instead of the tests.
func TestMain(m *testing.M) {
	if job := os.Getenv("STORE_CHILD"); job != "" {
		if err := child(job, os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child pulls from or unpacks the pack at path, asking leave on standard
// output before every read of a chunk and waiting for a byte on standard input.
func child(job, path, to string) error {
	r, err := pack.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	src := &gated{Source: r}
	if job == "unpack" {
		return Export(ctx, src, to, nil)
	}
	_, err = Open(to).Pull(ctx, "tiny", src, nil)
	return err
}

// gated is a source that asks leave before every read.
type gated struct{ chunk.Source }

func (g *gated) Open(ctx context.Context, f *chunk.File) (chunk.ReaderAtCloser, error) {
	r, err := g.Source.Open(ctx, f)
	return &gatedReader{r}, err
}

type gatedReader struct{ chunk.ReaderAtCloser }

func (g *gatedReader) ReadAt(b []byte, off int64) (int, error) {
	if _, err := fmt.Println("may I read?"); err != nil {
		return 0, err
	}
	if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	return g.ReaderAtCloser.ReadAt(b, off)
}

// runChild starts the job, grants it a number of reads and then kills it at
// its next one; with reads < 0 it may finish. It tells whether it finished.
func runChild(t *testing.T, job, from, to string, reads int) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], from, to)
	cmd.Env = append(os.Environ(), "STORE_CHILD="+job)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if reads == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, out); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Fatal("a killed process ended well")
			}
			return false
		}
		reads--
		if _, err := in.Write([]byte{'\n'}); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return true
}

func TestKilledAnywhereNothingWrongIsLeft(t *testing.T) {
	model := ggufFile(t, 3*chunk.Size+96, 8)
	dir := folder(t, map[string][]byte{"tiny.gguf": model, "difficulty.json": []byte("{}")})
	src, err := OpenPath(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(t.TempDir(), "tiny.coderm")
	if _, err := pack.Create(ctx, packed, src, nil); err != nil {
		t.Fatal(err)
	}
	for _, job := range []string{"pull", "unpack"} {
		t.Run(job, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "to")
			kills := 0
			for reads := 0; !runChild(t, job, packed, to, reads); reads = (reads + 1) % 3 {
				kills++
				checkLeftover(t, job, to)
			}
			if kills < 3 {
				t.Fatalf("killed only %d times", kills)
			}
			if job == "pull" {
				s := Open(to)
				checkModel(t, s, "tiny", model)
				if broken, err := s.Verify(ctx, "tiny", nil); err != nil || broken != nil {
					t.Errorf("broken %v, %v", broken, err)
				}
				return
			}
			got, err := os.ReadFile(filepath.Join(to, "tiny.gguf"))
			if err != nil || string(got) != string(model) {
				t.Errorf("the unpacked model differs (%v)", err)
			}
			if _, err := os.Stat(to + ".partial"); err == nil {
				t.Error("the partial folder is still there")
			}
		})
	}
}

// checkLeftover: after a kill nothing has its final name that is not right.
func checkLeftover(t *testing.T, job, to string) {
	t.Helper()
	if job == "unpack" {
		if _, err := os.Stat(to); err == nil {
			t.Fatal("a killed unpack left its folder under its final name")
		}
		return
	}
	s := Open(to)
	if models, err := s.List(); err != nil || len(models) != 0 {
		t.Fatalf("a killed pull left models %v, %v", models, err)
	}
	blobs, err := filepath.Glob(filepath.Join(to, "blobs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range blobs {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(path, chunk.Digest(data)) {
			t.Errorf("%s has another content", path)
		}
	}
}

// Two processes pull the same model at once: one of them fetches, the other
// waits and finds everything there.
func TestTwoPullersShareTheWork(t *testing.T) {
	model := ggufFile(t, 2*chunk.Size, 9)
	src, err := OpenPath(folder(t, map[string][]byte{"tiny.gguf": model}), nil)
	if err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(t.TempDir(), "tiny.coderm")
	if _, err := pack.Create(ctx, packed, src, nil); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "models")
	cmds := make([]*exec.Cmd, 3)
	outs := make([]*strings.Builder, len(cmds))
	for i := range cmds {
		outs[i] = new(strings.Builder)
		cmds[i] = exec.Command(os.Args[0], packed, to)
		cmds[i].Env = append(os.Environ(), "STORE_CHILD=pull")
		cmds[i].Stdin = strings.NewReader(strings.Repeat("\n", 100)) // always leave
		cmds[i].Stdout, cmds[i].Stderr = outs[i], os.Stderr
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	reads := 0
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Errorf("puller %d: %v", i, err)
		}
		reads += strings.Count(outs[i].String(), "\n")
	}
	if reads != 2 {
		t.Errorf("%d chunks were read in all, want 2", reads)
	}
	checkModel(t, Open(to), "tiny", model)
}

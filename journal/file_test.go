package journal

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"coderm/problem"
	"coderm/sandbox"
)

// database makes a run folder whose run.db is what statements make.
func database(t *testing.T, statements string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	db, err := sql.Open("sqlite3", filepath.Join(dir, Name))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(statements)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func oldRun(t *testing.T, number int) (dir string) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/schema%d.sql", number))
	if err != nil {
		t.Fatal(err)
	}
	return database(t, string(text)+"; PRAGMA journal_mode = WAL") // as runs have it
}

// columns describes every column of every table of a run.
func columns(t *testing.T, j *Journal) []string {
	t.Helper()
	rows, err := j.db.Query(`SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var table, name, kind string
		var notNull, key int
		if err := rows.Scan(&table, &name, &kind, &notNull, &key); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(table, ".", name, " ", kind, " ", notNull, " ", key))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Runs of every schema are read, and have the present one then.
func TestMigrate(t *testing.T) {
	fresh := open1(t, t.TempDir(), Fingerprint{})
	want := columns(t, fresh)
	fresh.Close()
	state := State{
		Samples: []Sample{
			{Sampled: problem.Sampled{Finish: "given", Solution: -1}, Tests: []Test{{Test: problem.PythonTest("assert inc(1) == 2")}}},
		},
		Cells: []Cell{
			{Verdict: sandbox.Verdict{Kind: sandbox.Pass, TestsRun: 1, Fuel: 114474, Methods: []sandbox.Method{{Kind: sandbox.Pass}}}},
			{Solution: 1, Verdict: sandbox.Verdict{Kind: sandbox.Fail, TestsRun: 1, Failures: 1, Fuel: 115652, Detail: "AssertionError (test.py:1)", Methods: []sandbox.Method{{Kind: sandbox.Fail}}}},
		},
		Truth:  map[int]Judged{0: {Right: true}, 1: {}},
		Hidden: []float32{1.5, -2},
		Choice: &Choice{0, -2.554128119, 1, "auto+public"},
		Notes:  map[Note]string{},

		Watched: map[problem.Origin]bool{},
	}
	for number := 1; number <= version; number++ {
		dir := oldRun(t, number)
		for range 2 { // the second time it is a run like others
			j, err := OpenFinished(t.Context(), dir)
			if err != nil {
				t.Fatalf("schema %d: %v", number, err)
			}
			if d := cmp.Diff(want, columns(t, j)); d != "" {
				t.Errorf("schema %d (-fresh +migrated):\n%s", number, d)
			}
			got, err := j.Load(t.Context(), 0)
			if d := cmp.Diff(state, got); d != "" || err != nil {
				t.Errorf("schema %d, %v (-written +read):\n%s", number, err, d)
			}
			if fp, err := j.Meta(t.Context()); err != nil || fp["seed"] != "1" || fp[schemaRow] != "" {
				t.Errorf("schema %d: settings %v, %v", number, fp, err)
			}
			j.Close()
		}
	}
}

// Tests of schema 2 get their kinds and origins, and keep their verdicts.
func TestMigrateTests(t *testing.T) {
	old, err := os.ReadFile("testdata/schema2.sql")
	if err != nil {
		t.Fatal(err)
	}
	dir := database(t, string(old)+`
INSERT INTO test VALUES(0,-1,0,'assert','assert inc(2) == 3');
INSERT INTO test VALUES(0,-1,1,'assert',char(0)||'stdio'||char(0)||'["1\u0000\n","2","decimals"]');
INSERT INTO test VALUES(0,-1,2,'assert',char(0)||'other');
INSERT INTO verdict VALUES(0,-1,1,0,'pass',1,0,0,7,'',0,'');
INSERT INTO sample VALUES(0,3,0,0,'given',0.0,'','',-1,'','','');
INSERT INTO test VALUES(0,3,0,'stdio',char(0)||'stdio'||char(0)||'["","é"]');
INSERT INTO test VALUES(0,3,1,'unittest','class T: pass');
INSERT INTO verdict VALUES(0,3,0,1,'fail',1,1,0,8,'',0,'');
`)
	j, err := OpenFinished(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	got, err := j.Load(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	public := func(part int) problem.Origin { return problem.Origin{Source: problem.Public, Part: part} }
	wantPublic := []Test{
		{public(0), problem.Test{Kind: problem.Assert, Code: "assert inc(2) == 3"}},
		{public(1), problem.Test{Kind: problem.Stdio, Input: "1\x00\n", Expected: "2", Compare: problem.Checker{Kind: problem.CheckDecimals}}},
		{public(2), problem.Test{Kind: problem.Assert, Code: "\x00other"}},
	}
	if d := cmp.Diff(wantPublic, got.Public); d != "" {
		t.Errorf("public tests (-want +got):\n%s", d)
	}
	wantGiven := []Test{
		{problem.Origin{Generation: 3}, problem.StdioTest("", "é")},
		{problem.Origin{Generation: 3, Part: 1}, problem.PythonTest("class T: pass")},
	}
	if len(got.Samples) != 2 || !cmp.Equal(wantGiven, got.Samples[1].Tests) {
		t.Errorf("samples %+v", got.Samples)
	}
	found := map[problem.Origin]sandbox.Kind{}
	for _, c := range got.Cells[2:] {
		found[c.Origin] = c.Verdict.Kind
	}
	if want := map[problem.Origin]sandbox.Kind{public(1): sandbox.Pass, {Generation: 3}: sandbox.Fail}; !cmp.Equal(want, found) {
		t.Errorf("verdicts %v, want %v", found, want)
	}
}

// An older run goes on if it is the same run, and is not touched if it is not.
func TestResumeOlder(t *testing.T) {
	dir := oldRun(t, 1)
	path := filepath.Join(dir, Name)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	same := Fingerprint{
		"fuel": "4000000000", "give up": "10", "memory": "536870912", "output": "1048576", "seed": "1",
		"problems":  "a06ee387d762c2f48db4593f63d403d54248b87667f59d4ef46cef9185724036",
		"solutions": "f53c859d868b46744bdadd0c5b3bb686e7f31c9026a99904bfa6669c4adf1cf1",
		"tests":     "c3220855c5d8acd3e2b82a3fd0d0dff4cf31625c0edbf682c6fd4083e5333d1b",
	}
	if err := check(t.Context(), dir, same); err != nil {
		t.Errorf("checking the same run: %v", err)
	}
	now := Fingerprint{"guest": "abc"}
	for k, v := range same {
		now[k] = v
	}
	var mismatch *MismatchError
	if err := check(t.Context(), dir, now); !errors.As(err, &mismatch) || !cmp.Equal(mismatch.Diffs, []string{"guest: was none, now abc"}) {
		t.Errorf("checking a run without its guest's digest: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a check changed the file, %v", err)
	}
	if _, err := begin(t.Context(), dir, now); !errors.As(err, &mismatch) {
		t.Errorf("opening another run: %v", err)
	}
	j := open1(t, dir, same)
	defer j.Close()
	if found, err := schemaOf(t.Context(), j.db); !j.Resumed || found != version || err != nil {
		t.Errorf("resumed %v with schema %d, %v", j.Resumed, found, err)
	}
}

// What is no journal of ours is not touched, and nothing waits for it.
func TestForeignFiles(t *testing.T) {
	make1 := func(t *testing.T, fn func(path string) error) string {
		dir := t.TempDir()
		if err := fn(filepath.Join(dir, Name)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for name, dir := range map[string]string{
		"another program's database": database(t, "CREATE TABLE foo(x)"),
		"a database with settings":   database(t, "CREATE TABLE meta(name, value); INSERT INTO meta VALUES ('schema', '7')"),
		"another kind of settings":   database(t, "CREATE TABLE meta(k, v)"),
		"another application":        database(t, "PRAGMA application_id = 1196444487; PRAGMA user_version = 1"),
		"text":                       make1(t, func(path string) error { return os.WriteFile(path, []byte("this is no database at all"), 0o644) }),
		"short text":                 make1(t, func(path string) error { return os.WriteFile(path, []byte("SQLite"), 0o644) }),
		"a folder":                   make1(t, func(path string) error { return os.Mkdir(path, 0o755) }),
		"a pipe":                     make1(t, func(path string) error { return unix.Mkfifo(path, 0o644) }),
		"a link to nowhere":          make1(t, func(path string) error { return os.Symlink("nowhere", path) }),
		"a device":                   make1(t, func(path string) error { return os.Symlink("/dev/zero", path) }),
	} {
		path := filepath.Join(dir, Name)
		before, _ := os.Lstat(path)
		_, openErr := begin(t.Context(), dir, Fingerprint{})
		_, readErr := OpenFinished(t.Context(), dir)
		if checkErr := check(t.Context(), dir, Fingerprint{}); !errors.Is(checkErr, ErrForeign) || !errors.Is(openErr, ErrForeign) || !errors.Is(readErr, ErrNoRun) {
			t.Errorf("%s:\nchecked: %v\nopened: %v\nread: %v", name, checkErr, openErr, readErr)
		} else if !strings.HasPrefix(checkErr.Error(), path+" is ") {
			t.Errorf("%s: %v", name, checkErr)
		}
		after, _ := os.Lstat(path)
		if before.ModTime() != after.ModTime() || before.Size() != after.Size() || before.Mode() != after.Mode() {
			t.Errorf("%s was touched", name)
		}
	}
	pipe := make1(t, func(path string) error { return unix.Mkfifo(path, 0o644) })
	if err := check(t.Context(), filepath.Join(pipe, Name), nil); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a pipe for a folder: %v", err)
	}
}

// Files that a killed process may leave are new runs.
func TestNothingRecorded(t *testing.T) {
	empty := t.TempDir()
	if err := os.WriteFile(filepath.Join(empty, Name), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"an empty file": empty, "a database without tables": database(t, "PRAGMA journal_mode = WAL; VACUUM")} {
		if err := check(t.Context(), dir, Fingerprint{}); err != nil {
			t.Errorf("checking %s: %v", name, err)
		}
		if _, err := OpenFinished(t.Context(), dir); !errors.Is(err, ErrNoRun) {
			t.Errorf("reading %s: %v", name, err)
		}
		j := open1(t, dir, Fingerprint{})
		if j.Resumed {
			t.Errorf("%s is resumed", name)
		}
		j.Close()
	}
}

// A process that was killed in the middle of making the database leaves a journal to
// be rolled back, and no run.
func TestKilledWhileMaking(t *testing.T) {
	making, left := t.TempDir(), t.TempDir()
	db, err := sql.Open("sqlite3", filepath.Join(making, Name))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, step := range []string{"PRAGMA cache_size = 5", "VACUUM", "BEGIN", "CREATE TABLE t(x)",
		"WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 500) INSERT INTO t SELECT randomblob(1000) FROM n"} {
		if _, err := db.Exec(step); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{Name, Name + "-journal"} {
		b, err := os.ReadFile(filepath.Join(making, name))
		if err != nil || len(b) == 0 {
			t.Fatalf("%s: %d bytes, %v", name, len(b), err)
		}
		if err := os.WriteFile(filepath.Join(left, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	j := open1(t, left, Fingerprint{})
	defer j.Close()
	if j.Resumed {
		t.Error("it is resumed")
	}
}

func TestNewerSchema(t *testing.T) {
	dir := t.TempDir()
	j := open1(t, dir, Fingerprint{})
	if _, err := j.db.Exec(fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		t.Fatal(err)
	}
	j.Close()
	_, openErr := begin(t.Context(), dir, Fingerprint{})
	_, readErr := OpenFinished(t.Context(), dir)
	want := fmt.Sprintf("written by a newer version of this program (schema %d, this one knows %d)", version+1, version)
	for _, err := range []error{openErr, readErr, check(t.Context(), dir, Fingerprint{})} {
		var e *FileError
		if !errors.As(err, &e) || !strings.Contains(e.Reason, want) {
			t.Errorf("%v, want …%s…", err, want)
		}
	}
}

// A journal that is damaged in its middle is refused before anything is added,
// and reading it says so.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	j := open1(t, dir, Fingerprint{})
	for g := range 100 {
		if err := j.AddSample(t.Context(), 0, Sample{Generation: g, Sampled: problem.Sampled{Completion: strings.Repeat("x", 3000)}}); err != nil {
			t.Fatal(err)
		}
	}
	j.Close()
	path := filepath.Join(dir, Name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	overwritten := bytes.Clone(b)
	copy(overwritten[len(b)/3:2*len(b)/3], bytes.Repeat([]byte("damage"), len(b)/18))
	for name, content := range map[string][]byte{"overwritten": overwritten, "cut off": b[:len(b)/2], "its beginning alone": b[:300]} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		var e *FileError
		if err := check(t.Context(), dir, Fingerprint{}); !errors.As(err, &e) || !strings.Contains(err.Error(), path+" is damaged (") {
			t.Errorf("%s: checked: %v", name, err)
		}
		r, err := OpenFinished(t.Context(), dir)
		if err == nil {
			_, err = r.Load(t.Context(), 0)
			r.Close()
		}
		if !errors.As(err, &e) || !strings.Contains(err.Error(), path+" is damaged (") {
			t.Errorf("%s: read: %v", name, err)
		}
	}
}

// ordinary is set in the process that asOrdinary starts.
const ordinary = "CODERM_TEST_ORDINARY"

// asOrdinary runs the test in another process, for which a folder's permissions
// hold although it is root's.
func asOrdinary(t *testing.T) {
	t.Helper()
	done := make(chan error)
	var out []byte
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with what it gave up
		err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_DAC_OVERRIDE, 0, 0, 0)
		if err == nil {
			c := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
			c.Env = append(os.Environ(), ordinary+"=1")
			out, err = c.CombinedOutput()
		}
		done <- err
	}()
	if err := <-done; err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// A finished run is read where nothing can be written, an older one says why not.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	if os.Geteuid() == 0 && os.Getenv(ordinary) == "" {
		asOrdinary(t)
		return
	}
	open1(t, dir, Fingerprint{"seed": "1"}).Close()
	old := oldRun(t, 1)
	for _, d := range []string{dir, old} {
		if err := os.Chmod(d, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(d, 0o755)
	}
	j, err := OpenFinished(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if fp, err := j.Meta(t.Context()); err != nil || fp["seed"] != "1" {
		t.Errorf("Meta = %v, %v", fp, err)
	}
	if _, err := OpenFinished(t.Context(), old); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("an older run: %v", err)
	}
	if err := check(t.Context(), dir, Fingerprint{"seed": "1"}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("going on: %v", err)
	}
}

// JSON in it that no run of ours wrote is damage, too.
func TestDamagedContent(t *testing.T) {
	for _, table := range []string{"problem", "solution"} {
		dir := t.TempDir()
		j := open1(t, dir, Fingerprint{})
		if _, err := j.db.Exec("UPDATE " + table + " SET json = '{'"); err != nil {
			t.Fatal(err)
		}
		_, err := j.Input(t.Context(), 0)
		var e *FileError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), e.Path+" is damaged (") {
			t.Errorf("%s: %v", table, err)
		}
		j.Close()
	}
}

package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/testkit"
	"coderm/problem"
)

// aliasNames are the variables of a random program: of each function, and of the
// test.
const aliasNames = "abcd"

// aliasValue draws an expression: a new container of variables, or a variable.
func aliasValue(t *rapid.T, class string) string {
	name := func() string { return string(rapid.SampledFrom([]byte(aliasNames)).Draw(t, "name")) }
	n := rapid.IntRange(0, 300).Draw(t, "n")
	switch rapid.IntRange(0, 9).Draw(t, "value") {
	case 0:
		return fmt.Sprintf("[%s, %s]", name(), name())
	case 1:
		return fmt.Sprintf("{'k': %s, %d: %s}", name(), n, name())
	case 2:
		return fmt.Sprintf("(%s, %d)", name(), n)
	case 3:
		return fmt.Sprintf("deque([%s], maxlen=%d)", name(), 3+n%3)
	case 4:
		return fmt.Sprintf("%s(%s)", class, name())
	case 5:
		return fmt.Sprintf("{%d, %d}", n, n+17)
	case 6:
		return fmt.Sprintf("bytearray([%d])", n%256)
	case 7:
		return strconv.Itoa(n * n)
	default:
		return name()
	}
}

// aliasSteps draws statements over the variables, one level in. The functions of
// parts.py that they call have names that start with prefix.
func aliasSteps(t *rapid.T, most int, prefix string, extra ...string) string {
	var b strings.Builder
	name := func() string { return string(rapid.SampledFrom([]byte(aliasNames)).Draw(t, "name")) }
	kinds := append([]string{"put", "put", "take", "drop", "turn", "new", "pair"}, extra...)
	for range rapid.IntRange(0, most).Draw(t, "steps") {
		n := rapid.IntRange(0, 5).Draw(t, "n")
		x, y := name(), name()
		switch kind := rapid.SampledFrom(kinds).Draw(t, "step"); kind {
		case "take":
			fmt.Fprintf(&b, "    %s = %stake(%s, %d)\n", x, prefix, y, n)
		case "drop":
			fmt.Fprintf(&b, "    %sdrop(%s, %d)\n", prefix, x, n)
		case "turn":
			fmt.Fprintf(&b, "    %sturn(%s)\n", prefix, x)
		case "new":
			fmt.Fprintf(&b, "    %s = %s\n", x, aliasValue(t, "Box"))
		case "pair":
			fmt.Fprintf(&b, "    %sput(%s, (%s, %s))\n", prefix, x, y, x)
		case "keep":
			fmt.Fprintf(&b, "    kept.append(%s)\n", x)
		case "kept":
			fmt.Fprintf(&b, "    if kept: %s = kept[%d %% len(kept)]\n", x, n)
		case "call":
			fmt.Fprintf(&b, "    if callback: %s = callback(%s)\n", x, y)
		case "raise":
			fmt.Fprintf(&b, "    if len(kept) > %d: raise Stop(%s)\n", n, x)
		default:
			fmt.Fprintf(&b, "    %sput(%s, %s)\n", prefix, x, y)
		}
	}
	return b.String()
}

// aliasProgram draws a solution of two functions and a test that calls them with
// containers that share parts, and changes them between the calls. Where it ends,
// said is what the test can reach, identities included.
func aliasProgram(t *rapid.T, solution, test string) (string, string) {
	name := func() string { return string(rapid.SampledFrom([]byte(aliasNames)).Draw(t, "name")) }
	for _, f := range []string{"f", "g"} {
		solution += fmt.Sprintf("\ndef %s(a, b, callback=None):\n    c, d = [], {}\n%s    return %s\n",
			f, aliasSteps(t, 8, "", "keep", "kept", "call", "raise"), aliasValue(t, "Box"))
	}
	test += "\ndef run():\n    a, b, c, d = [], {}, [1, 'x'], deque()\n"
	for _, x := range aliasNames {
		test += fmt.Sprintf("    %c = %s\n", x, aliasValue(t, "Crate"))
	}
	results := []string{}
	for i := range rapid.IntRange(1, 4).Draw(t, "calls") {
		test += aliasSteps(t, 3, "my_")
		r := fmt.Sprintf("r%d", i)
		f, more := rapid.SampledFrom([]string{"f", "g"}).Draw(t, "f"), rapid.SampledFrom([]string{"", ", hand"}).Draw(t, "callback")
		test += fmt.Sprintf("    try:\n        %s = %s(%s, %s%s)\n    except Stop as e:\n        %s = e.args[0]\n", r, f, name(), name(), more, r)
		results = append(results, r)
		if rapid.Bool().Draw(t, "assigned") {
			test += fmt.Sprintf("    %s = %s\n", name(), r)
		}
	}
	return solution, test + fmt.Sprintf("    return show(%s, a, b, c, d, held, kept)\nsaid = run()\n", strings.Join(results, ", "))
}

// native asks a running native.py what it finds.
type native struct {
	in  io.Writer
	out *bufio.Reader
}

func startNative(t testing.TB) native {
	cmd := exec.Command(testkit.Python(t), "testdata/aliases/native.py")
	cmd.Env = append(os.Environ(), "PYTHONHASHSEED=0")
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
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return native{in, bufio.NewReader(out)}
}

func (n native) said(solution, test string) (string, error) {
	line, err := json.Marshal([]string{solution, test})
	if err != nil {
		return "", err
	}
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		return "", err
	}
	answer, err := n.out.ReadBytes('\n')
	if err != nil {
		return "", err
	}
	var said string
	return said, json.Unmarshal(answer, &said)
}

// checkAliases is a property: a random program finds the same objects, and the same
// parts shared between them, as in native CPython.
func checkAliases(t testing.TB, o Options) func(rt *rapid.T) {
	text := func(name string) string {
		b, err := os.ReadFile("testdata/aliases/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	parts := "\n\n" + text("parts.py")
	solutionHead, testHead := text("solution.py")+parts, text("test.py")+strings.ReplaceAll(parts, "def ", "def my_")
	python, s, ctx := startNative(t), newSandbox(t, o), t.Context()
	return func(rt *rapid.T) {
		solution, test := aliasProgram(rt, solutionHead, testHead)
		want, err := python.said(solution, test)
		if err != nil {
			rt.Fatal(err)
		}
		if strings.HasPrefix(want, "! ") {
			rt.Skip("natively", want)
		}
		v, err := s.Run(ctx, Pair{solution, problem.PythonTest(test + "\nassert said == " + strconv.QuoteToASCII(want) + ", said\n")}, hostileLimits)
		if err != nil {
			rt.Fatal(err)
		}
		if v.Kind != Pass {
			rt.Fatalf("%v (%s), want %s, of\n%s\n# test\n%s", v.Kind, v.Detail, want, solution, test)
		}
	}
}

func TestAliases(t *testing.T) {
	rapid.Check(t, checkAliases(t, Options{Workers: 2}))
}

// FuzzAliases begins with inputs that are long enough for whole programs.
func FuzzAliases(f *testing.F) {
	random := rand.New(rand.NewChaCha8([32]byte{}))
	for range 16 {
		input := make([]byte, 16<<10)
		for i := range input {
			input[i] = byte(random.Uint32())
		}
		f.Add(input)
	}
	f.Fuzz(rapid.MakeFuzz(checkAliases(f, Options{Workers: 1})))
}

package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/sandbox"
)

// prelude is what values of the table below are made with.
const prelude = `
import collections, dataclasses, datetime, decimal, enum, fractions, functools, itertools, math, re, types
class A:
    def __init__(self, *a): self.a = a
    def m(self): pass
class Slots:
    __slots__ = "x", "y"
    def __init__(self, x): self.x = x
@dataclasses.dataclass
class Point:
    x: int
    y: int = 2
class Color(enum.Enum):
    RED = 1
class Size(enum.IntEnum):
    S = 1
class L(list):
    def __repr__(self): return "no"
    def __iter__(self): return iter("no")
    def __len__(self): return 0
    def __eq__(self, other): return True
class D(dict):
    def items(self): return []
class S(str):
    def encode(self, *a): return b"no"
class I(int):
    def __int__(self): return 5
    def __index__(self): return 5
class Mine(Exception): pass
class It:
    def __init__(self): self.n = 3
    def __iter__(self): return self
    def __next__(self): raise KeyError
P = collections.namedtuple("P", "x y")
def gen(n):
    for k in range(n): yield k
def bad():
    yield 1
    raise KeyError
def nested(n):
    x = []
    for _ in range(n): x = [x]
    return x
def loop():
    x = [1]; x.append(x); return x
def twisted():
    d = {}; t = (d, [d]); d["t"] = t; return t
def knot():
    a = A(); a.a = [a]; return a
`

// values are expressions that the program returns the value of.
var values = []string{
	`1`, `1.0`, `True`, `-0.0`, `1.0000001`, `0.1 + 0.2`, `-1.5`, `1e-7`, `2.5e-6`, `1e20`, `10**400`, `10**4299`, `-7`, `math.inf`, `-math.inf`, `math.nan`, `1j`, `1 + 0j`,
	`None`, `''`, `'é\ud800'`, `'a' * 3_000_000`, `b'a\0'`, `bytearray(b'a')`, `memoryview(b'ab')`, `...`, `NotImplemented`,
	`[]`, `()`, `{}`, `set()`, `frozenset()`, `[1, (2, [3])]`, `{3, 1, 2}`, `{1: 2, 'a': [1]}`, `{True: 1, 'z': None, (1, 2): {1.5}}`, `{frozenset({1}), frozenset({2})}`, `{math.nan}`,
	`[[1, 2], [1, 2]]`, `[[]] * 3`, `list(range(400_000))`, `('x',) * 300_000`, `[['ab'] * 100_000] * 10`, `nested(49)`, `nested(50)`, `nested(51)`, `nested(300)`,
	`loop()`, `twisted()`, `knot()`, `[loop(), loop()]`,
	`A()`, `A(1, [2])`, `A(A(1))`, `Slots(3)`, `Point(1)`, `[Point(1, 3)]`, `Color.RED`, `Size.S`, `P(1, 2)`, `L([1, 2])`, `D({1: 2})`, `S('abc')`, `I(3)`, `{L: 1}`,
	`collections.Counter('aab')`, `collections.OrderedDict([(2, 1), (1, 2)])`, `collections.defaultdict(list, {1: [2]})`, `collections.deque([1, 2], maxlen=3)`,
	`decimal.Decimal('1.50')`, `decimal.Decimal('NaN')`, `decimal.Decimal('1E+3')`, `decimal.Decimal('-0.0000015')`, `fractions.Fraction(1, 3)`, `fractions.Fraction(4, 2)`, `fractions.Fraction(-1, 10**9)`,
	`datetime.date(2024, 2, 29)`, `datetime.timedelta(1, 2, 3)`, `range(3)`, `range(0, 5, 2)`, `range(0, 6, 2)`, `range(0)`, `range(7, 8, 9)`, `slice(1, None)`,
	`gen(3)`, `gen(1000)`, `gen(2000)`, `bad()`, `itertools.count()`, `iter([1, 2])`, `map(str, [1])`, `filter(None, [0, 1])`, `zip('ab', [1, 2])`, `enumerate('ab')`, `reversed([1, 2])`, `(x for x in [])`, `[gen(2), 1]`, `It()`, `itertools.chain([1], 'a')`,
	`{1: 2}.keys()`, `{1: [2]}.items()`, `collections.Counter('ab').most_common()`,
	`f`, `math`, `len`, `A().m`, `A`, `int`, `lambda: 1`, `ValueError('x', 1)`, `Mine(2)`, `object()`, `A.__init__`,
	`1 / 0`, `[][0]`, `{}['a']`, `int('x')`, `A().b`, `undefined`, `nested(10**6) == nested(10**6)`,
}

// A digest is that of the form which the documentation describes: what a native
// interpreter computes by it of the same value.
func TestObservedValues(t *testing.T) {
	var programs []string
	for _, v := range values {
		programs = append(programs, prelude+"def f(): return "+v+"\n")
	}
	in, err := json.Marshal(programs)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(testkit.Python(t), "testdata/observe/form.py")
	c.Stdin = strings.NewReader(string(in))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	if err := json.Unmarshal(out, &want); err != nil || len(want) != len(values) {
		t.Fatal(err)
	}
	rows := observe(t, programs, []string{"f()"}, sandbox.DefaultLimits())
	for i, v := range values {
		o := rows[i][0]
		if got := fmt.Sprintf("%x", o.Digest); got != want[i] {
			t.Errorf("%s: %s %q with the digest %s, natively %s", v, o.Ending, o.Text, got, want[i])
		}
	}
}

func observe(t testing.TB, programs, calls []string, lim sandbox.Limits) [][]problem.Observation {
	t.Helper()
	rows, _, err := open(t, sandbox.Options{}).Observe(context.Background(), programs, calls, lim)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

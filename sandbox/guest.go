package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// guestZst is CPython with the standard library, the driver and an in-memory
// WASI, as a WebAssembly module (scripts/build-guest.sh).
//
//go:embed guest/guest.wasm.zst
var guestZst []byte

// PythonVersion is that of the guest's CPython.
const PythonVersion = "3.13.5"

// GuestDigest is the SHA-256 of the guest, in hex: verdicts of the same pair
// under another guest may differ.
func GuestDigest() string { return guestDigest() }

var guestDigest = sync.OnceValue(func() string {
	sum := sha256.Sum256(guestZst)
	return hex.EncodeToString(sum[:])
})

func guestWasm() ([]byte, error) {
	d, err := zstd.NewReader(nil)
	if err != nil {
		return nil, fmt.Errorf("guest: %w", err)
	}
	defer d.Close()
	wasm, err := d.DecodeAll(guestZst, nil)
	if err != nil {
		return nil, fmt.Errorf("guest: unpack: %w", err)
	}
	return wasm, nil
}

// sourceKind tells the guest's compiler what a text is.
type sourceKind uint64

const (
	solutionSource sourceKind = iota
	testSource
	programSource // run as __main__ with a standard input
	callSource    // an expression whose value is observed
)

// guest is one running instance of the guest and its exports. See
// docs/sandbox.md for the contract between the two sides.
type guest struct {
	*wasmtime.Instance
	mem   *wasmtime.Memory
	space *cow.Space // over mem; nil while it boots

	boot, alloc, output, compile, load, run *wasmtime.Func
	enter, ready, serve, judge, inbox, room *wasmtime.Func // apart.go

	file  *wasmtime.Func // program.go
	shown *shown         // takes what the program shows; nil: nobody wants it

	pair    *pair  // who is on the other side
	inboxAt uint32 // address and size of the inbox are here

	starting bool // work of ours, which the clock does not count

	nonce   uint64
	verdict []byte // the record sent during the present call, nil before
}

// stackPointer is the guest's only mutable global.
const stackPointer = "__stack_pointer"

// newGuest makes an instance over mem.
func newGuest(m *wasmtime.Module, mem *wasmtime.Memory, space *cow.Space, limit *wasmtime.Deadline) (*guest, error) {
	g := &guest{mem: mem, space: space}
	host := wasmtime.Host{"coderm.verdict": g.takeVerdict, "coderm.fuel": g.tellFuel,
		"coderm.call": g.call, "coderm.refuse": g.refuse, "coderm.aside": g.aside, "coderm.show": g.takeShown}
	var err error
	if g.Instance, err = m.Instantiate(mem, limit, host); err != nil {
		return nil, err
	}
	for name, f := range map[string]**wasmtime.Func{
		"boot": &g.boot, "alloc": &g.alloc, "limit": &g.output, "compile": &g.compile,
		"load": &g.load, "program": &g.run,
		"enter": &g.enter, "ready": &g.ready, "serve": &g.serve, "judge": &g.judge, "inbox": &g.inbox, "room": &g.room,
		"file": &g.file,
	} {
		if *f, err = g.Func(name); err != nil {
			g.Close()
			return nil, err
		}
	}
	at, _, err := g.Call(g.inbox, wasmtime.Budget{Fuel: 1 << 20, Ticks: 1 << 20})
	if err != nil {
		g.Close()
		return nil, err
	}
	g.inboxAt = uint32(at)
	return g, nil
}

// step makes a call that is a part of another's budget.
func (g *guest) step(f *wasmtime.Func, b *wasmtime.Budget, args ...uint64) error {
	failed, fuel, err := g.Call(f, *b, args...)
	b.Fuel -= min(fuel, b.Fuel)
	if err == nil && uint32(failed) != 0 {
		err = errNoMemory
	}
	return err
}

// takeVerdict is the guest's one way out: verdict(nonce, ptr, len).
// Only the first record with the call's own nonce counts.
func (g *guest) takeVerdict(args []wasmtime.Raw) error {
	if args[0].I64() != g.nonce || g.verdict != nil {
		return nil
	}
	mem := g.mem.Bytes()
	at, n := uint64(args[1].I32()), uint64(args[2].I32())
	if at+n > uint64(len(mem)) || n > maxRecord {
		return errors.New("verdict outside the memory")
	}
	g.verdict = append(make([]byte, 0, n), mem[at:at+n]...)
	return nil
}

// tellFuel answers fuel() with what the present call has used; the guest's clock
// moves by it.
func (g *guest) tellFuel(args []wasmtime.Raw) error {
	if p := g.pair; p != nil && (p.judge == nil || g == p.judge.guest) {
		p.alone = true
	}
	if g.starting {
		args[0].SetI64(0)
		return nil
	}
	used := g.Used()
	if g.pair != nil {
		used -= g.pair.aside // what its copies have used is not its time
	}
	args[0].SetI64(used)
	return nil
}

// newNonce readies the guest for one call that ends in a verdict. It comes before all
// of that call's steps: where one fails, the verdict of the call before must be gone.
func (g *guest) newNonce() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	g.nonce, g.verdict = binary.LittleEndian.Uint64(b[:]), nil
	return g.nonce
}

// put copies data into a fresh buffer of the guest's.
func (g *guest) put(data []byte, b *wasmtime.Budget) (uint64, error) {
	p, fuel, err := g.Call(g.alloc, *b, uint64(len(data)))
	b.Fuel -= min(fuel, b.Fuel)
	if err != nil {
		return 0, err
	}
	mem := g.mem.Bytes()
	at := uint64(uint32(p))
	if at == 0 || at+uint64(len(data)) > uint64(len(mem)) {
		return 0, errNoMemory
	}
	copy(mem[at:], data)
	g.space.Own(int(at), len(data))
	return at, nil
}

var errNoMemory = errors.New("sandbox: the guest has no memory for its input")

// setOutput sets how much the next run may print.
func (g *guest) setOutput(bytes int64, b *wasmtime.Budget) error {
	_, fuel, err := g.Call(g.output, *b, uint64(bytes))
	b.Fuel -= min(fuel, b.Fuel)
	return err
}

package sandbox

import (
	"bytes"
	"encoding/binary"
	"testing"

	"coderm/sandbox/internal/wasmtime"
)

func newTestMemory(t testing.TB) *wasmtime.Memory {
	t.Helper()
	mem, err := wasmtime.NewMemory(wasmPage)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mem.Close() })
	return mem
}

func rawArgs(nonce uint64, at, n uint32) []wasmtime.Raw {
	args := make([]wasmtime.Raw, 3)
	args[0].SetI64(nonce)
	args[1].SetI32(at)
	args[2].SetI32(n)
	return args
}

// section writes one section of a module.
func section(id byte, body ...byte) []byte {
	return append(binary.AppendUvarint([]byte{id}, uint64(len(body))), body...)
}

// wasmModule joins sections.
func wasmModule(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), bytes.Join(sections, nil)...)
}

func TestSplitGuest(t *testing.T) {
	custom := section(0, 4, 'n', 'a', 'm', 'e')
	types := section(1, 1, 0x60, 0, 0)
	memory := section(5, 1, 0, 2)
	// Two segments: 3 bytes at 300, 1 byte at 65536.
	data := section(11, 2, 0, 0x41, 0xac, 0x02, 0x0b, 3, 'a', 'b', 'c', 0, 0x41, 0x80, 0x80, 0x04, 0x0b, 1, 'z')
	g, err := splitGuest(wasmModule(custom, types, memory, section(12, 2), data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g.code, wasmModule(types, memory)) {
		t.Errorf("code is %x", g.code)
	}
	if g.size != 2*wasmPage || len(g.data) != 2 ||
		g.data[0].at != 300 || string(g.data[0].bytes) != "abc" || g.data[1].at != 65536 || string(g.data[1].bytes) != "z" {
		t.Errorf("%d bytes, %v", g.size, g.data)
	}
}

func TestSplitGuestRefuses(t *testing.T) {
	memory := section(5, 1, 0, 2)
	for name, wasm := range map[string][]byte{
		"no module":       []byte("hello, world"),
		"cut section":     append(wasmModule(memory), 11, 50, 1),
		"two memories":    wasmModule(section(5, 2, 0, 1, 0, 1)),
		"shared memory":   wasmModule(section(5, 1, 3, 1, 1)),
		"start function":  wasmModule(memory, section(8, 0)),
		"passive segment": wasmModule(memory, section(11, 1, 1, 1, 'a')),
		"segment outside": wasmModule(memory, section(11, 1, 0, 0x41, 0x80, 0x80, 0x08, 0x0b, 1, 'a')),
		"endless number":  wasmModule(memory, section(11, 1, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x0b, 0)),
	} {
		if _, err := splitGuest(wasm); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzSplitGuest(f *testing.F) {
	f.Add(wasmModule(section(5, 1, 0, 2), section(11, 1, 0, 0x41, 1, 0x0b, 1, 'a')))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := splitGuest(b)
		if err != nil {
			return
		}
		for _, s := range g.data {
			if int(s.at)+len(s.bytes) > g.size {
				t.Errorf("segment at %d of %d bytes in a memory of %d", s.at, len(s.bytes), g.size)
			}
		}
	})
}

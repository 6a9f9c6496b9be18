package cow

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"coderm/internal/testkit"
)

// newMapping reserves room for total bytes of which size are accessible.
func newMapping(t testing.TB, size, total int) []byte {
	t.Helper()
	m, err := unix.Mmap(-1, 0, total, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(m) })
	if err := unix.Mprotect(m[:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRestore writes at random between checkpoints and restores, and compares
// all memory with a plain copy: with tracking, and with remapping.
func TestRestore(t *testing.T) {
	for name, fresh := range map[string]bool{"tracking": false, "fresh": true} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) { checkRestore(t, rt, fresh) })
		})
	}
}

func checkRestore(t *testing.T, rt *rapid.T, fresh bool) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const imagePages, startPages, maxPages = 40, 64, 96
	content := make([]byte, imagePages*PageSize)
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
	for i := range content {
		content[i] = byte(rnd.Uint32())
	}
	below, err := NewImage(len(content), []Part{{0, content[:9000]}, {9000, content[9000:]}})
	if err != nil {
		rt.Fatal(err)
	}
	defer below.Close()
	var parts []Part // of pages that are others
	for n := range imagePages {
		if page := content[n*PageSize:][:PageSize]; rnd.IntN(4) == 0 {
			page[rnd.IntN(PageSize)]++
			parts = append(parts, Part{n * PageSize, page})
		}
	}
	im, err := below.Over(parts)
	if err != nil {
		rt.Fatal(err)
	}
	defer im.Close()
	mapping := newMapping(t, startPages*PageSize, maxPages*PageSize)
	s, err := NewSpace(im, mapping[:startPages*PageSize], fresh)
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Close()

	pristine := make([]byte, startPages*PageSize)
	copy(pristine, content)
	wants := [][]byte{pristine} // a checkpoint's contents over those of the one before
	size := startPages
	for range rapid.IntRange(1, 80).Draw(rt, "steps") {
		switch op := rapid.IntRange(0, 9).Draw(rt, "op"); {
		case op < 6: // a run: writes, sometimes grows
			s.Use()
			for range rnd.IntN(30) {
				mapping[rnd.IntN(size*PageSize)] ^= byte(rnd.Uint32())
			}
			if op == 0 && size < maxPages {
				size++
				unix.Mprotect(mapping[:size*PageSize], unix.PROT_READ|unix.PROT_WRITE)
				mapping[size*PageSize-1] = 7
			}
			s.Wrote()
			if err := s.SetSize(mapping[:size*PageSize]); err != nil {
				rt.Fatal(err)
			}
			continue
		case op == 6:
			room := rapid.SampledFrom([]int{20, maxPages}).Draw(rt, "room") * PageSize
			saved := s.Saved()
			kept, err := s.Checkpoint(room)
			if err != nil {
				rt.Fatal(err)
			}
			if more := s.Saved() - saved; more > room || !kept && (room == maxPages*PageSize || more > 0) {
				rt.Fatalf("kept %v, %d bytes of %d", kept, more, room)
			}
			if kept {
				wants = append(wants, bytes.Clone(mapping[:size*PageSize]))
				continue
			}
		case op == 7 && len(wants) > 1:
			if err := s.Uncheck(); err != nil {
				rt.Fatal(err)
			}
			wants = wants[:len(wants)-1]
		case op == 8 && rapid.Bool().Draw(rt, "forget"):
			if err := s.Forget(); err != nil {
				rt.Fatal(err)
			}
			wants = wants[:1]
		}
		want := wants[len(wants)-1]
		if size*PageSize > s.Size() {
			size = s.Size() / PageSize
			unix.Mprotect(mapping[size*PageSize:], unix.PROT_NONE)
			if err := s.SetSize(mapping[:size*PageSize]); err != nil {
				rt.Fatal(err)
			}
		} else if size*PageSize < s.Size() {
			rt.Fatalf("size %d below the checkpoint's %d", size*PageSize, s.Size())
		}
		if err := s.Restore(); err != nil {
			rt.Fatal(err)
		}
		if got := mapping[:size*PageSize]; !bytes.Equal(got, want) {
			for i := range got {
				if got[i] != want[i] {
					rt.Fatalf("byte %d of page %d: %d, want %d", i%PageSize, i/PageSize, got[i], want[i])
				}
			}
		}
	}
}

// TestBigRunIsGivenBack writes more than is kept, and checks contents and count.
func TestBigRunIsGivenBack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const pages = 2 * maxOwned
	im, err := NewImage(pages*PageSize, []Part{{0, []byte("image")}})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	mem := newMapping(t, pages*PageSize, pages*PageSize)
	s, err := NewSpace(im, mem, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.pages == nil {
		testkit.Skip(t, testkit.NoPages)
	}
	s.Use()
	copy(mem[5*PageSize:], "checkpoint")
	s.Wrote()
	if kept, err := s.Checkpoint(pages * PageSize); err != nil || !kept {
		t.Fatal(kept, err)
	}
	s.Use()
	for n := range pages {
		mem[n*PageSize] = 'x'
	}
	s.Wrote()
	if err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	if string(mem[:5]) != "image" || string(mem[5*PageSize:][:10]) != "checkpoint" || mem[(pages-1)*PageSize] != 0 {
		t.Errorf("restored %q, %q, %d", mem[:5], mem[5*PageSize:][:10], mem[(pages-1)*PageSize])
	}
	if len(s.owned) > maxOwned {
		t.Errorf("%d pages are still owned", len(s.owned))
	}
}

// TestStore fills and empties the store beyond what stays mapped.
func TestStore(t *testing.T) {
	var s store
	defer s.close()
	for range 2 {
		const pages = keptStore/PageSize + 3
		for k := range pages {
			n, err := s.add(bytes.Repeat([]byte{byte(k)}, PageSize), int32(k)-1)
			if err != nil || n != int32(k) {
				t.Fatal(n, err)
			}
		}
		for k := range int32(pages) {
			if p := s.page(k); len(p) != PageSize || p[0] != byte(k) || p[PageSize-1] != byte(k) {
				t.Fatalf("page %d holds %d", k, p[0])
			}
		}
		if err := s.cut(0); err != nil {
			t.Fatal(err)
		}
		if s.size() != 0 || len(s.mapping) > keptStore {
			t.Errorf("emptied, %d bytes in %d", s.size(), len(s.mapping))
		}
	}
}

func BenchmarkRestore(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	im, err := NewImage(32<<20, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer im.Close()
	mapping := newMapping(b, 64<<20, 64<<20)
	for name, spread := range map[string]int{"same 200 pages": 1, "one page in ten new": 10} {
		for _, fresh := range []bool{false, true} {
			if fresh {
				name += ", fresh mapping"
			}
			b.Run(name, func(b *testing.B) {
				s, err := NewSpace(im, mapping, fresh)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				for i := range b.N {
					s.Use()
					for p := range 200 {
						if spread > 1 && p%spread == 0 {
							p = 200 + (i*20+p)%5000
						}
						mapping[p*PageSize]++
					}
					s.Wrote()
					if err := s.Restore(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

package sandbox

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// encodeRecord is the guest's side of parseRecord.
func encodeRecord(v Verdict) []byte {
	b := []byte{byte(v.Kind), recordVersion, 0, 0}
	for _, n := range []int{v.TestsRun, v.Failures, v.Errors, len(v.Detail)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	b = append(b, v.Detail...)
	entries := uint16(0)
	add := func(kind Kind, name string) {
		b = append(b, byte(kind), 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
		b = append(b, name...)
		entries++
	}
	in := ""
	for _, m := range v.Methods {
		class, name, ok := strings.Cut(m.Name, ".")
		if !ok {
			class, name = "", m.Name
		}
		if class != in {
			add(0, class)
		}
		in = class
		add(m.Kind, name)
	}
	binary.LittleEndian.PutUint16(b[2:], entries)
	return b
}

func TestRecordRoundTrip(t *testing.T) {
	for _, v := range []Verdict{
		{Kind: Pass, TestsRun: 1},
		{Kind: Fail, TestsRun: 2, Failures: 1, Detail: "AssertionError: 1 != 2", Methods: []Method{{"test_a", Pass}, {"test_b", Fail}}},
		{Kind: Pass, TestsRun: 3, Methods: []Method{{"B.test_a", Pass}, {"A.test_a", Pass}, {"test_a", Pass}}},
		{Kind: Crash, Detail: "é"},
	} {
		got, err := parseRecord(encodeRecord(v))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(v, got); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	}
}

// TestRecordRefused lists what a guest that lies might send.
func TestRecordRefused(t *testing.T) {
	good := encodeRecord(Verdict{Kind: Pass, TestsRun: 1, Detail: "x", Methods: []Method{{"m", Pass}}})
	change := func(at int, b byte) []byte {
		out := bytes.Clone(good)
		out[at] = b
		return out
	}
	for name, b := range map[string][]byte{
		"empty":                nil,
		"cut":                  good[:len(good)-1],
		"trailing byte":        append(bytes.Clone(good), 0),
		"infra":                change(0, byte(Infra)),
		"unknown kind":         change(0, 99),
		"unknown version":      change(1, 9),
		"pass without a test":  change(4, 0),
		"pass with a failure":  change(8, 1),
		"detail beyond record": change(19, 0xff),
		"too many methods":     change(2, 2),
		"method of no kind":    change(recordHead+1, 99),
		"method cut short":     change(recordHead+1+2, 9),
	} {
		if v, err := parseRecord(b); err == nil {
			t.Errorf("%s: accepted as %v", name, v)
		}
		// Nobody but the guest can have sent it, so it is no fault of ours.
		w := worker{guest: &guest{verdict: b}}
		if b == nil {
			w.guest.verdict = []byte{}
		}
		if v, err := w.outcome(nil, Limits{}); err != nil || v.Kind != Crash {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	w := worker{guest: &guest{verdict: good}}
	if v, err := w.failure(nil, Limits{}); err != nil || v.Kind != Crash {
		t.Errorf("a pass where no test ran: %v, %v", v, err)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(encodeRecord(Verdict{Kind: Pass, TestsRun: 1}))
	f.Add(encodeRecord(Verdict{Kind: Fail, TestsRun: 2, Failures: 1, Detail: "a\nb\xff", Methods: []Method{{"C.m", Fail}, {"C.m", Fail}, {"m", Pass}, {"C.m#2", Pass}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseRecord(b)
		if err != nil {
			return
		}
		if !guestMay(v.Kind) || v.Kind == Pass && v.TestsRun == 0 {
			t.Errorf("accepted %v", v)
		}
		seen := map[string]bool{}
		for _, m := range v.Methods {
			if seen[m.Name] || !guestMay(m.Kind) || !utf8.ValidString(m.Name) {
				t.Errorf("method %q of kind %v", m.Name, m.Kind)
			}
			seen[m.Name] = true
		}
		if !utf8.ValidString(v.Detail) || len(v.Detail) > 3*maxDetail || bytes.ContainsAny([]byte(v.Detail), "\n\r\x00") {
			t.Errorf("bad detail %q", v.Detail)
		}
	})
}

// FuzzTakeVerdict calls the host function as a guest under attack may.
func FuzzTakeVerdict(f *testing.F) {
	f.Add(uint64(7), uint32(0), uint32(20))
	f.Add(uint64(7), uint32(0xffffffff), uint32(0xffffffff))
	f.Add(uint64(8), uint32(0), uint32(0))
	mem := newTestMemory(f)
	f.Fuzz(func(t *testing.T, nonce uint64, at, n uint32) {
		g := &guest{mem: mem, nonce: 7}
		err := g.takeVerdict(rawArgs(nonce, at, n))
		inside := uint64(at)+uint64(n) <= uint64(len(mem.Bytes())) && n <= maxRecord
		switch {
		case nonce != 7 && (err != nil || g.verdict != nil):
			t.Errorf("a wrong nonce had an effect: %v, %v", err, g.verdict)
		case nonce == 7 && inside != (err == nil), nonce == 7 && inside && len(g.verdict) != int(n):
			t.Errorf("verdict(%d, %d): %v, %d bytes", at, n, err, len(g.verdict))
		}
		first := g.verdict
		if err == nil && first != nil {
			g.takeVerdict(rawArgs(7, 0, 1))
			if !bytes.Equal(first, g.verdict) {
				t.Error("a second verdict replaced the first")
			}
		}
	})
}

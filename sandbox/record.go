package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The verdict record, as the guest sends it, little endian:
//
//	u8 kind, u8 version, u16 entries, u32 tests run, u32 failures, u32 errors,
//	u32 length of detail, detail, then for each entry
//	u8 kind, u8 zero, u16 length of name, name
//
// An entry is a method, or, with a kind of 0, the class of the methods that
// follow it; without a name, those are functions.
const (
	recordVersion = 2
	recordHead    = 20
	maxRecord     = 1 << 20
)

var errRecord = errors.New("sandbox: the guest sent a malformed verdict")

// parseRecord reads a verdict record. The guest may be under the control of
// the program it runs, so nothing about b is taken for granted.
func parseRecord(b []byte) (Verdict, error) {
	if v, ok := parseObservation(b); ok {
		return v, nil
	}
	if len(b) < recordHead || len(b) > maxRecord {
		return Verdict{}, fmt.Errorf("%w: %d bytes", errRecord, len(b))
	}
	if b[1] != recordVersion {
		return Verdict{}, fmt.Errorf("%w: version %d", errRecord, b[1])
	}
	u32 := binary.LittleEndian.Uint32
	v := Verdict{
		Kind:     Kind(b[0]),
		TestsRun: int(u32(b[4:])),
		Failures: int(u32(b[8:])),
		Errors:   int(u32(b[12:])),
	}
	entries, detail := int(binary.LittleEndian.Uint16(b[2:])), u32(b[16:])
	b = b[recordHead:]
	if !guestMay(v.Kind) || uint64(detail) > uint64(len(b)) {
		return Verdict{}, errRecord
	}
	if v.Kind == Pass && (v.TestsRun == 0 || v.Failures+v.Errors != 0) {
		return Verdict{}, fmt.Errorf("%w: a pass with %d tests, %d failures, %d errors",
			errRecord, v.TestsRun, v.Failures, v.Errors)
	}
	v.Detail = oneLine(b[:detail])
	b = b[detail:]
	seen := make(names)
	class := ""
	for range entries {
		if len(b) < 4 {
			return Verdict{}, errRecord
		}
		kind, n := Kind(b[0]), int(binary.LittleEndian.Uint16(b[2:]))
		if int(kind) >= len(kindNames) || n > len(b)-4 {
			return Verdict{}, errRecord
		}
		name := oneLine(b[4 : 4+n])
		b = b[4+n:]
		switch {
		case kind != 0:
			v.Methods = append(v.Methods, Method{Name: seen.distinct(class + name), Kind: kind})
		case name == "":
			class = ""
		default:
			class = name + "."
		}
	}
	if len(b) != 0 {
		return Verdict{}, errRecord
	}
	return v, nil
}

// names counts how often each name was met.
type names map[string]int

// distinct returns the name, or a new one if it was met before: a column of the
// pass matrix is found by its name. Names that are equal here differed where they
// were cut or made printable.
func (seen names) distinct(name string) string {
	seen[name]++
	if n := seen[name]; n > 1 {
		return seen.distinct(fmt.Sprintf("%s#%d", name, n))
	}
	return name
}

// guestMay tells whether the guest may give this verdict: infra is ours alone.
func guestMay(k Kind) bool { return k > Infra && int(k) < len(kindNames) }

// maxDetail bounds a detail line, in bytes.
const maxDetail = 500

// oneLine makes printable text of what the guest sent.
func oneLine(b []byte) string {
	if len(b) > maxDetail {
		b = b[:maxDetail]
		for len(b) > 0 && !utf8.RuneStart(b[len(b)-1]) {
			b = b[:len(b)-1]
		}
	}
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is the type of a metadata value (enum gguf_type in gguf.h).
type Kind uint32

// The kinds of metadata values.
const (
	KindUint8 Kind = iota
	KindInt8
	KindUint16
	KindInt16
	KindUint32
	KindInt32
	KindFloat32
	KindBool
	KindString
	KindArray
	KindUint64
	KindInt64
	KindFloat64
)

// kindSizes is the stored size in bytes; 0 marks the kinds of variable size.
var kindSizes = [...]int{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8}

var kindNames = [...]string{"u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "str", "arr", "u64", "i64", "f64"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint32(k))
}

// Value is one metadata value. An array keeps the bytes of the file and is
// decoded when asked for, so a vocabulary costs what it takes in the file.
type Value struct {
	kind Kind
	elem Kind   // of an array
	n    int    // elements of an array
	bits uint64 // a number or bool, sign-extended or as IEEE bits
	raw  []byte // a string's text, or an array's elements as stored
}

// Kind is the value's kind.
func (v Value) Kind() Kind { return v.kind }

// Elem is the kind of an array's elements.
func (v Value) Elem() Kind { return v.elem }

// Len is the number of an array's elements, 0 for any other kind.
func (v Value) Len() int { return v.n }

// Text is a string's text.
func (v Value) Text() (string, bool) { return string(v.raw), v.kind == KindString }

// Bool is a boolean.
func (v Value) Bool() (val, ok bool) { return v.bits != 0, v.kind == KindBool }

// Int is an integer of any width that fits int64.
func (v Value) Int() (int64, bool) {
	switch v.kind {
	case KindUint64:
		return int64(v.bits), v.bits <= math.MaxInt64
	case KindUint8, KindInt8, KindUint16, KindInt16, KindUint32, KindInt32, KindInt64:
		return int64(v.bits), true
	}
	return 0, false
}

// Float is a float of either width.
func (v Value) Float() (float64, bool) {
	switch v.kind {
	case KindFloat32:
		return float64(math.Float32frombits(uint32(v.bits))), true
	case KindFloat64:
		return math.Float64frombits(v.bits), true
	}
	return 0, false
}

// Strings decodes an array of strings.
func (v Value) Strings() ([]string, bool) {
	if v.kind != KindArray || v.elem != KindString {
		return nil, false
	}
	out := make([]string, v.n)
	raw := v.raw
	for i := range out {
		n := binary.LittleEndian.Uint64(raw)
		out[i], raw = string(raw[8:8+n]), raw[8+n:]
	}
	return out, true
}

// Ints decodes an array of integers.
func (v Value) Ints() ([]int64, bool) { return decode(v, Value.Int) }

// Floats decodes an array of floats.
func (v Value) Floats() ([]float64, bool) { return decode(v, Value.Float) }

// Bools decodes an array of booleans.
func (v Value) Bools() ([]bool, bool) { return decode(v, Value.Bool) }

// decode applies a scalar accessor to each element; an empty array of a wrong
// kind is wrong too.
func decode[T any](v Value, scalar func(Value) (T, bool)) ([]T, bool) {
	if v.kind != KindArray || kindSizes[v.elem] == 0 {
		return nil, false
	}
	if _, ok := scalar(Value{kind: v.elem}); !ok {
		return nil, false
	}
	out := make([]T, v.n)
	size := kindSizes[v.elem]
	for i := range out {
		x, ok := scalar(scalarValue(v.elem, v.raw[i*size:(i+1)*size]))
		if !ok {
			return nil, false
		}
		out[i] = x
	}
	return out, true
}

// Any is the value as Go's own type, for printing and JSON: int64, uint64
// (only above int64), float64, bool, string, or a slice of one of them.
func (v Value) Any() any {
	switch v.kind {
	case KindString:
		return string(v.raw)
	case KindBool:
		return v.bits != 0
	case KindFloat32, KindFloat64:
		f, _ := v.Float()
		return f
	case KindArray:
		return v.slice()
	}
	if i, ok := v.Int(); ok {
		return i
	}
	return v.bits
}

func (v Value) slice() any {
	if s, ok := v.Strings(); ok {
		return s
	}
	if s, ok := v.Ints(); ok {
		return s
	}
	if s, ok := v.Floats(); ok {
		return s
	}
	if s, ok := v.Bools(); ok {
		return s
	}
	// What is left are uint64 elements beyond int64.
	s, _ := decode(v, func(e Value) (uint64, bool) { return e.bits, true })
	return s
}

// scalarValue decodes one stored number; len(raw) is the kind's size.
func scalarValue(k Kind, raw []byte) Value {
	le := binary.LittleEndian
	v := Value{kind: k}
	switch k {
	case KindUint8, KindBool:
		v.bits = uint64(raw[0])
	case KindInt8:
		v.bits = uint64(int64(int8(raw[0])))
	case KindUint16:
		v.bits = uint64(le.Uint16(raw))
	case KindInt16:
		v.bits = uint64(int64(int16(le.Uint16(raw))))
	case KindUint32, KindFloat32:
		v.bits = uint64(le.Uint32(raw))
	case KindInt32:
		v.bits = uint64(int64(int32(le.Uint32(raw))))
	default:
		v.bits = le.Uint64(raw)
	}
	return v
}

// The constructors below make values for the writer.

// Uint32 is an unsigned 32-bit value, the kind of nearly all of llama.cpp's keys.
func Uint32(x uint32) Value { return Value{kind: KindUint32, bits: uint64(x)} }

// Uint16 is an unsigned 16-bit value, the kind of the keys of split models.
func Uint16(x uint16) Value { return Value{kind: KindUint16, bits: uint64(x)} }

// Int32 is a signed 32-bit value.
func Int32(x int32) Value { return Value{kind: KindInt32, bits: uint64(int64(x))} }

// Float32 is a 32-bit float.
func Float32(x float32) Value {
	return Value{kind: KindFloat32, bits: uint64(math.Float32bits(x))}
}

// Bool is a boolean.
func Bool(x bool) Value {
	v := Value{kind: KindBool}
	if x {
		v.bits = 1
	}
	return v
}

// String is a text.
func String(s string) Value { return Value{kind: KindString, raw: []byte(s)} }

// Strings is an array of texts.
func Strings(s []string) Value {
	size := 8 * len(s)
	for _, x := range s {
		size += len(x)
	}
	raw := make([]byte, 0, size)
	for _, x := range s {
		raw = append(binary.LittleEndian.AppendUint64(raw, uint64(len(x))), x...)
	}
	return Value{kind: KindArray, elem: KindString, n: len(s), raw: raw}
}

// Int32s is an array of 32-bit integers.
func Int32s(s []int32) Value {
	raw := make([]byte, 0, 4*len(s))
	for _, x := range s {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(x))
	}
	return Value{kind: KindArray, elem: KindInt32, n: len(s), raw: raw}
}

// Float32s is an array of 32-bit floats.
func Float32s(s []float32) Value {
	raw := make([]byte, 0, 4*len(s))
	for _, x := range s {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return Value{kind: KindArray, elem: KindFloat32, n: len(s), raw: raw}
}

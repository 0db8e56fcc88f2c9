package trace

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// attribute puts the KeyValue in f on the open list.
func (r *protoReader) attribute(f *field) error {
	if err := f.is(wireBytes); err != nil {
		return err
	}
	key, value, err := r.keyValue(f.bytes, 0)
	if err != nil {
		return err
	}
	r.open = append(r.open, Attr{key, value})
	return nil
}

func (r *protoReader) keyValue(m message, depth int) (key string, value any, err error) {
	if r.left -= attrSize; r.left < 0 {
		return "", nil, errExpands
	}
	var f field
	for len(m) > 0 {
		if err = m.next(&f); err != nil {
			return "", nil, err
		}
		switch f.id {
		case 1:
			err = f.is(wireBytes)
			key = r.word(f.bytes)
		case 2:
			if err = f.is(wireBytes); err == nil {
				value, err = r.value(f.bytes, depth)
			}
			if err != nil {
				err = fmt.Errorf("attribute %.80q: %w", key, err)
			}
		}
		if err != nil {
			return "", nil, err
		}
	}
	return key, value, nil
}

// value reads an AnyValue; without a type it is nil.
func (r *protoReader) value(m message, depth int) (v any, err error) {
	if r.left -= 16; r.left < 0 {
		return nil, errExpands
	}
	var f field
	for len(m) > 0 {
		if err = m.next(&f); err != nil {
			return nil, err
		}
		switch f.id {
		case 1:
			err = f.is(wireBytes)
			v = r.text(f.bytes)
		case 2:
			err = f.is(wireVarint)
			v = f.number != 0
		case 3:
			err = f.is(wireVarint)
			v = boxed(int64(f.number))
		case 4:
			err = f.is(wire64)
			v = math.Float64frombits(f.number)
		case 5:
			if err = f.is(wireBytes); err == nil {
				v, err = r.list(f.bytes, depth+1)
			}
		case 6:
			if err = f.is(wireBytes); err == nil {
				v, err = r.fields(f.bytes, depth+1)
			}
		case 7:
			err = f.is(wireBytes)
			v = append([]byte{}, f.bytes...)
		}
		if err != nil {
			return nil, err
		}
	}
	return v, nil
}

var errNested = fmt.Errorf("a value nested deeper than %d levels", maxNesting)

// elements hands each element of a list, or of a map, to add.
func (r *protoReader) elements(m message, depth int, add func(message) error) error {
	if depth > maxNesting {
		return errNested
	}
	var f field
	for len(m) > 0 {
		if err := m.next(&f); err != nil {
			return err
		}
		if f.id != 1 {
			continue
		}
		if err := f.is(wireBytes); err != nil {
			return err
		}
		if err := add(f.bytes); err != nil {
			return err
		}
	}
	return nil
}

func (r *protoReader) list(m message, depth int) (any, error) {
	out := []any{}
	err := r.elements(m, depth, func(m message) error {
		v, err := r.value(m, depth)
		out = append(out, v)
		return err
	})
	return out, err
}

func (r *protoReader) fields(m message, depth int) (any, error) {
	out := map[string]any{}
	err := r.elements(m, depth, func(m message) error {
		key, value, err := r.keyValue(m, depth)
		out[key] = value
		r.left -= 48
		return err
	})
	return out, err
}

// word returns a text that comes often.
func (r *protoReader) word(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	s, _ := r.text(raw).(string)
	return s
}

// text returns raw as a string. Invalid UTF-8, which writers of protobuf let
// through, is replaced, so that a span means the same before and after it has
// been written down.
func (r *protoReader) text(raw []byte) any {
	if !utf8.Valid(raw) {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return r.known.text(raw)
}

package trace

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// ValueText is the canonical text by which attribute values are compared: a
// string as it is, true or false, an integer in decimal, a float in its
// shortest round-trip form, arrays and objects as compact JSON with sorted
// keys, bytes in base64.
func ValueText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case []byte:
		return base64.StdEncoding.EncodeToString(x)
	case float64:
		return string(appendFloat(nil, x))
	default:
		return string(appendJSON(nil, v))
	}
}

// maxNesting bounds how deep lists and objects in an attribute value may go.
// Beyond it a value is no telemetry, and could not be written down and read
// back by ordinary JSON readers.
const maxNesting = 100

// checkNesting fails when the value of some attribute goes too deep.
func checkNesting(attrs []Attr) error {
	for i := range attrs {
		if deeper(attrs[i].Value, maxNesting) {
			return fmt.Errorf("the value of attribute %.80q is nested deeper than %d levels", attrs[i].Key, maxNesting)
		}
	}
	return nil
}

// deeper reports whether v has more than limit levels.
func deeper(v any, limit int) bool {
	switch x := v.(type) {
	case []any:
		if limit == 0 {
			return true
		}
		for _, e := range x {
			if deeper(e, limit-1) {
				return true
			}
		}
	case map[string]any:
		if limit == 0 {
			return true
		}
		for _, e := range x {
			if deeper(e, limit-1) {
				return true
			}
		}
	}
	return false
}

// appendJSON appends v as canonical JSON: sorted keys, no white space. Values
// that JSON cannot express (NaN, infinities, bytes) become strings.
func appendJSON(b []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, x)
	case bool:
		return strconv.AppendBool(b, x)
	case int64:
		return strconv.AppendInt(b, x, 10)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return append(appendFloat(append(b, '"'), x), '"')
		}
		return appendFloat(b, x)
	case []byte:
		return appendString(b, base64.StdEncoding.EncodeToString(x))
	case []any:
		b = append(b, '[')
		for i, e := range x {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	case map[string]any:
		return appendObject(b, x)
	default:
		// Attr lists the types that occur; nothing else gets in.
		return append(b, "null"...)
	}
}

func appendObject(b []byte, m map[string]any) []byte {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k), ':')
		b = appendJSON(b, m[k])
	}
	return append(b, '}')
}

// appendFloat writes the shortest text that reads back as the same number, in
// the layout of JSON and JavaScript: plain digits between 1e-6 and 1e21.
func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, f, format, -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Only what JSON requires is escaped,
// so that the same text always gives the same bytes; invalid UTF-8 becomes
// U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < 0x20:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}

package value

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// maxNesting bounds the depth of a value that is printed or encoded: a loop can
// wrap a value a million times, a call stack cannot follow.
const maxNesting = 1000

// AppendText appends v as a template prints it. It stops and reports false
// when dst grows beyond limit bytes, or v is nested too deeply.
func AppendText(dst []byte, v any, limit int) ([]byte, bool) {
	return appendText(dst, v, limit, 0)
}

func appendText(dst []byte, v any, limit, depth int) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
	case bool:
		dst = strconv.AppendBool(dst, v)
	case int64:
		dst = strconv.AppendInt(dst, v, 10)
	case uint64:
		dst = strconv.AppendUint(dst, v, 10)
	case float64:
		dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
	case string:
		if len(dst)+len(v) > limit {
			return dst, false
		}
		dst = append(dst, v...)
	case []any:
		if depth >= maxNesting {
			return dst, false
		}
		dst = append(dst, '[')
		ok := true
		for i, x := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if dst, ok = appendText(dst, x, limit, depth+1); !ok {
				return dst, false
			}
		}
		dst = append(dst, ']')
	case map[string]any:
		dst = append(dst, "[object]"...)
	}
	return dst, len(dst) <= limit
}

// NumberText prints a number as JSON does: a float keeps its point.
func NumberText(v any) string {
	b, _ := AppendJSON(nil, v, false, math.MaxInt)
	return string(b)
}

// AppendJSON appends v as JSON, with two spaces of indentation when pretty. It
// stops and reports false when dst grows beyond limit bytes, or v is nested too
// deeply.
func AppendJSON(dst []byte, v any, pretty bool, limit int) ([]byte, bool) {
	j := &jsonWriter{dst: dst, pretty: pretty, limit: limit}
	ok := j.value(v, 0)
	return j.dst, ok
}

type jsonWriter struct {
	dst    []byte
	pretty bool
	limit  int
}

func (j *jsonWriter) value(v any, depth int) bool {
	if depth > maxNesting {
		return false
	}
	switch v := v.(type) {
	case nil:
		j.dst = append(j.dst, "null"...)
	case bool:
		j.dst = strconv.AppendBool(j.dst, v)
	case int64:
		j.dst = strconv.AppendInt(j.dst, v, 10)
	case uint64:
		j.dst = strconv.AppendUint(j.dst, v, 10)
	case float64:
		j.dst = appendFloat(j.dst, v)
	case string:
		j.text(v)
	case []any:
		if len(v) == 0 {
			j.dst = append(j.dst, "[]"...)
			break
		}
		j.dst = append(j.dst, '[')
		for i, x := range v {
			j.gap(i, depth+1)
			if !j.value(x, depth+1) {
				return false
			}
		}
		j.close(depth, ']')
	case map[string]any:
		if len(v) == 0 {
			j.dst = append(j.dst, "{}"...)
			break
		}
		j.dst = append(j.dst, '{')
		for i, k := range Keys(v) {
			j.gap(i, depth+1)
			j.text(k)
			j.dst = append(j.dst, ':')
			if j.pretty {
				j.dst = append(j.dst, ' ')
			}
			if !j.value(v[k], depth+1) {
				return false
			}
		}
		j.close(depth, '}')
	}
	return len(j.dst) <= j.limit
}

func (j *jsonWriter) gap(i, depth int) {
	if i > 0 {
		j.dst = append(j.dst, ',')
	}
	j.newline(depth)
}

func (j *jsonWriter) close(depth int, c byte) {
	j.newline(depth)
	j.dst = append(j.dst, c)
}

func (j *jsonWriter) newline(depth int) {
	if !j.pretty {
		return
	}
	j.dst = append(j.dst, '\n')
	for range depth {
		j.dst = append(j.dst, ' ', ' ')
	}
}

// text appends a JSON string; only the quote, the backslash and control
// characters are escaped.
func (j *jsonWriter) text(s string) {
	j.dst = append(j.dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf || c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		j.dst = append(j.dst, s[from:i]...)
		switch c {
		case '"', '\\':
			j.dst = append(j.dst, '\\', c)
		case '\n':
			j.dst = append(j.dst, '\\', 'n')
		case '\r':
			j.dst = append(j.dst, '\\', 'r')
		case '\t':
			j.dst = append(j.dst, '\\', 't')
		case '\b':
			j.dst = append(j.dst, '\\', 'b')
		case '\f':
			j.dst = append(j.dst, '\\', 'f')
		default:
			const hex = "0123456789abcdef"
			j.dst = append(j.dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	j.dst = append(j.dst, s[from:]...)
	j.dst = append(j.dst, '"')
}

// appendFloat writes the shortest form with a point, and an exponent from 1e16
// upwards and below 1e-5.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	abs := math.Abs(f)
	if abs != 0 && (abs >= 1e16 || abs < 1e-5) {
		var tmp [32]byte
		for _, c := range strconv.AppendFloat(tmp[:0], f, 'e', -1, 64) {
			if c != '+' {
				dst = append(dst, c)
			}
		}
		// One-digit exponents carry no leading zero.
		if n := len(dst); n > 2 && dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == 'e') {
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	n := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[n:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, '.', '0')
}

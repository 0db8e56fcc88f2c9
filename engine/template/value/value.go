// Package value is the data model of templates: nil, bool, int64, uint64 (only
// above the range of int64), float64, string, []any and map[string]any. It
// normalises Go values into it, compares, prints and encodes them the way Tera
// does. It knows nothing of templates and imports nothing of the project.
package value

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Normalise converts v into the data model. Times become RFC 3339 text; other
// types become what fmt prints for them.
func Normalise(v any) any {
	switch v := v.(type) {
	case nil, bool, int64, float64, string:
		return v
	case uint64:
		return unsigned(v)
	case int:
		return int64(v)
	case json.Number:
		return number(string(v))
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = Normalise(x)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = Normalise(x)
		}
		return out
	case fmt.Stringer:
		return v.String()
	}
	return reflected(reflect.ValueOf(v))
}

func reflected(r reflect.Value) any {
	switch r.Kind() {
	case reflect.Bool:
		return r.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return unsigned(r.Uint())
	case reflect.Float32, reflect.Float64:
		return r.Float()
	case reflect.String:
		return r.String()
	case reflect.Slice, reflect.Array:
		out := make([]any, r.Len())
		for i := range out {
			out[i] = Normalise(r.Index(i).Interface())
		}
		return out
	case reflect.Map:
		out := make(map[string]any, r.Len())
		for it := r.MapRange(); it.Next(); {
			out[fmt.Sprint(it.Key().Interface())] = Normalise(it.Value().Interface())
		}
		return out
	}
	return fmt.Sprint(r.Interface())
}

func unsigned(u uint64) any {
	if u <= math.MaxInt64 {
		return int64(u)
	}
	return u
}

// number reads a JSON number; one with a point or an exponent is a float.
func number(s string) any {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(s, 10, 64); err == nil {
		return u
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return s
}

// Truthy says how v counts in a condition: null, false, 0, "", [] and {} are
// false.
func Truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case uint64:
		return v != 0
	case float64:
		return v != 0 && v == v
	case string:
		return v != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}

// IsNumber reports whether v is a number.
func IsNumber(v any) bool {
	switch v.(type) {
	case int64, uint64, float64:
		return true
	}
	return false
}

// Float converts a number; 0 for anything else.
func Float(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// maxCompare bounds the nodes that one comparison visits: values share parts,
// so a small template can build a tree of astronomic size.
const maxCompare = 1 << 18

// Equal compares deeply and by type: 1 and 1.0 differ.
func Equal(a, b any) bool {
	budget := maxCompare
	return equal(a, b, &budget)
}

func equal(a, b any, budget *int) bool {
	if *budget--; *budget < 0 {
		return false
	}
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i], budget) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			w, ok := y[k]
			if !ok || !equal(v, w, budget) {
				return false
			}
		}
		return true
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

// Keys returns the keys of an object in order.
func Keys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Step goes one step into v: a key of an object or an index of an array.
func Step(v any, key string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		x, ok := v[key]
		return x, ok
	case []any:
		i, ok := index(key)
		if !ok || i >= len(v) {
			return nil, false
		}
		return v[i], true
	}
	return nil, false
}

func index(key string) (int, bool) {
	if key == "" || len(key) > 9 || len(key) > 1 && key[0] == '0' {
		return 0, false
	}
	n := 0
	for i := 0; i < len(key); i++ {
		if key[i] < '0' || key[i] > '9' {
			return 0, false
		}
		n = n*10 + int(key[i]-'0')
	}
	return n, true
}

// Pointer follows a dotted path such as a.b or a."b.c" into v.
func Pointer(v any, path string) (any, bool) {
	for path != "" {
		var key string
		if path[0] == '"' {
			if j := strings.IndexByte(path[1:], '"'); j >= 0 {
				key, path = path[1:1+j], strings.TrimPrefix(path[2+j:], ".")
				var ok bool
				if v, ok = Step(v, key); !ok {
					return nil, false
				}
				continue
			}
		}
		key, path, _ = strings.Cut(path, ".")
		var ok bool
		if v, ok = Step(v, key); !ok {
			return nil, false
		}
	}
	return v, true
}

// Kind names the type of v for messages.
func Kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case int64, uint64, float64:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}

// Brief prints v as short JSON for a message.
func Brief(v any) string {
	b, _ := AppendJSON(nil, v, false, 1000)
	if s := []rune(string(b)); len(s) > 60 {
		return string(s[:57]) + "..."
	}
	return string(b)
}

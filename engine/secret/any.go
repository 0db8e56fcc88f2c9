package secret

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// maxNesting bounds how deep Field goes. Deeper values cannot come out of JSON or
// TOML; they are replaced as a whole, so that nothing hides below.
const maxNesting = 200

// Field returns the value of a named field (a variable, an attribute, a key of
// a map) as it may be shown. Under a name that holds a secret every text,
// number and list of bytes is replaced as a whole, empty texts, true, false and
// nil excepted. Under another name, or none, every secret in it is masked: in
// texts and bytes, in the elements of slices and arrays, in the keys and values
// of maps, and in whole numbers whose decimal form is a secret; values of maps
// are fields under their key.
//
// A masked number becomes a text, so slices and maps keep their type only where
// their elements do; otherwise they become []any and maps with values of type
// any. Structs, pointers and everything else is returned as it is. v is never
// changed, but may be returned itself.
func (s *Set) Field(name string, v any) any {
	if s == nil {
		return v
	}
	hidden := s.names.Match(name)
	if s.clean(v, hidden, maxNesting) {
		return v
	}
	return s.walk(v, hidden, maxNesting)
}

// clean reports whether v, one of the types that telemetry and decoded files
// consist of, holds nothing to mask. It spares nearly all values the copy.
func (s *Set) clean(v any, hidden bool, depth int) bool {
	if depth == 0 {
		return false
	}
	switch x := v.(type) {
	case nil, bool:
		return true
	case string:
		return s.text(x, hidden) == x
	case int64:
		var digits [20]byte
		return !hidden && !s.is(strconv.AppendInt(digits[:0], x, 10))
	case float64:
		return !hidden
	case []any:
		for _, e := range x {
			if !s.clean(e, hidden, depth-1) {
				return false
			}
		}
		return true
	case map[string]any:
		for k, e := range x {
			if s.String(k) != k || !s.clean(e, hidden || s.names.Match(k), depth-1) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// is reports whether the whole text is a secret.
func (s *Set) is(text []byte) bool {
	if s.find == nil {
		return false
	}
	var few [8]span
	_, found := scan(s.find, text, 0, 0, few[:0], true)
	return len(found) == 1 && found[0] == span{0, len(text)}
}

// walk masks v, entirely when it is hidden by the name above it.
func (s *Set) walk(v any, hidden bool, depth int) any {
	if depth == 0 {
		return Mask
	}
	if v == nil {
		return nil
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String:
		return reflect.ValueOf(s.text(r.String(), hidden)).Convert(r.Type()).Interface()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return s.number(v, strconv.AppendInt(nil, r.Int(), 10), hidden)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return s.number(v, strconv.AppendUint(nil, r.Uint(), 10), hidden)
	case reflect.Float32, reflect.Float64:
		return s.number(v, nil, hidden)
	case reflect.Slice, reflect.Array:
		return s.list(r, hidden, depth)
	case reflect.Map:
		return s.fields(r, hidden, depth)
	default:
		return v
	}
}

func (s *Set) text(text string, hidden bool) string {
	if hidden && text != "" {
		return Mask
	}
	return s.String(text)
}

func (s *Set) number(v any, decimal []byte, hidden bool) any {
	if hidden || s.is(decimal) {
		return Mask
	}
	return v
}

func (s *Set) list(r reflect.Value, hidden bool, depth int) any {
	if r.Kind() == reflect.Slice && r.Type().Elem() == reflect.TypeFor[byte]() {
		if r.IsNil() {
			return r.Interface()
		}
		if hidden && r.Len() > 0 {
			return reflect.ValueOf([]byte(Mask)).Convert(r.Type()).Interface()
		}
		return reflect.ValueOf(s.Bytes(r.Bytes())).Convert(r.Type()).Interface()
	}
	masked := make([]any, r.Len())
	same := true // all elements still have the type that the list asks for
	for i := range masked {
		masked[i] = s.walk(r.Index(i).Interface(), hidden, depth-1)
		same = same && fits(masked[i], r.Type().Elem())
	}
	if !same {
		return masked
	}
	if r.Kind() == reflect.Slice && r.IsNil() {
		return r.Interface()
	}
	out := reflect.New(r.Type()).Elem()
	if r.Kind() == reflect.Slice {
		out = reflect.MakeSlice(r.Type(), r.Len(), r.Len())
	}
	for i, e := range masked {
		if e != nil {
			out.Index(i).Set(reflect.ValueOf(e))
		}
	}
	return out.Interface()
}

// fits reports whether v can be stored where t is asked for. nil comes only out
// of places that hold it.
func fits(v any, t reflect.Type) bool { return v == nil || reflect.TypeOf(v).AssignableTo(t) }

// fields masks a map. Where two keys become the same, the later in the order
// of the unmasked keys stays.
func (s *Set) fields(r reflect.Value, hidden bool, depth int) any {
	if r.IsNil() {
		return r.Interface()
	}
	type field struct{ key, value reflect.Value }
	var masked []field
	same := true
	for _, key := range sortedKeys(r) {
		under := hidden
		if key.Kind() == reflect.String {
			under = under || s.names.Match(key.String())
		}
		v := s.walk(r.MapIndex(key).Interface(), under, depth-1)
		same = same && fits(v, r.Type().Elem())
		if key.Kind() == reflect.String {
			key = reflect.ValueOf(s.String(key.String())).Convert(r.Type().Key())
		}
		value := reflect.New(r.Type().Elem()).Elem() // nil of the map's own type
		if v != nil {
			value = reflect.ValueOf(v)
		}
		masked = append(masked, field{key, value})
	}
	t := r.Type()
	if !same {
		t = reflect.MapOf(t.Key(), reflect.TypeFor[any]())
	}
	out := reflect.MakeMapWithSize(t, len(masked))
	for _, f := range masked {
		out.SetMapIndex(f.key, f.value)
	}
	return out.Interface()
}

// sortedKeys returns the keys of a map, texts in order.
func sortedKeys(r reflect.Value) []reflect.Value {
	keys := r.MapKeys()
	if r.Type().Key().Kind() == reflect.String {
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	}
	return keys
}

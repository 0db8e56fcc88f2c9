package builtin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// onArray makes a filter of a function over an array.
func onArray(fn func(h Host, l []any, a *Args) (any, error)) FilterFunc {
	return func(h Host, v any, a *Args) (any, error) {
		l, ok := v.([]any)
		if !ok {
			return nil, wrongValue(v, "an array")
		}
		return fn(h, l, a)
	}
}

func addArrayFilters(t *Table) {
	t.filter("first", onArray(func(_ Host, l []any, _ *Args) (any, error) { return at(l, 0), nil }))
	t.filter("last", onArray(func(_ Host, l []any, _ *Args) (any, error) { return at(l, len(l)-1), nil }))
	t.filter("nth", onArray(nth), "n")
	t.filter("join", onArray(join), "sep")
	t.filter("sort", onArray(sortArray), "attribute")
	t.filter("unique", onArray(unique), "attribute")
	t.filter("slice", onArray(slice), "start", "end")
	t.filter("group_by", onArray(groupBy), "attribute")
	t.filter("filter", onArray(keep), "attribute", "value")
	t.filter("map", onArray(mapArray), "attribute")
	t.filter("concat", onArray(concat), "with")
	t.filter("reverse", reverse)
	t.filter("length", length)
	t.filter("get", get, "key", "default")
}

func at(l []any, i int) any {
	if i < 0 || i >= len(l) {
		return ""
	}
	return l[i]
}

func nth(_ Host, l []any, a *Args) (any, error) {
	if _, ok := a.Get("n"); !ok {
		return nil, errors.New("the argument `n` is missing")
	}
	n, err := a.natural("n", 0)
	if err != nil || n >= int64(len(l)) {
		return "", err
	}
	return l[n], nil
}

func join(h Host, l []any, a *Args) (any, error) {
	sep, err := a.pattern("sep", false)
	if err != nil {
		return nil, err
	}
	if err := checkSize(h.MaxBytes(), len(l), len(sep)); err != nil {
		return nil, err
	}
	var b []byte
	for i, x := range l {
		if i > 0 {
			b = append(b, sep...)
		}
		var ok bool
		if b, ok = value.AppendText(b, x, h.MaxBytes()); !ok {
			return nil, tooBig(h.MaxBytes())
		}
	}
	return string(b), nil
}

// attribute returns the path argument of that name in the form of Pointer.
func (a *Args) attribute() (string, bool, error) {
	s, err := a.text("attribute", "")
	_, ok := a.Get("attribute")
	return s, ok, err
}

func needAttribute(a *Args) (string, error) {
	s, ok, err := a.attribute()
	if err == nil && !ok {
		err = errors.New("the argument `attribute` is missing")
	}
	return s, err
}

// sortKeys returns what to sort by, one per element.
func sortKeys(l []any, a *Args) ([]any, error) {
	path, _, err := a.attribute()
	if err != nil {
		return nil, err
	}
	keys := make([]any, len(l))
	for i, x := range l {
		k, ok := value.Pointer(x, path)
		if !ok {
			return nil, fmt.Errorf("attribute `%s` does not exist in element %d", path, i)
		}
		keys[i] = k
	}
	return keys, nil
}

func sortArray(_ Host, l []any, a *Args) (any, error) {
	if len(l) == 0 {
		return l, nil
	}
	keys, err := sortKeys(l, a)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		switch k.(type) {
		case nil:
			return nil, errors.New("null cannot be sorted")
		case map[string]any:
			return nil, errors.New("objects cannot be sorted")
		}
		if rank(k) != rank(keys[0]) {
			return nil, fmt.Errorf("an array of one type is needed: %s next to %s", value.Brief(keys[0]), value.Brief(k))
		}
	}
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compare(keys[i], keys[j]) })
	out := make([]any, len(l))
	for i, j := range order {
		out[i] = l[j]
	}
	return out, nil
}

// rank puts values that can be compared into one class.
func rank(v any) int {
	switch v.(type) {
	case int64, uint64, float64:
		return 1
	case string:
		return 2
	case bool:
		return 3
	case []any:
		return 4
	}
	return 0
}

func compare(a, b any) int {
	switch x := a.(type) {
	case string:
		return strings.Compare(x, b.(string))
	case bool:
		y := b.(bool)
		switch {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	case []any:
		return cmp.Compare(len(x), len(b.([]any)))
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(value.Float(a), value.Float(b))
}

func unique(_ Host, l []any, a *Args) (any, error) {
	sensitive, err := a.flag("case_sensitive", false)
	if err != nil {
		return nil, err
	}
	if len(l) == 0 {
		return l, nil
	}
	path, _, err := a.attribute()
	if err != nil {
		return nil, err
	}
	first, ok := value.Pointer(l[0], path)
	if !ok {
		return nil, fmt.Errorf("attribute `%s` does not exist in element 0", path)
	}
	seen := map[any]bool{}
	out := []any{}
	for _, v := range l {
		k, ok := value.Pointer(v, path)
		if !ok {
			continue
		}
		switch x := k.(type) {
		case nil, map[string]any, []any, float64:
			return nil, fmt.Errorf("%s cannot be compared here", kindOf(k))
		case string:
			if !sensitive {
				k = strings.ToLower(x)
			}
		}
		if rank(k) != rank(first) {
			return nil, errors.New("an array of one type is needed")
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, v)
		}
	}
	return out, nil
}

// slice takes a part; negative positions count from the end.
func slice(_ Host, l []any, a *Args) (any, error) {
	bound := func(name string, def int64) (int64, error) {
		v, ok := a.Get(name)
		if !ok {
			return def, nil
		}
		switch n := v.(type) {
		case int64:
			if n < 0 {
				n += int64(len(l))
			}
			return max(n, 0), nil
		case float64:
			return max(int64(n), 0), nil
		}
		return 0, wrongArg(name, v, "a number")
	}
	start, err := bound("start", 0)
	if err != nil {
		return nil, err
	}
	end, err := bound("end", int64(len(l)))
	if err != nil {
		return nil, err
	}
	end = min(end, int64(len(l)))
	if start >= end {
		return []any{}, nil
	}
	return slices.Clone(l[start:end]), nil
}

func groupBy(h Host, l []any, a *Args) (any, error) {
	if len(l) == 0 {
		return map[string]any{}, nil
	}
	path, err := needAttribute(a)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, x := range l {
		k, ok := value.Pointer(x, path)
		if !ok || k == nil {
			continue
		}
		key, ok := k.(string)
		if !ok {
			b, fits := value.AppendJSON(nil, k, false, h.MaxBytes())
			if !fits {
				return nil, tooBig(h.MaxBytes())
			}
			key = string(b)
		}
		group, _ := out[key].([]any)
		out[key] = append(group, x)
	}
	return out, nil
}

// keep is the filter called `filter`.
func keep(_ Host, l []any, a *Args) (any, error) {
	if len(l) == 0 {
		return l, nil
	}
	path, err := needAttribute(a)
	if err != nil {
		return nil, err
	}
	want, hasWant := a.Get("value")
	out := []any{}
	for _, x := range l {
		v, _ := value.Pointer(x, path)
		if hasWant && want != nil && value.Equal(v, want) || (!hasWant || want == nil) && v != nil {
			out = append(out, x)
		}
	}
	return out, nil
}

func mapArray(_ Host, l []any, a *Args) (any, error) {
	if len(l) == 0 {
		return l, nil
	}
	path, err := needAttribute(a)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, x := range l {
		if v, ok := value.Pointer(x, path); ok && v != nil {
			out = append(out, v)
		}
	}
	return out, nil
}

func concat(h Host, l []any, a *Args) (any, error) {
	with, ok := a.Get("with")
	if !ok {
		return nil, errors.New("the argument `with` is missing")
	}
	out := slices.Clip(l)
	if m, ok := with.([]any); ok {
		out = append(out, m...)
	} else {
		out = append(out, with)
	}
	if len(out) > h.MaxItems() {
		return nil, tooBig(h.MaxItems())
	}
	return out, nil
}

func reverse(_ Host, v any, _ *Args) (any, error) {
	switch v := v.(type) {
	case []any:
		out := slices.Clone(v)
		slices.Reverse(out)
		return out, nil
	case string:
		r := []rune(v)
		slices.Reverse(r)
		return string(r), nil
	}
	return nil, wrongValue(v, "an array or a string")
}

func length(_ Host, v any, _ *Args) (any, error) {
	switch v := v.(type) {
	case []any:
		return int64(len(v)), nil
	case map[string]any:
		return int64(len(v)), nil
	case string:
		return int64(utf8.RuneCountInString(v)), nil
	}
	return nil, wrongValue(v, "an array, an object or a string")
}

func get(_ Host, v any, a *Args) (any, error) {
	key, err := a.needText("key")
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, wrongValue(v, "an object")
	}
	if x, ok := m[key]; ok {
		return x, nil
	}
	if d, ok := a.Get("default"); ok {
		return d, nil
	}
	return nil, fmt.Errorf("there is no key `%s`", key)
}

package trace

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// eventList reads events given as names or as objects.
func eventList(v any) ([]Event, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("events is not an array")
	}
	events := make([]Event, 0, len(list))
	for i, e := range list {
		switch x := e.(type) {
		case string:
			events = append(events, Event{Name: x})
		case object:
			ev := Event{Name: asText(x.at("name"))}
			if t, ok := get(x, "timeUnixNano", "time_unix_nano", "timestamp", "time"); ok {
				// A time in another notation is not needed for any judgement.
				ev.Time, _ = nanos(t)
			}
			var err error
			if ev.Attrs, err = attrList(x.at("attributes")); err != nil {
				return nil, fmt.Errorf("events[%d]: %w", i, err)
			}
			events = append(events, ev)
		default:
			return nil, fmt.Errorf("events[%d] is neither a name nor an object", i)
		}
	}
	if len(events) == 0 {
		return nil, nil
	}
	return events, nil
}

// linkList reads the links of a span.
func linkList(v any) ([]Link, error) {
	if v == nil {
		return nil, nil
	}
	list, err := objects(v, "links")
	if err != nil || len(list) == 0 {
		return nil, err
	}
	links := make([]Link, len(list))
	for i, o := range list {
		trace, _ := get(o, keysTraceID...)
		span, _ := get(o, keysSpanID...)
		links[i].TraceID, links[i].SpanID = normalID(asText(trace)), normalID(asText(span))
		if links[i].Attrs, err = attrList(o.at("attributes")); err != nil {
			return nil, fmt.Errorf("links[%d]: %w", i, err)
		}
	}
	return links, nil
}

// attrList reads attributes given as an object of plain values or as OTLP's
// list of keys and typed values.
func attrList(v any) ([]Attr, error) {
	attrs, err := anyAttrs(v)
	if err != nil {
		return nil, err
	}
	return attrs, checkNesting(attrs)
}

func anyAttrs(v any) ([]Attr, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case object:
		if len(x) == 0 {
			return nil, nil
		}
		attrs := make([]Attr, 0, len(x))
		for _, m := range x {
			attrs = append(attrs, Attr{Key: m.key, Value: plainValue(m.value)})
		}
		slices.SortStableFunc(attrs, func(a, b Attr) int { return strings.Compare(a.Key, b.Key) })
		return attrs, nil
	case []any:
		if len(x) == 0 {
			return nil, nil
		}
		attrs := make([]Attr, 0, len(x))
		for i, e := range x {
			o, ok := e.(object)
			key, isText := o.at("key").(string)
			if !ok || !isText {
				return nil, fmt.Errorf("[%d] is not a key with a value", i)
			}
			value, err := typedValue(o.at("value"))
			if err != nil {
				return nil, fmt.Errorf("%q: %w", key, err)
			}
			attrs = append(attrs, Attr{Key: key, Value: value})
		}
		return attrs, nil
	default:
		return nil, fmt.Errorf("neither an object nor a list of keys and values")
	}
}

// plainValue turns a JSON value into an attribute value: a number without
// fraction and exponent is an integer.
func plainValue(v any) any {
	switch x := v.(type) {
	case number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
			return boxed(n)
		}
		f, err := strconv.ParseFloat(string(x), 64)
		if err != nil {
			return string(x) // beyond the range of a float: keep its text
		}
		return f
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = plainValue(e)
		}
		return out
	case object:
		out := make(map[string]any, len(x))
		for _, m := range x {
			out[m.key] = plainValue(m.value)
		}
		return out
	default:
		return v
	}
}

// typedValue reads an OTLP AnyValue. Hand-made traces put plain values in the
// same place; they are accepted as they are.
func typedValue(v any) (any, error) {
	o, ok := v.(object)
	if !ok {
		return plainValue(v), nil
	}
	for _, m := range o {
		k, e := m.key, m.value
		switch k {
		case "stringValue", "string_value":
			if _, ok := e.(string); ok {
				return e, nil
			}
			return "", nil
		case "boolValue", "bool_value":
			b, ok := e.(bool)
			if !ok {
				return nil, fmt.Errorf("%s is not a boolean", k)
			}
			return b, nil
		case "intValue", "int_value":
			n, err := strconv.ParseInt(digits(e), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%s is not a 64-bit integer", k)
			}
			return boxed(n), nil
		case "doubleValue", "double_value":
			f, err := strconv.ParseFloat(digits(e), 64)
			if err != nil {
				return nil, fmt.Errorf("%s is not a number", k)
			}
			return f, nil
		case "bytesValue", "bytes_value":
			p, err := base64.StdEncoding.DecodeString(asText(e))
			if err != nil {
				return nil, fmt.Errorf("%s is not base64", k)
			}
			return p, nil
		case "arrayValue", "array_value":
			return typedArray(e)
		case "kvlistValue", "kvlist_value":
			return typedList(e)
		}
	}
	return nil, nil
}

// digits is the text of a number, which OTLP/JSON also writes as a string.
func digits(v any) string {
	if n, ok := v.(number); ok {
		return string(n)
	}
	return asText(v)
}

func typedArray(v any) (any, error) {
	o, _ := v.(object)
	list, _ := o.at("values").([]any)
	out := make([]any, len(list))
	var err error
	for i, e := range list {
		if out[i], err = typedValue(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func typedList(v any) (any, error) {
	o, _ := v.(object)
	attrs, err := anyAttrs(o.at("values"))
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(attrs))
	for _, a := range attrs {
		out[a.Key] = a.Value
	}
	return out, nil
}

// nanos reads an unsigned count of nanoseconds given as number or string; null
// and "" are 0.
func nanos(v any) (uint64, error) {
	var t string
	switch x := v.(type) {
	case nil:
		return 0, nil
	case number:
		t = string(x)
	case string:
		t = strings.TrimSpace(x)
	default:
		return 0, fmt.Errorf("neither a number nor a string")
	}
	if t == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(t, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil || !(f >= 0 && f < math.MaxUint64) {
		return 0, fmt.Errorf("%.40q is not a count of nanoseconds", t)
	}
	return uint64(f), nil
}

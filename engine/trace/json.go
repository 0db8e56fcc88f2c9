package trace

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// object is a decoded JSON object; numbers are json.Number.
type object = map[string]any

// get returns the value of the first of the given spellings that is present
// and not null.
func get(o object, keys ...string) (any, bool) {
	for _, k := range keys {
		if v, ok := o[k]; ok && v != nil {
			return v, true
		}
	}
	return nil, false
}

// has reports whether one of the spellings is present, even as null.
func has(o object, keys ...string) bool {
	for _, k := range keys {
		if _, ok := o[k]; ok {
			return true
		}
	}
	return false
}

// The key spellings of the formats A (snake_case) and B, C (camelCase).
var (
	keysSpanID   = []string{"span_id", "spanId"}
	keysTraceID  = []string{"trace_id", "traceId"}
	keysParent   = []string{"parent_span_id", "parentSpanId"}
	keysStart    = []string{"start_time_unix_nano", "startTimeUnixNano"}
	keysEnd      = []string{"end_time_unix_nano", "endTimeUnixNano"}
	keysResource = []string{"resourceSpans", "resource_spans"}
	keysLog      = []string{"level", "severity", "severityText", "severity_text", "lvl", "msg", "message", "body"}
)

// looksLikeSpan tells spans from everything else that programs print as JSON.
// Structured log lines often carry a trace id and a span id; without span times
// they are log lines.
func looksLikeSpan(o object) bool {
	if has(o, keysStart...) || has(o, keysEnd...) {
		return true
	}
	if !has(o, keysSpanID...) || has(o, keysLog...) {
		return false
	}
	return has(o, "name") || has(o, "kind") || has(o, keysParent...)
}

// jsonReader turns decoded JSON values into spans. It shares equal resources
// between the spans that it has read.
type jsonReader struct {
	sources   bool // believe the source that a span names: it was recorded by WriteNDJSON
	resources map[string]*Resource
	scratch   []byte
}

// errNotSpans says that a JSON value is well-formed and holds no spans.
type errNotSpans struct{ what string }

func (e errNotSpans) Error() string { return e.what }

// decodeJSON reads one JSON value and nothing after it, with exact numbers.
func decodeJSON(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if rest := bytes.TrimSpace(data[dec.InputOffset():]); len(rest) > 0 {
		return nil, fmt.Errorf("unexpected text after the JSON value: %.20q", rest)
	}
	return v, nil
}

// document reads the spans of one JSON value, whichever of the formats A to F
// it has (semantics 3.2). The error is an errNotSpans when the value has
// nothing to do with spans.
func (r *jsonReader) document(v any) ([]Span, error) {
	switch x := v.(type) {
	case []any:
		return r.array(x)
	case object:
		if rs, ok := get(x, keysResource...); ok {
			return r.resourceSpans(rs)
		}
		if list, ok := x["spans"].([]any); ok {
			return r.wrapped(list)
		}
		if looksLikeSpan(x) {
			s, err := r.span(x, nil, "")
			if err != nil {
				return nil, err
			}
			return []Span{s}, nil
		}
		return nil, errNotSpans{"a JSON object that is not a span (a span has a name, a span_id or spanId, and times)"}
	default:
		return nil, errNotSpans{"a JSON value that is not a span"}
	}
}

// array reads format F. An array in which nothing looks like a span is not one
// of spans; one with only some is damaged.
func (r *jsonReader) array(list []any) ([]Span, error) {
	spans := make([]Span, 0, len(list))
	strange := -1
	for i, e := range list {
		o, ok := e.(object)
		if !ok || !looksLikeSpan(o) {
			if strange < 0 {
				strange = i
			}
			continue
		}
		s, err := r.span(o, nil, "")
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		spans = append(spans, s)
	}
	if strange >= 0 {
		if len(spans) == 0 {
			return nil, errNotSpans{"a JSON array without spans"}
		}
		return nil, fmt.Errorf("element %d of an array of spans is not a span", strange)
	}
	return spans, nil
}

// wrapped reads the formats D and E. Elements need only a name; when no element
// mentions a kind, the format has none.
func (r *jsonReader) wrapped(list []any) ([]Span, error) {
	spans := make([]Span, 0, len(list))
	kinds := false
	for i, e := range list {
		o, ok := e.(object)
		if !ok || !has(o, "name") {
			if len(spans) == 0 {
				return nil, errNotSpans{"a JSON object with a \"spans\" array that does not hold spans"}
			}
			return nil, fmt.Errorf("spans[%d] is not a span", i)
		}
		kinds = kinds || has(o, "kind")
		s, err := r.span(o, nil, "")
		if err != nil {
			return nil, fmt.Errorf("spans[%d]: %w", i, err)
		}
		spans = append(spans, s)
	}
	for i := range spans {
		spans[i].KindKnown = kinds
	}
	return spans, nil
}

// resourceSpans reads format C, with the scope list under its present name or
// one of its former ones.
func (r *jsonReader) resourceSpans(v any) ([]Span, error) {
	var spans []Span
	list, err := objects(v, "resourceSpans")
	if err != nil {
		return nil, err
	}
	for _, rs := range list {
		res, err := r.resource(rs)
		if err != nil {
			return nil, err
		}
		if res == nil {
			res = &Resource{}
		}
		groups, _ := get(rs, "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans")
		scopes, err := objects(groups, "scopeSpans")
		if err != nil {
			return nil, err
		}
		for _, ss := range scopes {
			inner, err := objects(ss["spans"], "spans")
			if err != nil {
				return nil, err
			}
			for i, o := range inner {
				s, err := r.span(o, res, scopeName(ss))
				if err != nil {
					return nil, fmt.Errorf("spans[%d]: %w", i, err)
				}
				spans = append(spans, s)
			}
		}
	}
	return spans, nil
}

// objects reads v as an array of objects; null and absence are the empty array.
func objects(v any, what string) ([]object, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%s is not an array", what)
	}
	out := make([]object, len(list))
	for i, e := range list {
		if out[i], ok = e.(object); !ok {
			return nil, fmt.Errorf("%s[%d] is not an object", what, i)
		}
	}
	return out, nil
}

// span reads one span object in either key style. res and scope come from the
// enclosing OTLP groups; the object's own take precedence.
func (r *jsonReader) span(o object, res *Resource, scope string) (Span, error) {
	s := Span{Resource: res, Scope: scope, KindKnown: true}
	var err error
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	word := func(keys ...string) string {
		v, ok := get(o, keys...)
		if !ok {
			return ""
		}
		w, ok := v.(string)
		if !ok {
			fail(fmt.Errorf("%s is not a string", keys[0]))
		}
		return w
	}
	number := func(keys ...string) uint64 {
		v, _ := get(o, keys...)
		n, e := nanos(v)
		if e != nil {
			fail(fmt.Errorf("%s: %w", keys[0], e))
		}
		return n
	}
	if _, ok := get(o, "name"); !ok {
		fail(fmt.Errorf("the span has no name"))
	}
	s.Name = word("name")
	s.TraceID, s.ID, s.ParentID = normalID(word(keysTraceID...)), normalID(word(keysSpanID...)), normalID(word(keysParent...))
	s.Start, s.End, s.Elapsed = number(keysStart...), number(keysEnd...), number("duration_ns")
	if s.Start != 0 || s.End != 0 {
		s.Elapsed = 0
	}
	s.Dropped = uint32(min(number("dropped"), math.MaxUint32))
	if s.Dropped == 0 {
		s.Dropped = uint32(min(number("droppedAttributesCount")+number("droppedEventsCount"), math.MaxUint32))
	}
	fail(r.fill(o, &s))
	if err != nil {
		return Span{}, err
	}
	return s, nil
}

// fill reads the structured fields of a span object.
func (r *jsonReader) fill(o object, s *Span) error {
	if v, ok := get(o, "kind"); ok {
		k, ok := ParseKind(fmt.Sprint(v))
		if !ok {
			return fmt.Errorf("unknown span kind %.40q", fmt.Sprint(v))
		}
		s.Kind = k
	}
	if known, ok := o["kind_known"].(bool); ok {
		s.KindKnown = known
	}
	var err error
	if s.Attrs, err = attrList(o["attributes"]); err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	if s.Events, err = eventList(o["events"]); err != nil {
		return err
	}
	code, message, err := statusOf(o["status"])
	if err != nil {
		return err
	}
	s.Status, s.StatusMessage = resolveStatus(code, s.Attrs), message
	own, err := r.resource(o)
	if err != nil {
		return err
	}
	if own != nil {
		s.Resource = own
	}
	if name := scopeName(o); name != "" {
		s.Scope = name
	}
	if src, ok := o["source"].(object); ok && r.sources {
		s.Source = Source{Kind: asText(src["kind"]), Scenario: asText(src["scenario"]), Service: asText(src["service"])}
	}
	return nil
}

// resource reads resource attributes in any of the places where the formats put
// them: resource.attributes, resource_attributes, service_name. It returns nil
// when there are none of these keys.
func (r *jsonReader) resource(o object) (*Resource, error) {
	v, ok := get(o, "resource")
	if res, isObject := v.(object); isObject && has(res, "attributes") {
		v = res["attributes"]
	}
	if !ok {
		v, ok = get(o, "resource_attributes", "resourceAttributes")
	}
	if !ok {
		if name, has := get(o, "service_name"); has {
			v, ok = object{"service.name": name}, true
		}
	}
	if !ok {
		return nil, nil
	}
	attrs, err := attrList(v)
	if err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	r.scratch = appendAttrs(r.scratch[:0], attrs)
	if known := r.resources[string(r.scratch)]; known != nil {
		return known, nil
	}
	if r.resources == nil {
		r.resources = map[string]*Resource{}
	}
	res := &Resource{Attrs: attrs}
	r.resources[string(r.scratch)] = res
	return res, nil
}

func scopeName(o object) string {
	v, _ := get(o, "scope", "instrumentationScope", "instrumentation_scope", "instrumentationLibrary")
	if m, ok := v.(object); ok {
		v = m["name"]
	}
	return asText(v)
}

func asText(v any) string {
	s, _ := v.(string)
	return s
}

// statusOf reads a status given as a word, a number or an object with code and
// message.
func statusOf(v any) (Status, string, error) {
	message := ""
	if o, ok := v.(object); ok {
		message = asText(o["message"])
		v = o["code"]
	}
	if v == nil {
		return StatusUnset, message, nil
	}
	code, ok := ParseStatus(fmt.Sprint(v))
	if !ok {
		return StatusUnset, "", fmt.Errorf("unknown status code %.40q", fmt.Sprint(v))
	}
	return code, message, nil
}

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
			ev := Event{Name: asText(x["name"])}
			if t, ok := get(x, "timeUnixNano", "time_unix_nano", "timestamp", "time"); ok {
				// A time in another notation is not needed for any judgement.
				ev.Time, _ = nanos(t)
			}
			var err error
			if ev.Attrs, err = attrList(x["attributes"]); err != nil {
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
		for k, e := range x {
			attrs = append(attrs, Attr{Key: k, Value: plainValue(e)})
		}
		slices.SortFunc(attrs, func(a, b Attr) int { return strings.Compare(a.Key, b.Key) })
		return attrs, nil
	case []any:
		if len(x) == 0 {
			return nil, nil
		}
		attrs := make([]Attr, 0, len(x))
		for i, e := range x {
			o, ok := e.(object)
			key, isText := o["key"].(string)
			if !ok || !isText {
				return nil, fmt.Errorf("[%d] is not a key with a value", i)
			}
			value, err := typedValue(o["value"])
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
	case json.Number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
			return n
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
		for k, e := range x {
			out[k] = plainValue(e)
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
	for k, e := range o {
		switch k {
		case "stringValue", "string_value":
			return asText(e), nil
		case "boolValue", "bool_value":
			b, ok := e.(bool)
			if !ok {
				return nil, fmt.Errorf("%s is not a boolean", k)
			}
			return b, nil
		case "intValue", "int_value":
			n, err := strconv.ParseInt(fmt.Sprint(e), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%s is not a 64-bit integer", k)
			}
			return n, nil
		case "doubleValue", "double_value":
			f, err := strconv.ParseFloat(fmt.Sprint(e), 64)
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

func typedArray(v any) (any, error) {
	o, _ := v.(object)
	list, _ := o["values"].([]any)
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
	attrs, err := anyAttrs(o["values"])
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
	case json.Number:
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

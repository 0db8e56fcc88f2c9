package trace

import (
	"fmt"
	"math"
	"slices"
)

// get returns the value of the first of the given spellings that is present
// and not null.
func get(o object, keys ...string) (any, bool) {
	for _, k := range keys {
		for i := range o {
			if o[i].key == k && o[i].value != nil {
				return o[i].value, true
			}
		}
	}
	return nil, false
}

// at returns the value of a key, nil when it is absent.
func (o object) at(key string) any {
	v, _ := get(o, key)
	return v
}

// has reports whether one of the spellings is present, even as null.
func has(o object, keys ...string) bool {
	for i := range o {
		if slices.Contains(keys, o[i].key) {
			return true
		}
	}
	return false
}

// The key spellings of the forms A (snake_case) and B, C (camelCase).
var (
	keysSpanID  = []string{"span_id", "spanId"}
	keysTraceID = []string{"trace_id", "traceId"}
	keysParent  = []string{"parent_span_id", "parentSpanId"}
	keysStart   = []string{"start_time_unix_nano", "startTimeUnixNano"}
	keysEnd     = []string{"end_time_unix_nano", "endTimeUnixNano"}
	keysGroups  = []string{"resourceSpans", "resource_spans"}
	keysLog     = []string{"level", "severity", "severityText", "severity_text", "lvl", "msg", "message", "body"}
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
	scan      scanner
	recorded  bool // believe what only WriteNDJSON writes: source, kind_known, dropped
	resources map[string]*Resource
	scratch   []byte

	slow bool // read all spans by way of document values

	// For the spans that are read at once.
	texts  texts
	traces idCache
	attrs  room[Attr]
	open   []Attr // work area for the lists that are open
}

// errNotSpans says that a JSON value is well-formed and holds no spans.
type errNotSpans struct{ what string }

func (e errNotSpans) Error() string { return e.what }

// decode reads one document and nothing after it.
func (r *jsonReader) decode(data []byte) (any, error) { return r.scan.only(data, r.value) }

// document reads the spans of one JSON value, whichever of the forms A to F
// it has. The error is an errNotSpans when the value has nothing to do with
// spans.
func (r *jsonReader) document(v any) ([]Span, error) {
	switch x := v.(type) {
	case []any:
		return r.array(x)
	case object:
		if rs, ok := get(x, keysGroups...); ok {
			return r.resourceSpans(rs)
		}
		if list, ok := x.at("spans").([]any); ok {
			return r.wrapped(list)
		}
		if looksLikeSpan(x) {
			s, err := r.span(x)
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

// array reads form F. An array in which nothing looks like a span is not one
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
		s, err := r.span(o)
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

// wrapped reads the forms D and E. An element of E has a duration in place of
// ids and times; when no element mentions a kind, the format has none.
func (r *jsonReader) wrapped(list []any) ([]Span, error) {
	spans := make([]Span, 0, len(list))
	kinds := false
	for i, e := range list {
		o, ok := e.(object)
		if !ok || !looksLikeSpan(o) && !(has(o, "name") && has(o, "duration_ns")) {
			if len(spans) == 0 {
				return nil, errNotSpans{"a JSON object with a \"spans\" array that does not hold spans"}
			}
			return nil, fmt.Errorf("spans[%d] is not a span", i)
		}
		kinds = kinds || has(o, "kind")
		s, err := r.span(o)
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

// resourceSpans reads form C, with the scope list under its present name or
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
			group, err := r.group(ss.at("spans"))
			if err != nil {
				return nil, err
			}
			scope, version := scopeOf(ss)
			for i := range group {
				if group[i].Resource == nil {
					group[i].Resource = res
				}
				if group[i].Scope == "" && group[i].ScopeVersion == "" {
					group[i].Scope, group[i].ScopeVersion = scope, version
				}
			}
			if spans == nil {
				spans = group
			} else {
				spans = append(spans, group...)
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

// span reads one span object in either key style. What enclosing OTLP groups say
// is filled in later, where the object says nothing itself.
func (r *jsonReader) span(o object) (Span, error) {
	s := Span{KindKnown: true}
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
	dropped := number("droppedAttributesCount") + number("droppedEventsCount") + number("droppedLinksCount")
	if r.recorded {
		dropped += number("dropped")
	}
	s.Dropped = uint32(min(dropped, math.MaxUint32))
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
	if known, ok := o.at("kind_known").(bool); ok && r.recorded {
		s.KindKnown = known
	}
	var err error
	if s.Attrs, err = attrList(o.at("attributes")); err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	if s.Events, err = eventList(o.at("events")); err != nil {
		return err
	}
	if s.Links, err = linkList(o.at("links")); err != nil {
		return err
	}
	code, message, err := statusOf(o.at("status"))
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
	if name, version := scopeOf(o); name != "" || version != "" {
		s.Scope, s.ScopeVersion = name, version
	}
	if src, ok := o.at("source").(object); ok && r.recorded {
		s.Source = Source{Kind: asText(src.at("kind")), Scenario: asText(src.at("scenario")), Service: asText(src.at("service"))}
	}
	return nil
}

// resource reads resource attributes in any of the places where the formats put
// them: resource.attributes, resource_attributes, service_name. It returns nil
// when there are none of these keys.
func (r *jsonReader) resource(o object) (*Resource, error) {
	v, ok := get(o, "resource")
	if res, isObject := v.(object); isObject && has(res, "attributes") {
		v = res.at("attributes")
	}
	if !ok {
		v, ok = get(o, "resource_attributes", "resourceAttributes")
	}
	if !ok {
		if name, has := get(o, "service_name"); has {
			v, ok = object{{"service.name", name}}, true
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
	if r.resources == nil || len(r.resources) >= maxKeys {
		r.resources = map[string]*Resource{}
	}
	res := &Resource{Attrs: attrs}
	r.resources[string(r.scratch)] = res
	return res, nil
}

// scopeOf reads the name and the version of the scope of a group or a span.
func scopeOf(o object) (name, version string) {
	v, _ := get(o, "scope", "instrumentationScope", "instrumentation_scope", "instrumentationLibrary")
	if m, ok := v.(object); ok {
		return asText(m.at("name")), asText(m.at("version"))
	}
	return asText(v), ""
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
		message = asText(o.at("message"))
		v = o.at("code")
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

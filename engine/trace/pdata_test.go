package trace

import (
	"encoding/hex"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// pdataDecode reads a request in protobuf with the library of the OpenTelemetry
// collector: what our own reader is compared with.
func pdataDecode(body []byte) ([]Span, error) {
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(body)
	if err != nil {
		return nil, fmt.Errorf("decode OTLP traces: %w", err)
	}
	spans := make([]Span, 0, td.SpanCount())
	for _, rs := range td.ResourceSpans().All() {
		res := &Resource{Attrs: fromMap(rs.Resource().Attributes())}
		if err := checkNesting(res.Attrs); err != nil {
			return nil, fmt.Errorf("decode OTLP traces: resource: %w", err)
		}
		for _, ss := range rs.ScopeSpans().All() {
			scope, version := text(ss.Scope().Name()), text(ss.Scope().Version())
			for _, sp := range ss.Spans().All() {
				if sp.TraceID().IsEmpty() || sp.SpanID().IsEmpty() {
					continue
				}
				s := fromSpan(sp, res, scope)
				s.ScopeVersion = version
				for _, e := range append([]Event{{Attrs: s.Attrs}}, s.Events...) {
					if err := checkNesting(e.Attrs); err != nil {
						return nil, fmt.Errorf("decode OTLP traces: span %.80q: %w", s.Name, err)
					}
				}
				spans = append(spans, s)
			}
		}
	}
	return spans, nil
}

func fromSpan(sp ptrace.Span, res *Resource, scope string) Span {
	s := Span{
		Name:          text(sp.Name()),
		Kind:          KindUnset,
		KindKnown:     true,
		Start:         uint64(sp.StartTimestamp()),
		End:           uint64(sp.EndTimestamp()),
		StatusMessage: text(sp.Status().Message()),
		Attrs:         fromMap(sp.Attributes()),
		Resource:      res,
		Scope:         scope,
		Dropped:       sp.DroppedAttributesCount() + sp.DroppedEventsCount() + sp.DroppedLinksCount(),
	}
	if id := sp.TraceID(); !id.IsEmpty() {
		s.TraceID = hex.EncodeToString(id[:])
	}
	if id := sp.SpanID(); !id.IsEmpty() {
		s.ID = hex.EncodeToString(id[:])
	}
	if id := sp.ParentSpanID(); !id.IsEmpty() {
		s.ParentID = hex.EncodeToString(id[:])
	}
	if k := sp.Kind(); k >= 0 && k <= ptrace.SpanKindConsumer {
		s.Kind = Kind(k)
	}
	code := StatusUnset
	if c := sp.Status().Code(); c == ptrace.StatusCodeOk || c == ptrace.StatusCodeError {
		code = Status(c)
	}
	s.Status = resolveStatus(code, s.Attrs)
	if n := sp.Events().Len(); n > 0 {
		s.Events = make([]Event, 0, n)
		for _, e := range sp.Events().All() {
			s.Events = append(s.Events, Event{Name: text(e.Name()), Time: uint64(e.Timestamp()), Attrs: fromMap(e.Attributes())})
			s.Dropped += e.DroppedAttributesCount()
		}
	}
	for _, l := range sp.Links().All() {
		link := Link{Attrs: fromMap(l.Attributes())}
		if id := l.TraceID(); !id.IsEmpty() {
			link.TraceID = hex.EncodeToString(id[:])
		}
		if id := l.SpanID(); !id.IsEmpty() {
			link.SpanID = hex.EncodeToString(id[:])
		}
		s.Links = append(s.Links, link)
		s.Dropped += l.DroppedAttributesCount()
	}
	return s
}

func fromMap(m pcommon.Map) []Attr {
	if m.Len() == 0 {
		return nil
	}
	attrs := make([]Attr, 0, m.Len())
	for k, v := range m.All() {
		attrs = append(attrs, Attr{Key: text(k), Value: fromValue(v)})
	}
	return attrs
}

func fromValue(v pcommon.Value) any {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return text(v.Str())
	case pcommon.ValueTypeBool:
		return v.Bool()
	case pcommon.ValueTypeInt:
		return v.Int()
	case pcommon.ValueTypeDouble:
		return v.Double()
	case pcommon.ValueTypeBytes:
		return v.Bytes().AsRaw()
	case pcommon.ValueTypeSlice:
		out := make([]any, 0, v.Slice().Len())
		for _, e := range v.Slice().All() {
			out = append(out, fromValue(e))
		}
		return out
	case pcommon.ValueTypeMap:
		out := make(map[string]any, v.Map().Len())
		for k, e := range v.Map().All() {
			out[text(k)] = fromValue(e)
		}
		return out
	default:
		return nil
	}
}

// text replaces invalid UTF-8, which protobuf decoders let through, so that a
// span means the same before and after it has been written down.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

package trace

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// ErrTooLarge says that unpacked data went over its limit.
var ErrTooLarge = errors.New("unpacked data is over the limit")

// Gunzip unpacks body. It fails with ErrTooLarge, holding no more than limit
// bytes, when the unpacked data is longer than limit.
func Gunzip(body []byte, limit int64) ([]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(zr, limit+1))
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	if int64(len(out)) > limit {
		return nil, fmt.Errorf("unpack gzip: %w of %d bytes", ErrTooLarge, limit)
	}
	return out, zr.Close()
}

// DecodeOTLP reads the body of one OTLP trace export request, OTLP/JSON when
// json is true, else protobuf. Spans come in the order of the payload, their
// Source is left empty: only the caller knows the channel.
func DecodeOTLP(body []byte, json bool) ([]Span, error) {
	var (
		td  ptrace.Traces
		err error
	)
	if json {
		td, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(body)
	} else {
		td, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(body)
	}
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
			scope := text(ss.Scope().Name())
			for _, sp := range ss.Spans().All() {
				s := fromSpan(sp, res, scope)
				if err := s.checkNesting(); err != nil {
					return nil, fmt.Errorf("decode OTLP traces: span %.80q: %w", s.Name, err)
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
		Dropped:       sp.DroppedAttributesCount() + sp.DroppedEventsCount(),
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
		}
	}
	return s
}

// checkNesting checks the attributes of a span and of its events.
func (s *Span) checkNesting() error {
	if err := checkNesting(s.Attrs); err != nil {
		return err
	}
	for i := range s.Events {
		if err := checkNesting(s.Events[i].Attrs); err != nil {
			return err
		}
	}
	return nil
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

package trace

import (
	"bufio"
	"encoding/base64"
	"io"
	"slices"
	"strconv"
)

// WriteNDJSON writes spans as JSON lines that ReadFile reads back without loss:
// one span a line, typed attribute values, resource and source included. An
// error is that of w.
func WriteNDJSON(w io.Writer, spans []Span) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	for i := range spans {
		line = append(appendRecord(line[:0], &spans[i]), '\n')
		if _, err := bw.Write(line); err != nil {
			return err
		}
	}
	return bw.Flush()
}

// appendRecord appends one span in form A with OTLP's typed attribute lists.
func appendRecord(b []byte, s *Span) []byte {
	b = appendField(b, `{"name":`, s.Name)
	b = appendField(b, `,"trace_id":`, s.TraceID)
	b = appendField(b, `,"span_id":`, s.ID)
	b = appendField(b, `,"parent_span_id":`, s.ParentID)
	b = appendField(b, `,"kind":`, s.Kind.String())
	if !s.KindKnown {
		b = append(b, `,"kind_known":false`...)
	}
	b = appendNanos(b, `,"start_time_unix_nano":"`, s.Start)
	b = appendNanos(b, `,"end_time_unix_nano":"`, s.End)
	if s.Elapsed != 0 {
		b = appendNanos(b, `,"duration_ns":"`, s.Elapsed)
	}
	b = appendField(b, `,"status":{"code":`, s.Status.String())
	if s.StatusMessage != "" {
		b = appendField(b, `,"message":`, s.StatusMessage)
	}
	b = append(b, '}')
	if len(s.Attrs) > 0 {
		b = appendAttrs(append(b, `,"attributes":`...), s.Attrs)
	}
	if len(s.Events) > 0 {
		b = appendEvents(b, s.Events)
	}
	if len(s.Links) > 0 {
		b = appendLinks(b, s.Links)
	}
	if s.Resource != nil {
		b = append(appendAttrs(append(b, `,"resource":{"attributes":`...), s.Resource.Attrs), '}')
	}
	switch {
	case s.ScopeVersion != "":
		b = appendField(b, `,"scope":{"name":`, s.Scope)
		b = append(appendField(b, `,"version":`, s.ScopeVersion), '}')
	case s.Scope != "":
		b = appendField(b, `,"scope":`, s.Scope)
	}
	if s.Dropped != 0 {
		b = strconv.AppendUint(append(b, `,"dropped":`...), uint64(s.Dropped), 10)
	}
	if s.Source != (Source{}) {
		b = appendField(b, `,"source":{"kind":`, s.Source.Kind)
		b = appendField(b, `,"scenario":`, s.Source.Scenario)
		b = append(appendField(b, `,"service":`, s.Source.Service), '}')
	}
	return append(b, '}')
}

func appendField(b []byte, key, value string) []byte {
	return appendString(append(b, key...), value)
}

func appendNanos(b []byte, key string, n uint64) []byte {
	return append(strconv.AppendUint(append(b, key...), n, 10), '"')
}

func appendEvents(b []byte, events []Event) []byte {
	b = append(b, `,"events":[`...)
	for i := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendField(b, `{"name":`, events[i].Name)
		b = appendNanos(b, `,"time_unix_nano":"`, events[i].Time)
		if len(events[i].Attrs) > 0 {
			b = appendAttrs(append(b, `,"attributes":`...), events[i].Attrs)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendLinks(b []byte, links []Link) []byte {
	b = append(b, `,"links":[`...)
	for i := range links {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendField(b, `{"trace_id":`, links[i].TraceID)
		b = appendField(b, `,"span_id":`, links[i].SpanID)
		if len(links[i].Attrs) > 0 {
			b = appendAttrs(append(b, `,"attributes":`...), links[i].Attrs)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendAttrs appends attributes as OTLP/JSON writes them, in their order.
func appendAttrs(b []byte, attrs []Attr) []byte {
	b = append(b, '[')
	for i := range attrs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendField(b, `{"key":`, attrs[i].Key)
		b = append(appendTyped(append(b, `,"value":`...), attrs[i].Value), '}')
	}
	return append(b, ']')
}

// appendTyped appends an OTLP AnyValue; a value without a type is {}.
func appendTyped(b []byte, v any) []byte {
	switch x := v.(type) {
	case string:
		b = appendField(b, `{"stringValue":`, x)
	case bool:
		b = strconv.AppendBool(append(b, `{"boolValue":`...), x)
	case int64:
		b = append(strconv.AppendInt(append(b, `{"intValue":"`...), x, 10), '"')
	case float64:
		b = append(appendFloat(append(b, `{"doubleValue":"`...), x), '"')
	case []byte:
		b = append(base64.StdEncoding.AppendEncode(append(b, `{"bytesValue":"`...), x), '"')
	case []any:
		b = append(b, `{"arrayValue":{"values":[`...)
		for i, e := range x {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendTyped(b, e)
		}
		b = append(b, `]}`...)
	case map[string]any:
		keys := make([]string, 0, len(x))
		for k := range x {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		attrs := make([]Attr, len(keys))
		for i, k := range keys {
			attrs[i] = Attr{Key: k, Value: x[k]}
		}
		b = append(appendAttrs(append(b, `{"kvlistValue":{"values":`...), attrs), '}')
	default:
		b = append(b, '{')
	}
	return append(b, '}')
}

package agent

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// The wire types of protobuf.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

// checkProtobuf walks an ExportTraceServiceRequest down to the ids of its spans
// (trace_service.proto, trace.proto), so that an exporter that sends something
// else is told so instead of being answered with success. Everything below a
// span but its ids is left to the reader of the payload.
func checkProtobuf(body []byte) error {
	return fields(body, func(n int, resourceSpans []byte) error {
		if n != 1 { // ExportTraceServiceRequest.resource_spans
			return nil
		}
		return fields(resourceSpans, func(n int, scopeSpans []byte) error {
			if n != 2 { // ResourceSpans.scope_spans
				return nil
			}
			return fields(scopeSpans, func(n int, span []byte) error {
				if n != 2 { // ScopeSpans.spans
					return nil
				}
				return checkSpan(span)
			})
		})
	})
}

// checkSpan requires ids of the right length.
func checkSpan(span []byte) error {
	var traceID, spanID int
	err := fields(span, func(n int, v []byte) error {
		switch n {
		case 1:
			traceID = len(v)
		case 2:
			spanID = len(v)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case traceID != 16:
		return fmt.Errorf("a span has a trace id of %d bytes, not 16", traceID)
	case spanID != 8:
		return fmt.Errorf("a span has a span id of %d bytes, not 8", spanID)
	}
	return nil
}

var errTruncated = errors.New("truncated protobuf message")

// fields calls f for every length-delimited field of a message.
func fields(msg []byte, f func(number int, value []byte) error) error {
	for len(msg) > 0 {
		tag, n := binary.Uvarint(msg)
		if n <= 0 {
			return errTruncated
		}
		msg = msg[n:]
		if tag>>3 == 0 || tag>>3 > 1<<29-1 {
			return fmt.Errorf("field number %d does not exist", tag>>3)
		}
		size := uint64(0)
		switch tag & 7 {
		case wireVarint:
			if _, n = binary.Uvarint(msg); n <= 0 {
				return errTruncated
			}
			size = uint64(n)
		case wire64:
			size = 8
		case wire32:
			size = 4
		case wireBytes:
			if size, n = binary.Uvarint(msg); n <= 0 {
				return errTruncated
			}
			msg = msg[n:]
		default:
			return fmt.Errorf("wire type %d does not exist", tag&7)
		}
		if size > uint64(len(msg)) {
			return errTruncated
		}
		if tag&7 == wireBytes {
			if err := f(int(tag>>3), msg[:size]); err != nil {
				return err
			}
		}
		msg = msg[size:]
	}
	return nil
}

// checkJSON requires the JSON form of the same message, with hex ids
// (OTLP specification, "JSON Protobuf Encoding").
func checkJSON(body []byte) error {
	var req struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct {
					TraceID string `json:"traceId"`
					SpanID  string `json:"spanId"`
				} `json:"spans"`
			} `json:"scopeSpans"`
		} `json:"resourceSpans"`
	}
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	for _, rs := range req.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				if !isHex(s.TraceID, 32) {
					return fmt.Errorf("trace id %.40q is not 32 hex digits", s.TraceID)
				}
				if !isHex(s.SpanID, 16) {
					return fmt.Errorf("span id %.40q is not 16 hex digits", s.SpanID)
				}
			}
		}
	}
	return nil
}

// isHex reports whether s is n hex digits.
func isHex(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

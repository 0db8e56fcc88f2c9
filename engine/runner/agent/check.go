package agent

import (
	"encoding/binary"
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

// content is what a trace request holds.
type content struct {
	spans   int64 // with valid ids
	invalid int64 // without
	why     error // what is wrong with the first of those
}

// span counts one span by its ids.
func (c *content) span(err error) {
	if err == nil {
		c.spans++
		return
	}
	if c.invalid++; c.invalid == 1 {
		c.why = err
	}
}

// checkProtobuf walks an ExportTraceServiceRequest down to the ids of its spans
// (trace_service.proto, trace.proto), so that an exporter that sends something
// else is told so instead of being answered with success. Everything below a
// span but its ids is left to the reader of the payload.
func checkProtobuf(body []byte) (c content, err error) {
	err = fields(body, func(n int, resourceSpans []byte) error {
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
				wrong, err := checkSpan(span)
				c.span(wrong)
				return err
			})
		})
	})
	return c, err
}

// checkSpan requires valid ids. err is about the message around them.
func checkSpan(span []byte) (wrong, err error) {
	var traceID, spanID, parent []byte
	err = fields(span, func(n int, v []byte) error {
		switch n {
		case 1:
			traceID = v
		case 2:
			spanID = v
		case 4:
			parent = v
		}
		return nil
	})
	switch {
	case len(traceID) != 16:
		wrong = fmt.Errorf("a span has a trace id of %d bytes, not 16", len(traceID))
	case len(spanID) != 8:
		wrong = fmt.Errorf("a span has a span id of %d bytes, not 8", len(spanID))
	case len(parent) != 0 && len(parent) != 8:
		wrong = fmt.Errorf("a span has a parent span id of %d bytes, not 8", len(parent))
	case allOf(traceID, 0) || allOf(spanID, 0):
		wrong = errors.New("a span has an id of zeros only")
	}
	return wrong, err
}

// allOf reports whether p is nothing but b.
func allOf(p []byte, b byte) bool {
	for _, c := range p {
		if c != b {
			return false
		}
	}
	return true
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

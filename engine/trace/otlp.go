package trace

import (
	"cmp"
	"errors"
	"fmt"
)

// maxRequest bounds the memory in bytes that the spans of one OTLP request may
// take: a request is at most 64 MiB, but a list of two-byte attributes is worth
// sixteen times its length once it is decoded.
const maxRequest = 512 << 20

// elementSize is about what an element of a JSON document takes while the
// document is read, in bytes.
const elementSize = 64

var errExpands = errors.New("the spans of the request take too much memory")

// Decoder reads the OTLP trace export requests of one channel. Names, resources
// and texts that come again and again are kept once for all of them. It is not
// safe for concurrent use.
type Decoder struct {
	json  jsonReader
	proto protoReader
	limit int // instead of maxRequest
}

// Decode reads the body of one request, OTLP/JSON when json is true, else
// protobuf, and keeps no reference to it. Spans come in the order of the
// payload, their Source is left empty: only the caller knows the channel.
// Spans without a valid trace id and span id are left out and counted in
// invalid: nothing can be said about where they belong.
func (d *Decoder) Decode(body []byte, json bool) (spans []Span, invalid int, err error) {
	limit := cmp.Or(d.limit, maxRequest)
	if json {
		d.json.scan.limit = limit / elementSize
		spans, invalid, err = d.json.request(body)
	} else {
		d.proto.left = limit
		spans, invalid, err = d.proto.request(body)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("decode OTLP traces: %w", err)
	}
	return spans, invalid, nil
}

// DecodeOTLP reads a single request, as a Decoder does.
func DecodeOTLP(body []byte, json bool) (spans []Span, invalid int, err error) {
	return new(Decoder).Decode(body, json)
}

// request reads a request in JSON.
func (r *jsonReader) request(body []byte) ([]Span, int, error) {
	v, err := r.decode(body)
	if err != nil {
		return nil, 0, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, 0, errors.New("the request is not a JSON object")
	}
	groups, _ := get(o, keysGroups...)
	spans, err := r.resourceSpans(groups)
	if err != nil {
		return nil, 0, err
	}
	kept := spans[:0]
	for i := range spans {
		if s := &spans[i]; len(s.TraceID) == 32 && len(s.ID) == 16 && (s.ParentID == "" || len(s.ParentID) == 16) && isHex(s.TraceID) && isHex(s.ID) && isHex(s.ParentID) {
			kept = append(kept, *s)
		}
	}
	return kept, len(spans) - len(kept), nil
}

// isHex reports whether id has nothing but lower-case hex digits.
func isHex(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

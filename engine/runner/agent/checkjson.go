package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// checkJSON requires the JSON form of a trace request, with hex ids (OTLP
// specification, "JSON Protobuf Encoding"). It reads the text once and builds
// nothing: a program under test may send as fast as it can.
func checkJSON(body []byte) (content, error) {
	s := jsonText{b: body}
	var c content
	err := s.object(func(key []byte) error {
		if !isOneOf(key, "resourceSpans", "resource_spans") {
			return s.value()
		}
		return s.objects(func(key []byte) error {
			// The second pair are the former names.
			if !isOneOf(key, "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans") {
				return s.value()
			}
			return s.objects(func(key []byte) error {
				if !isOneOf(key, "spans") {
					return s.value()
				}
				return s.list(func() error { return s.span(&c) })
			})
		})
	})
	if s.space(); err == nil && s.i < len(s.b) {
		err = s.fail("the end")
	}
	return c, err
}

// isOneOf reports whether a key is one of names.
func isOneOf(key []byte, names ...string) bool {
	for _, name := range names {
		if string(key) == name {
			return true
		}
	}
	return false
}

// span reads one span and counts it.
func (s *jsonText) span(c *content) error {
	var traceID, spanID, parent []byte
	err := s.object(func(key []byte) (err error) {
		switch string(key) {
		case "traceId", "trace_id":
			traceID, err = s.text()
		case "spanId", "span_id":
			spanID, err = s.text()
		case "parentSpanId", "parent_span_id":
			if !s.at('n') {
				parent, err = s.text()
				break
			}
			fallthrough
		default:
			err = s.value()
		}
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case !isHex(traceID, 32):
		c.span(fmt.Errorf("trace id %.40q is not 32 hex digits", traceID))
	case !isHex(spanID, 16):
		c.span(fmt.Errorf("span id %.40q is not 16 hex digits", spanID))
	case len(parent) > 0 && !isHex(parent, 16):
		c.span(fmt.Errorf("parent span id %.40q is not 16 hex digits", parent))
	case allOf(traceID, '0') || allOf(spanID, '0'):
		c.span(errors.New("a span has an id of zeros only"))
	default:
		c.span(nil)
	}
	return nil
}

// isHex reports whether s is n hex digits.
func isHex(s []byte, n int) bool {
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

// maxJSONDepth bounds how deep lists and objects may go.
const maxJSONDepth = 1000

// jsonText is JSON that is read from left to right.
type jsonText struct {
	b     []byte
	i     int
	depth int
}

func (s *jsonText) fail(wanted string) error {
	if s.i >= len(s.b) {
		return fmt.Errorf("the JSON text ends where %s should be", wanted)
	}
	r, _ := utf8.DecodeRune(s.b[s.i:])
	return fmt.Errorf("JSON offset %d: found %q instead of %s", s.i, r, wanted)
}

func (s *jsonText) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\n' || s.b[s.i] == '\t' || s.b[s.i] == '\r') {
		s.i++
	}
}

// at reports whether the next character is c.
func (s *jsonText) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

// elements reads what stands between two brackets.
func (s *jsonText) elements(begin, end byte, element func() error) error {
	s.space()
	if !s.at(begin) {
		return s.fail(fmt.Sprintf("%q", begin))
	}
	s.i++
	if s.depth++; s.depth > maxJSONDepth {
		return fmt.Errorf("JSON nested deeper than %d levels", maxJSONDepth)
	}
	s.space()
	for more := !s.at(end); more; {
		s.space()
		if err := element(); err != nil {
			return err
		}
		s.space()
		if more = s.at(','); more {
			s.i++
		}
	}
	if !s.at(end) {
		return s.fail(fmt.Sprintf("a comma or %q", end))
	}
	s.i++
	s.depth--
	return nil
}

// object reads an object; member must read the value of its key.
func (s *jsonText) object(member func(key []byte) error) error {
	return s.elements('{', '}', func() error {
		key, err := s.text()
		if err != nil {
			return err
		}
		s.space()
		if !s.at(':') {
			return s.fail("a colon")
		}
		s.i++
		s.space()
		return member(key)
	})
}

// list reads a list, or null in its place.
func (s *jsonText) list(element func() error) error {
	if s.at('n') {
		return s.value()
	}
	return s.elements('[', ']', element)
}

// objects reads a list of objects, or null in its place.
func (s *jsonText) objects(member func(key []byte) error) error {
	return s.list(func() error { return s.object(member) })
}

// value reads any value.
func (s *jsonText) value() error {
	if s.i >= len(s.b) {
		return s.fail("a value")
	}
	switch c := s.b[s.i]; {
	case c == '{':
		return s.elements('{', '}', s.member)
	case c == '[':
		return s.elements('[', ']', s.value)
	case c == '"':
		_, _, err := s.literal()
		return err
	default:
		return s.word()
	}
}

// member reads a key and its value.
func (s *jsonText) member() error {
	if _, _, err := s.literal(); err != nil {
		return err
	}
	if s.space(); !s.at(':') {
		return s.fail("a colon")
	}
	s.i++
	s.space()
	return s.value()
}

// word reads a number, a boolean or null.
func (s *jsonText) word() error {
	start := s.i
	digits := true
	for ; s.i < len(s.b); s.i++ {
		c := s.b[s.i]
		if c == ',' || c == ']' || c == '}' || c <= ' ' {
			break
		}
		digits = digits && c >= '0' && c <= '9'
	}
	word := s.b[start:s.i]
	if digits && len(word) > 0 && (word[0] != '0' || len(word) == 1) || json.Valid(word) {
		return nil
	}
	s.i = start
	return s.fail("a value")
}

// text reads a string.
func (s *jsonText) text() ([]byte, error) {
	raw, plain, err := s.literal()
	if err != nil || plain {
		return raw, err
	}
	var t string
	err = json.Unmarshal(s.b[s.i-len(raw)-2:s.i], &t)
	return []byte(t), err
}

// literal reads a string and returns what stands between the quotes; plain is
// set when that is the string.
func (s *jsonText) literal() (raw []byte, plain bool, err error) {
	if !s.at('"') {
		return nil, false, s.fail("a string")
	}
	start := s.i + 1
	plain = true
	for s.i = start; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			raw = s.b[start : s.i-1]
			if !plain && !json.Valid(s.b[start-1:s.i]) {
				return nil, false, fmt.Errorf("JSON offset %d: not a string", start-1)
			}
			return raw, plain, nil
		case c == '\\':
			plain = false
			s.i++
		case c < 0x20:
			return nil, false, s.fail("a character of a string")
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	return nil, false, s.fail("the end of a string")
}

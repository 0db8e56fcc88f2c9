package trace

import (
	"encoding/hex"
	"fmt"
	"math"
)

// protoReader turns ExportTraceServiceRequest messages (opentelemetry-proto,
// trace.proto and common.proto) into spans.
type protoReader struct {
	known  interner
	texts  texts
	traces idCache
	attrs  room[Attr]
	events room[Event]
	links  room[Link]
	open   []Attr // work area for the lists that are open
	left   int    // bytes of memory that the request may still take
}

// request reads a whole request.
func (r *protoReader) request(m message) (spans []Span, invalid int, err error) {
	r.open = r.open[:0]
	var f field
	for len(m) > 0 {
		if err = m.next(&f); err == nil && f.id == 1 { // resource_spans
			if err = f.is(wireBytes); err == nil {
				spans, invalid, err = r.resourceSpans(f.bytes, spans, invalid)
			}
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return spans, invalid, nil
}

// resourceSpans appends the spans of one resource. What they have in common may
// stand behind them, so it is looked for first.
func (r *protoReader) resourceSpans(m message, spans []Span, invalid int) ([]Span, int, error) {
	res := &Resource{}
	var err error
	if res.Attrs, err = r.attributesIn(m, 1, 1); err != nil { // resource, attributes
		return nil, 0, fmt.Errorf("resource: %w", err)
	}
	var f field
	for len(m) > 0 {
		if err = m.next(&f); err == nil && f.id == 2 { // scope_spans
			if err = f.is(wireBytes); err == nil {
				spans, invalid, err = r.scopeSpans(f.bytes, res, spans, invalid)
			}
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return spans, invalid, nil
}

// attributesIn reads the attributes of every message in the field outer of m.
func (r *protoReader) attributesIn(m message, outer, inner int) ([]Attr, error) {
	first := len(r.open)
	defer func() { r.open = r.open[:first] }()
	var f field
	for len(m) > 0 {
		if err := m.next(&f); err != nil {
			return nil, err
		}
		if f.id != outer {
			continue
		}
		if err := f.is(wireBytes); err != nil {
			return nil, err
		}
		for in := f.bytes; len(in) > 0; {
			if err := in.next(&f); err != nil {
				return nil, err
			}
			if f.id == inner {
				if err := r.attribute(&f); err != nil {
					return nil, err
				}
			}
		}
	}
	return r.attrs.take(r.open[first:]), nil
}

// scopeSpans appends the spans of one scope.
func (r *protoReader) scopeSpans(m message, res *Resource, spans []Span, invalid int) ([]Span, int, error) {
	var f, in field
	var name, version string
	n := 0
	for rest := m; len(rest) > 0; {
		if err := rest.next(&f); err != nil {
			return nil, 0, err
		}
		switch f.id {
		case 1: // scope
			if err := f.is(wireBytes); err != nil {
				return nil, 0, err
			}
			for scope := f.bytes; len(scope) > 0; {
				if err := scope.next(&in); err != nil {
					return nil, 0, err
				}
				switch in.id {
				case 1:
					name = r.word(in.bytes)
				case 2:
					version = r.word(in.bytes)
				}
			}
		case 2: // spans
			n++
		}
	}
	if spans == nil {
		spans = make([]Span, 0, min(n, len(m)/16))
	}
	for len(m) > 0 {
		if err := m.next(&f); err != nil {
			return nil, 0, err
		}
		if f.id != 2 {
			continue
		}
		if err := f.is(wireBytes); err != nil {
			return nil, 0, err
		}
		if r.left -= spanSize; r.left < 0 {
			return nil, 0, errExpands
		}
		spans = append(spans, Span{KindKnown: true, Resource: res, Scope: name, ScopeVersion: version})
		s := &spans[len(spans)-1]
		ok, err := r.span(f.bytes, s)
		if err != nil {
			return nil, 0, fmt.Errorf("span %.80q: %w", s.Name, err)
		}
		if !ok {
			spans = spans[:len(spans)-1]
			invalid++
		}
	}
	return spans, invalid, nil
}

// span fills s, and reports whether its ids are valid.
func (r *protoReader) span(m message, s *Span) (ok bool, err error) {
	var f field
	var trace, id, parent []byte
	var dropped uint64
	code := StatusUnset
	first, events, links := len(r.open), 0, 0
	rest := m
	for len(rest) > 0 {
		if err := rest.next(&f); err != nil {
			return false, err
		}
		switch f.id {
		case 1, 2, 4, 5:
			err = f.is(wireBytes)
			switch f.id {
			case 1:
				trace = f.bytes
			case 2:
				id = f.bytes
			case 4:
				parent = f.bytes
			default:
				s.Name = r.word(f.bytes)
			}
		case 6:
			if err = f.is(wireVarint); f.number <= uint64(KindConsumer) {
				s.Kind = Kind(f.number)
			}
		case 7:
			err = f.is(wire64)
			s.Start = f.number
		case 8:
			err = f.is(wire64)
			s.End = f.number
		case 9:
			err = r.attribute(&f)
		case 10, 12, 14:
			err = f.is(wireVarint)
			dropped += uint64(uint32(f.number))
		case 11:
			err = f.is(wireBytes)
			events++
		case 13:
			err = f.is(wireBytes)
			links++
		case 15:
			if err = f.is(wireBytes); err == nil {
				code, s.StatusMessage, err = r.status(f.bytes, code, s.StatusMessage)
			}
		}
		if err != nil {
			return false, err
		}
	}
	s.Attrs = r.attrs.take(r.open[first:])
	r.open = r.open[:first]
	if events > 0 || links > 0 {
		more, err := r.eventsAndLinks(m, s, events, links)
		if err != nil {
			return false, err
		}
		dropped += more
	}
	s.Dropped = uint32(min(dropped, math.MaxUint32))
	s.Status = resolveStatus(code, s.Attrs)
	if len(trace) != 16 || len(id) != 8 || len(parent) != 0 && len(parent) != 8 || zero(trace) || zero(id) {
		return false, nil
	}
	s.TraceID, s.ID = r.traces.text(trace, &r.texts), r.texts.hex(id)
	if len(parent) > 0 && !zero(parent) {
		s.ParentID = r.texts.hex(parent)
	}
	return true, nil
}

func zero(id []byte) bool {
	for _, c := range id {
		if c != 0 {
			return false
		}
	}
	return true
}

func (r *protoReader) status(m message, code Status, text string) (Status, string, error) {
	var f field
	for len(m) > 0 {
		if err := m.next(&f); err != nil {
			return code, text, err
		}
		switch f.id {
		case 2:
			if err := f.is(wireBytes); err != nil {
				return code, text, err
			}
			text = r.word(f.bytes)
		case 3:
			if err := f.is(wireVarint); err != nil {
				return code, text, err
			}
			if code = StatusUnset; f.number == 1 || f.number == 2 {
				code = Status(f.number)
			}
		}
	}
	return code, text, nil
}

// eventsAndLinks fills in what few spans have, and returns how much of it was
// left out by the sender.
func (r *protoReader) eventsAndLinks(m message, s *Span, events, links int) (dropped uint64, err error) {
	if r.left -= events*eventSize + links*linkSize; r.left < 0 {
		return 0, errExpands
	}
	if events > 0 {
		s.Events = r.events.grow(events)[:0]
	}
	if links > 0 {
		s.Links = r.links.grow(links)[:0]
	}
	var f field
	for len(m) > 0 {
		if err := m.next(&f); err != nil {
			return 0, err
		}
		var n uint64
		switch f.id {
		case 11:
			s.Events = append(s.Events, Event{})
			n, err = r.event(f.bytes, &s.Events[len(s.Events)-1])
		case 13:
			s.Links = append(s.Links, Link{})
			n, err = r.link(f.bytes, &s.Links[len(s.Links)-1])
		}
		if err != nil {
			return 0, err
		}
		dropped += n
	}
	return dropped, nil
}

// annotation reads an event or a link: attributes under the number attrs, how
// many of them were left out under the next one, and the rest by set.
func (r *protoReader) annotation(m message, attrs int, set func(*field) error) (kept []Attr, dropped uint64, err error) {
	first := len(r.open)
	defer func() { r.open = r.open[:first] }()
	var f field
	for len(m) > 0 {
		if err = m.next(&f); err != nil {
			return nil, 0, err
		}
		switch f.id {
		case attrs:
			err = r.attribute(&f)
		case attrs + 1:
			err = f.is(wireVarint)
			dropped = uint64(uint32(f.number))
		default:
			err = set(&f)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	return r.attrs.take(r.open[first:]), dropped, nil
}

func (r *protoReader) event(m message, e *Event) (dropped uint64, err error) {
	e.Attrs, dropped, err = r.annotation(m, 3, func(f *field) (err error) {
		switch f.id {
		case 1:
			err = f.is(wire64)
			e.Time = f.number
		case 2:
			err = f.is(wireBytes)
			e.Name = r.word(f.bytes)
		}
		return err
	})
	return dropped, err
}

func (r *protoReader) link(m message, l *Link) (dropped uint64, err error) {
	l.Attrs, dropped, err = r.annotation(m, 4, func(f *field) (err error) {
		switch f.id {
		case 1:
			err = f.is(wireBytes)
			l.TraceID = normalID(hex.EncodeToString(f.bytes))
		case 2:
			err = f.is(wireBytes)
			l.SpanID = normalID(hex.EncodeToString(f.bytes))
		}
		return err
	})
	return dropped, err
}

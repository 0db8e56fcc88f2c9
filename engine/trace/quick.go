package trace

import "math"

// A span as every exporter of OTLP/JSON writes it is read here straight from the
// text; anything else in its place, however right or wrong, is left to the
// general way by document values, which takes several times as long.

// quick reads the next span if it is one of those. If it is not, nothing has
// been read, except that texts may have been remembered.
func (r *jsonReader) quick() (Span, bool) {
	pos, depth, items, members := r.scan.pos, r.scan.depth, len(r.scan.items), len(r.scan.members)
	s, ok := r.quickSpan()
	r.open = r.open[:0]
	if !ok {
		r.scan.pos, r.scan.depth = pos, depth
		r.scan.items, r.scan.members = r.scan.items[:items], r.scan.members[:members]
	}
	return s, ok
}

// spanKeys are the members of a span, numbered by their place.
var spanKeys = map[string]uint{
	"traceId": 0, "spanId": 1, "parentSpanId": 2, "name": 3, "kind": 4, "startTimeUnixNano": 5, "endTimeUnixNano": 6,
	"attributes": 7, "status": 8, "events": 9, "flags": 10, "traceState": 11,
	"droppedAttributesCount": 12, "droppedEventsCount": 13,
}

func (r *jsonReader) quickSpan() (s Span, ok bool) {
	c := cursor{data: r.scan.data, pos: r.scan.pos}
	s.KindKnown = true
	var seen uint
	var code, dropped uint64
	for ok = c.open('{', '}'); ok && !c.closed; ok = c.more('}') {
		key, found := c.key()
		n, known := spanKeys[string(key)]
		if !found || !known || seen&(1<<n) != 0 {
			return s, false
		}
		seen |= 1 << n
		switch n {
		case 0:
			s.TraceID, ok = r.id(&c, 32)
		case 1:
			s.ID, ok = r.id(&c, 16)
		case 2:
			s.ParentID, ok = r.id(&c, 16)
		case 3:
			s.Name, ok = r.word(&c)
		case 4:
			var kind uint64
			kind, ok = c.digits()
			s.Kind, ok = Kind(kind), ok && kind <= uint64(KindConsumer)
		case 5:
			s.Start, ok = c.count()
		case 6:
			s.End, ok = c.count()
		case 7:
			s.Attrs, ok = r.quickAttrs(&c)
		case 8:
			code, s.StatusMessage, ok = r.quickStatus(&c)
		case 9:
			s.Events, ok = r.quickEvents(&c)
		case 10:
			_, ok = c.digits()
		case 11:
			_, ok = c.plain()
		default:
			var n uint64
			n, ok = c.digits()
			dropped += n
		}
		if !ok {
			return s, false
		}
	}
	if !ok || seen&(1<<3) == 0 {
		return s, false
	}
	s.Dropped = uint32(min(dropped, math.MaxUint32))
	s.Status = resolveStatus(Status(code), s.Attrs)
	r.scan.pos = c.pos
	return s, true
}

// id reads an id of n lower-case hex digits, or an empty one.
func (r *jsonReader) id(c *cursor, n int) (string, bool) {
	raw, ok := c.plain()
	if !ok || len(raw) != n && len(raw) != 0 {
		return "", false
	}
	none := true
	for _, d := range raw {
		if (d < '0' || d > '9') && (d < 'a' || d > 'f') {
			return "", false
		}
		none = none && d == '0'
	}
	if none {
		return "", true
	}
	if n == 32 {
		return r.traces.digits(raw, &r.texts), true
	}
	return r.texts.keep(raw), true
}

// word reads a text that comes often.
func (r *jsonReader) word(c *cursor) (string, bool) {
	v, ok := r.text(c)
	s, _ := v.(string)
	return s, ok
}

func (r *jsonReader) text(c *cursor) (any, bool) {
	if raw, ok := c.plain(); ok {
		return r.scan.known.text(raw), true
	}
	if !c.at('"') {
		return nil, false
	}
	r.scan.pos = c.pos
	v, err := r.scan.string()
	c.pos = r.scan.pos
	return v, err == nil
}

func (r *jsonReader) quickStatus(c *cursor) (code uint64, message string, ok bool) {
	var seenCode, seenMessage bool
	for ok = c.open('{', '}'); ok && !c.closed; ok = c.more('}') {
		key, found := c.key()
		switch {
		case found && !seenCode && string(key) == "code":
			seenCode = true
			code, ok = c.digits()
			ok = ok && code <= uint64(StatusError)
		case found && !seenMessage && string(key) == "message":
			seenMessage = true
			message, ok = r.word(c)
		default:
			return 0, "", false
		}
		if !ok {
			return 0, "", false
		}
	}
	return code, message, ok
}

// quickAttrs reads a list of keys with typed values.
func (r *jsonReader) quickAttrs(c *cursor) ([]Attr, bool) {
	first := len(r.open)
	ok := c.open('[', ']')
	for ; ok && !c.closed; ok = c.more(']') {
		if ok = c.open('{', '}') && !c.closed; !ok {
			break
		}
		var a Attr
		if key, found := c.key(); !found || string(key) != "key" {
			return nil, false
		}
		if a.Key, ok = r.word(c); !ok || !c.more('}') || c.closed {
			return nil, false
		}
		if key, found := c.key(); !found || string(key) != "value" {
			return nil, false
		}
		if a.Value, ok = r.quickValue(c); !ok || !c.more('}') || !c.closed {
			return nil, false
		}
		r.open = append(r.open, a)
	}
	if !ok {
		return nil, false
	}
	attrs := r.attrs.take(r.open[first:])
	r.open = r.open[:first]
	return attrs, true
}

// quickValue reads a typed value: texts, booleans and integers at once, others
// by way of document values.
func (r *jsonReader) quickValue(c *cursor) (v any, ok bool) {
	start := c.pos
	if c.open('{', '}') && !c.closed {
		key, found := c.key()
		switch {
		case !found:
		case string(key) == "stringValue":
			v, ok = r.text(c)
		case string(key) == "intValue":
			v, ok = c.integer()
		case string(key) == "boolValue":
			v, ok = c.boolean()
		}
		if ok && c.more('}') && c.closed {
			return v, true
		}
	}
	r.scan.pos = start
	doc, err := r.scan.value()
	if err != nil {
		return nil, false
	}
	c.pos = r.scan.pos
	v, err = typedValue(doc)
	return v, err == nil && !deeper(v, maxNesting)
}

func (r *jsonReader) quickEvents(c *cursor) ([]Event, bool) {
	var list []Event
	ok := c.open('[', ']')
	for ; ok && !c.closed; ok = c.more(']') {
		var e Event
		var seen uint
		for ok = c.open('{', '}'); ok && !c.closed; ok = c.more('}') {
			key, found := c.key()
			bit := uint(0)
			switch {
			case !found:
				return nil, false
			case string(key) == "timeUnixNano":
				bit = 1
				e.Time, ok = c.count()
			case string(key) == "name":
				bit = 2
				e.Name, ok = r.word(c)
			case string(key) == "attributes":
				bit = 4
				e.Attrs, ok = r.quickAttrs(c)
			}
			if !ok || bit == 0 || seen&bit != 0 {
				return nil, false
			}
			seen |= bit
		}
		if !ok {
			return nil, false
		}
		list = append(list, e)
	}
	return list, ok
}

package trace

import (
	"strings"
	"unsafe"
)

// Attr is one attribute. Value is string, bool, int64, float64, []any,
// map[string]any or []byte, and nil for an OTLP value without a type.
type Attr struct {
	Key   string
	Value any
}

// Lookup returns the value of the first attribute with that key.
func Lookup(attrs []Attr, key string) (any, bool) {
	for i := range attrs {
		if attrs[i].Key == key {
			return attrs[i].Value, true
		}
	}
	return nil, false
}

// Event is a span event.
type Event struct {
	Name  string
	Time  uint64 // unix ns, 0 when unknown
	Attrs []Attr
}

// Link says that a span has to do with another, of the same trace or not.
type Link struct {
	TraceID string // lower hex
	SpanID  string // lower hex
	Attrs   []Attr
}

// Resource describes what emitted spans. Spans share it by pointer.
type Resource struct{ Attrs []Attr }

// Span is the canonical span: what every format is read into, and all that
// expectations see.
type Span struct {
	Name          string
	TraceID       string // lower hex; "" in formats that have none
	ID            string // lower hex; "" in formats that have none
	ParentID      string // "" for a root
	Kind          Kind
	KindKnown     bool   // false when the input format omits kinds entirely
	Status        Status // already resolved
	Dropped       uint32 // attributes, events and links that the SDK says it left out
	Start, End    uint64 // unix ns; 0 when unknown
	Elapsed       uint64 // ns; only in formats that give a duration and no times
	StatusMessage string
	Attrs         []Attr
	Events        []Event
	Links         []Link
	Resource      *Resource // nil when the input has none
	Scope         string    // instrumentation scope name
	ScopeVersion  string    // and its version
	Source        Source    // which channel delivered it
}

// Footprint is about how many bytes of memory the span holds by itself: what it
// shares with others of its request (its resource, its scope) is not counted.
func (s *Span) Footprint() int {
	n := spanSize + len(s.Name) + len(s.TraceID) + len(s.ID) + len(s.ParentID) + len(s.StatusMessage) + attrsSize(s.Attrs)
	for i := range s.Events {
		n += eventSize + len(s.Events[i].Name) + attrsSize(s.Events[i].Attrs)
	}
	for i := range s.Links {
		n += linkSize + len(s.Links[i].TraceID) + len(s.Links[i].SpanID) + attrsSize(s.Links[i].Attrs)
	}
	return n
}

// What the parts of a span take without what they refer to, in bytes.
const (
	spanSize  = int(unsafe.Sizeof(Span{}))
	eventSize = int(unsafe.Sizeof(Event{}))
	linkSize  = int(unsafe.Sizeof(Link{}))
	attrSize  = int(unsafe.Sizeof(Attr{}))
)

func attrsSize(attrs []Attr) int {
	n := len(attrs) * attrSize
	for i := range attrs {
		n += len(attrs[i].Key) + valueSize(attrs[i].Value)
	}
	return n
}

// valueSize is what a value takes behind the interface that holds it.
func valueSize(v any) int {
	n := 16
	switch x := v.(type) {
	case string:
		n += len(x)
	case []byte:
		n += len(x)
	case []any:
		for _, e := range x {
			n += 16 + valueSize(e)
		}
	case map[string]any:
		for k, e := range x {
			n += 48 + len(k) + valueSize(e)
		}
	}
	return n
}

// Duration returns the duration in ns. It is not known when a time is missing
// or the end lies before the start (such a span has no duration that an
// expectation could accept).
func (s *Span) Duration() (ns uint64, known bool) {
	if s.Timed() {
		return s.End - s.Start, true
	}
	if s.Start == 0 && s.End == 0 && s.Elapsed > 0 {
		return s.Elapsed, true
	}
	return 0, false
}

// Timed reports whether both times are known and in order.
func (s *Span) Timed() bool { return s.Start != 0 && s.End >= s.Start }

// Source names the channel by which a span arrived; content cannot forge it.
type Source struct {
	Kind     string // "otlp", "stdout", "self" or "file"
	Scenario string // "" when not bound to one
	Service  string // service whose container delivered it
}

// String is the form that reports use: "otlp shop".
func (s Source) String() string { return strings.TrimSpace(s.Kind + " " + s.Service) }

// normalID brings an id to the form in which ids are compared: lower case, and
// "" for the several spellings of "none".
func normalID(id string) string {
	id = strings.TrimSpace(id)
	if strings.Trim(id, "0") == "" {
		return ""
	}
	return strings.ToLower(id)
}

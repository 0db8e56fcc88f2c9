package trace

// Kind is a span kind as OTLP numbers it.
type Kind uint8

// The span kinds of OTLP (trace.proto, Span.SpanKind).
const (
	KindUnset Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
)

// Status is a resolved span status (semantics 2.7).
type Status uint8

// The status codes of OTLP.
const (
	StatusUnset Status = iota
	StatusOK
	StatusError
)

// Attr is one attribute. Value is string, bool, int64, float64, []any,
// map[string]any or []byte.
type Attr struct {
	Key   string
	Value any
}

// Event is a span event.
type Event struct {
	Name  string
	Time  uint64 // unix ns, 0 when unknown
	Attrs []Attr
}

// Resource describes what emitted spans. Spans share it by pointer.
type Resource struct{ Attrs []Attr }

// Span is the canonical span of semantics 3.1.
type Span struct {
	Name          string
	TraceID       string // lower hex; "" in formats that have none
	ID            string // lower hex
	ParentID      string // "" for a root
	Kind          Kind
	KindKnown     bool   // false when the input format omits kinds entirely
	Start, End    uint64 // unix ns; 0 when unknown
	Status        Status // already resolved
	StatusMessage string
	Attrs         []Attr
	Events        []Event
	Resource      *Resource // nil when the input has none
	Scope         string    // instrumentation scope name
	Source        Source    // which channel delivered it
}

// Source names the channel by which a span arrived; content cannot forge it.
type Source struct {
	Kind     string // "otlp", "stdout", "self" or "file"
	Scenario string // "" when not bound to one
	Service  string // service whose container delivered it
}

package spec

// Expect is an [expect] table, of a file or of one scenario.
type Expect struct {
	Pos         Pos
	Spans       []*SpanExpect
	Graph       *GraphExpect
	Counts      *CountsExpect
	Windows     []*WindowExpect
	Order       *OrderExpect
	Status      *StatusExpect
	Hermeticity *HermeticityExpect
	Traces      []*TraceExpect // [[otel_validation.expected_traces]]
	EachTrace   *EachTraceExpect
	Values      []*ValueExpect   // [[otel_validation.attribute_constraints]]
	Gaps        []*GapExpect     // the part of [[otel_validation.temporal_constraints]] that [expect.order] cannot say
	Siblings    []*SiblingExpect // [[otel_validation.sibling_constraints]]
}

// ValueExpect wants every value of an attribute, on spans and on resources, to
// be of a type and to meet conditions; at least one span or resource has it.
type ValueExpect struct {
	Pos  Pos
	Key  string
	Type string       // string|integer|number|boolean; "" means any
	All  []AttrExpect // AttrOneOf, AttrGte, AttrLte and AttrRegex
}

// GapExpect wants, for every span To, a span From that ended before it started.
type GapExpect struct {
	Pos      Pos
	From, To string   // globs
	Max      *float64 // milliseconds from that end to the start, at most; nil means any
}

// SiblingExpect wants two spans that are children of one parent.
type SiblingExpect struct {
	Pos    Pos
	A, B   string // globs
	Parent string // glob; "" means any parent
	Order  string // parallel: there is a time at which both run; sequential: A ends before B starts; "" means any
}

// The orders of siblings.
const (
	OrderParallel   = "parallel"
	OrderSequential = "sequential"
)

// TraceExpect wants one trace that holds a span of every name.
type TraceExpect struct {
	Pos      Pos
	Names    []string // globs
	NamesPos Pos
	Complete bool // and no span of that trace has a parent that was not collected
}

// EachTraceExpect is [expect.window] in its form without an outer span: it
// holds for every trace.
type EachTraceExpect struct {
	Pos       Pos
	Duration  *DurationExpect // from the first start to the last end of a trace
	Nested    bool            // every child lies in time inside its parent
	NestedPos Pos
}

// SpanExpect is one [[expect.span]]: at least one span satisfies all of it.
type SpanExpect struct {
	Pos       Pos
	Name      string // glob
	Exists    *bool  // exists = false: no such span may occur
	Parent    string // glob; "" means no constraint
	ParentPos Pos
	Root      *bool // true: it has no parent; false: it has one
	RootPos   Pos
	Scope     string // glob over the name of the instrumentation scope; "" means no constraint
	ScopePos  Pos
	Links     []string // globs: of each, the span links to a collected span of that name
	LinksPos  Pos
	Kind      string // internal|server|client|producer|consumer; "" means no constraint
	KindPos   Pos
	Status    string // OK|ERROR|UNSET; "" means no constraint
	StatusPos Pos
	AttrsAll  []AttrExpect
	AttrsAny  []AttrExpect
	EventsAll []string
	EventsAny []string
	EventsPos Pos
	Duration  *DurationExpect
}

// AttrOp is how an attribute value is compared.
type AttrOp uint8

// The attribute operators of [[expect.span]].
const (
	AttrEq      AttrOp = iota // value text equality
	AttrPresent               // the key is there
	AttrAbsent                // exists = false
	AttrGte                   // numeric
	AttrLte                   // numeric
	AttrRegex                 // RE2, unanchored
	AttrOneOf                 // array of alternatives
)

// AttrExpect is one constraint on an attribute. A key that starts with
// "resource." looks at resource attributes.
type AttrExpect struct {
	Pos    Pos
	Key    string
	Op     AttrOp
	Value  string   // canonical text for AttrEq and AttrRegex
	Number float64  // for AttrGte and AttrLte
	OneOf  []string // canonical texts
}

// DurationExpect bounds a span's duration in milliseconds, inclusive.
type DurationExpect struct {
	Pos      Pos
	Min, Max *float64
}

// Edge is a pair of span name patterns.
type Edge struct {
	Pos      Pos
	From, To string
}

// GraphExpect is [expect.graph].
type GraphExpect struct {
	Pos          Pos
	MustInclude  []Edge // direct parent → child in one trace
	MustNotCross []Edge // no ancestor–descendant path, either direction
	Acyclic      bool
	AcyclicPos   Pos

	MaxDepth      *int64 // levels of the deepest trace at most, the root being the first
	MaxDepthPos   Pos
	SingleRoot    bool // one root above all spans, those of all traces together
	SingleRootPos Pos
	NoOrphans     bool // every parent was collected
	NoOrphansPos  Pos
	Connected     bool // all spans form one tree
	ConnectedPos  Pos
}

// Bound is a numeric range; every given bound must hold.
type Bound struct {
	Pos          Pos
	Gte, Lte, Eq *int64
}

// NamedBound is a bound for the spans whose name (or kind) matches.
type NamedBound struct {
	Name string
	Bound
}

// CountsExpect is [expect.counts].
type CountsExpect struct {
	Pos         Pos
	SpansTotal  *Bound
	EventsTotal *Bound
	ErrorsTotal *Bound
	ByName      []NamedBound
	ByKind      []NamedBound
	ByService   []NamedBound // by resource attribute service.name; names are globs
}

// WindowExpect is one [[expect.window]].
type WindowExpect struct {
	Pos      Pos
	Outer    string
	Contains []string

	ContainsPos Pos
	Duration    *DurationExpect // of every span that matches Outer; nil means no bound
}

// OrderExpect is [expect.order].
type OrderExpect struct {
	Pos         Pos
	MustPrecede []Edge
	MustFollow  []Edge
}

// NamedStatus is a status for the spans whose name matches.
type NamedStatus struct {
	Pos    Pos
	Name   string
	Status string
}

// StatusExpect is [expect.status].
type StatusExpect struct {
	Pos    Pos
	All    string // OK|ERROR|UNSET; "" means no constraint
	AllPos Pos
	ByName []NamedStatus
	Strict bool // UNSET does not satisfy OK
}

// HermeticityExpect is [expect.hermeticity].
type HermeticityExpect struct {
	Pos                Pos
	NoExternalServices bool
	NoExternalPos      Pos
	ResourceAttrs      []AttrExpect // resource_attrs.must_match
	SDKResourceAttrs   []AttrExpect // sdk_resource_attrs.must_match
	ForbidKeys         []string     // span_attrs.forbid_keys, globs
	ForbidPos          Pos
}

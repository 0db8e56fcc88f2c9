package engine

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// maxViewSpans bounds the spans of one view and, together, of those that are
// kept for looking at them again.
const maxViewSpans = 50_000

// Spans are the spans that the last result of a scenario was judged over, in the
// order of a waterfall: each before its children, siblings by their start. Spans
// never change and may be read by several goroutines.
type Spans struct {
	ID      ScenarioID
	At      time.Time     // when the run started; the zero time when nothing is recorded
	From    uint64        // earliest start, unix ns; 0 when no span has times
	Length  time.Duration // from the earliest start to the latest end
	Total   int           // spans that were judged; Rows can be fewer
	Errors  int
	Rows    []Span
	Missing []MissingSpan // what expectations ask for and is not there

	// CheckRows holds, for each check of the result, the row that it is about,
	// -1 for none: the one that its explanation names, else the first with a name
	// that it asks for.
	CheckRows []int
	// Checks returns the checks of the result that are about the span of a row, those
	// that did not hold first: the ones that name it, or it in what explains them.
	Checks func(row int) []int
	// Detail returns what is known of the span of a row.
	Detail func(row int) SpanDetail
	// Mentions reports whether anything that is known of the span of a row holds a
	// text in lower case, attributes by key=value, too.
	Mentions func(row int, text string) bool
}

// Span is one row of a waterfall.
type Span struct {
	Name     string
	Service  string        // that emitted it; "" when unknown
	Depth    int           // 0 for a root
	Parent   int           // row of the parent, -1 for a root
	Below    int           // rows that follow and are its descendants
	Start    time.Duration // after Spans.From
	Duration time.Duration
	Timed    bool // Start is known
	Measured bool // Duration is known
	Error    bool // its status is ERROR
	Failed   bool // a rule about it did not hold
	Orphan   bool // it names a parent that was not collected
	Critical bool // the time of its trace was spent here or below: on the critical path
}

// MissingSpan is a span that an expectation asks for and that no span answers.
type MissingSpan struct {
	Name   string // pattern
	Parent int    // row below which it was expected, -1 when that is not said
	Check  int    // index in Result.Checks of the rule that misses it
}

// SpanDetail is all that is known of one span.
type SpanDetail struct {
	Kind, Status, StatusMessage string
	TraceID, ID, ParentID       string
	Scope                       string
	Source                      string // the channel by which it arrived
	Attributes, Resource        []SpanAttr
	Events                      []SpanEvent
}

// SpanAttr is an attribute with its value as expectations compare it.
type SpanAttr struct{ Key, Value string }

// SpanEvent is an event of a span. Offset is its time after the span's start;
// negative when that is not known.
type SpanEvent struct {
	Name       string
	Offset     time.Duration
	Attributes []SpanAttr
}

// Time returns the moment at which the span of a row began; the zero time when
// that is not known.
func (s *Spans) Time(row int) time.Time {
	if !s.Rows[row].Timed {
		return time.Time{}
	}
	return time.Unix(0, int64(s.From)+int64(s.Rows[row].Start))
}

// RowAt returns the row of the deepest span that was open at a moment; -1 when
// none was.
func (s *Spans) RowAt(at time.Time) int {
	best := -1
	after := time.Duration(at.UnixNano() - int64(s.From))
	for i := range s.Rows {
		row := &s.Rows[i]
		if row.Timed && row.Start <= after && after <= row.Start+row.Duration && (best < 0 || row.Depth >= s.Rows[best].Depth) {
			best = i
		}
	}
	return best
}

// Spans returns the spans of the last result of a scenario; false while they
// are being prepared, after which a new snapshot is published. Without a
// recorded run there are none, and At is zero.
func (e *Engine) Spans(id ScenarioID) (*Spans, bool) {
	e.mu.Lock()
	src := e.spanSource(id)
	e.mu.Unlock()
	if src.rec == nil {
		return &Spans{ID: id}, true
	}
	type origin struct {
		rec    *store.Record
		result *Result
	}
	return e.spans.get(id, origin{src.rec, src.result}, func() (*Spans, int) {
		s := src.build(id)
		return s, len(s.Rows)
	}, e.prepare)
}

// spanSource is what a view of spans is made from.
type spanSource struct {
	rec    *store.Record // of the scenario, or of the first of several
	all    []*store.Record
	file   *spec.File
	one    *spec.Scenario // nil for the expectations of the file
	result *Result
	hide   *secret.Set
}

// spanSource gathers under the lock what build needs without it.
func (e *Engine) spanSource(id ScenarioID) (src spanSource) {
	en := e.entries[id.Path]
	if en == nil {
		return src
	}
	src.hide = en.secrets
	if s := findScenario(en.shown, id); s != nil {
		src.result = s.Last().Result
	}
	if src.file, src.one = en.find(id.Name); src.one != nil {
		src.rec = en.records[id.Name]
		return src
	}
	for _, f := range filesOf(en.kept) {
		if FileScope+f.Cell != id.Name {
			continue
		}
		src.file = f
		for _, sc := range f.Scenarios {
			rec := en.records[sc.Name]
			if rec == nil {
				return spanSource{}
			}
			src.all = append(src.all, rec)
		}
		if len(src.all) > 0 {
			src.rec = src.all[0]
		}
	}
	return src
}

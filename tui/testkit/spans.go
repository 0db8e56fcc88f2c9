package testkit

import (
	"fmt"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// SetSpans sets the spans of the last result of a scenario; nil says that they
// are being prepared.
func (e *Engine) SetSpans(id engine.ScenarioID, s *engine.Spans) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spans[id] = s
}

// Spans returns what SetSpans set; without it nothing is recorded.
func (e *Engine) Spans(id engine.ScenarioID) (*engine.Spans, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.spans[id]; ok {
		return s, s != nil
	}
	return &engine.Spans{ID: id}, true
}

// TraceStart is when the spans of Waterfall begin.
var TraceStart = Now.Add(-2*time.Minute - 3*time.Second)

// Traced is Failed with a rule that misses a span, so that a waterfall has all
// kinds of rows.
func Traced() *engine.Snapshot {
	s := Failed()
	x := s.Templates[2].Scenarios[1]
	x.Run.Result.Judged++
	x.Run.Result.Checks = append(x.Run.Result.Checks, engine.Check{
		Rule: "expect.graph.must_include[order.charge -> order.receipt]", Pos: diag.Position{File: orders, Line: 15, Column: 1},
		Message: "expected an edge 'order.charge' -> 'order.receipt', found none: no span 'order.receipt' was collected",
		Spans:   []string{"order.charge", "order.receipt"},
	})
	Count(s)
	return s
}

// Waterfall is what Traced was judged over.
func Waterfall() *engine.Spans {
	const ms = time.Millisecond
	row := func(name, service string, parent int, start, took time.Duration) engine.Span {
		return engine.Span{Name: name, Service: service, Parent: parent, Start: start, Duration: took, Timed: true, Measured: true}
	}
	s := &engine.Spans{
		ID: PaysTwice, At: TraceStart, From: uint64(TraceStart.UnixNano()), Length: 412 * ms,
		Rows: []engine.Span{
			row("POST /orders", "gateway", -1, 0, 412*ms),
			row("order.create", "shop", 0, 6*ms, 180*ms),
			row("INSERT orders", "db", 1, 20*ms, 31*ms),
			row("cache.get", "shop", 1, 60*ms, 400*time.Microsecond),
			row("order.charge", "shop", 0, 190*ms, 205*ms),
			row("POST /charges", "payments", 4, 201*ms, 150*ms),
			row("INSERT charges", "db", 5, 230*ms, 90*ms),
			row("audit.write", "shop", 0, 200*ms, 12*ms),
		},
		Missing:   []engine.MissingSpan{{Name: "order.receipt", Parent: 4, Check: 4}},
		CheckRows: []int{-1, 1, -1, 4, 4},
		Detail:    func(i int) engine.SpanDetail { return spanDetail(i) },
		Checks: func(i int) []int {
			return map[int][]int{1: {1}, 4: {3, 4}}[i]
		},
	}
	for i := range s.Rows {
		s.Rows[i].Critical = i != 2 && i != 3 && i != 7
	}
	s.Mentions = func(i int, text string) bool {
		return strings.Contains(strings.ToLower(fmt.Sprint(s.Rows[i].Name, s.Rows[i].Service, spanDetail(i))), text)
	}
	s.Rows[4].Failed = true
	s.Rows[6].Error, s.Errors = true, 1
	nest(s)
	return s
}

// spanDetail is what is known of the spans of Waterfall.
func spanDetail(i int) engine.SpanDetail {
	d := engine.SpanDetail{Kind: "internal", Status: "OK", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", ID: fmt.Sprintf("00f067aa0ba9%04x", i), Source: "otlp shop"}
	switch i {
	case 4:
		d.Attributes = []engine.SpanAttr{{Key: "charge.count", Value: "2"}, {Key: "charge.currency", Value: "EUR"}, {Key: "order.id", Value: "42"}}
		d.Events = []engine.SpanEvent{{Name: "already paid", Offset: 3 * time.Millisecond, Attributes: []engine.SpanAttr{{Key: "by", Value: "ada"}}}}
		d.Resource = []engine.SpanAttr{{Key: "service.name", Value: "shop"}}
	case 6:
		d.Status, d.StatusMessage = "ERROR", "duplicate key value violates unique constraint \"charges_order\""
		d.Attributes = []engine.SpanAttr{{Key: "db.statement", Value: "INSERT INTO charges (order_id, amount, currency) VALUES ($1, $2, $3) RETURNING id"}}
	}
	return d
}

// nest sets what follows from the parents.
func nest(s *engine.Spans) {
	s.Total = len(s.Rows)
	for i := range s.Rows {
		if p := s.Rows[i].Parent; p >= 0 {
			s.Rows[i].Depth = s.Rows[p].Depth + 1
		}
	}
	for i := len(s.Rows) - 1; i >= 0; i-- {
		if p := s.Rows[i].Parent; p >= 0 {
			s.Rows[p].Below += 1 + s.Rows[i].Below
		}
	}
}

// ManySpans are n spans in a tree, ten below each.
func ManySpans(n int) *engine.Spans {
	s := &engine.Spans{ID: PaysTwice, At: TraceStart, From: uint64(TraceStart.UnixNano()), Length: time.Duration(n) * time.Millisecond,
		Detail: func(int) engine.SpanDetail { return engine.SpanDetail{Kind: "client", Status: "OK"} },
		Checks: func(int) []int { return nil }}
	s.Mentions = func(i int, text string) bool { return strings.Contains(s.Rows[i].Name+s.Rows[i].Service, text) }
	var add func(parent, depth, below int)
	add = func(parent, depth, below int) {
		i := len(s.Rows)
		s.Rows = append(s.Rows, engine.Span{
			Name: fmt.Sprintf("operation %d", i), Service: fmt.Sprintf("service-%d", i%7), Parent: parent,
			Start: time.Duration(i) * time.Millisecond, Duration: time.Duration(below) * time.Millisecond, Timed: true, Measured: true,
			Critical: i%10 == 1, Error: i%997 == 0,
		})
		for rest := below - 1; rest > 0; {
			part := min((below+8)/10, rest)
			add(i, depth+1, part)
			rest -= part
		}
	}
	add(-1, 0, n)
	nest(s)
	return s
}

// SetHistory sets the remembered runs of a scenario.
func (e *Engine) SetHistory(id engine.ScenarioID, runs []engine.RunRecord) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.history[id] = runs
}

// History returns what SetHistory set.
func (e *Engine) History(id engine.ScenarioID) []engine.RunRecord {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.history[id]
}

// CompareRuns compares any two runs alike.
func (e *Engine) CompareRuns(engine.ScenarioID, string, string) (*engine.RunDelta, bool) {
	return &engine.RunDelta{Same: 6, Names: []engine.NameDelta{
		{Name: "order.charge", Older: 1, Newer: 2, OldTime: 120 * time.Millisecond, NewTime: 205 * time.Millisecond},
		{Name: "order.receipt", Older: 1, OldTime: 8 * time.Millisecond},
		{Name: "INSERT charges", Older: 1, Newer: 1, OldTime: 20 * time.Millisecond, NewTime: 90 * time.Millisecond},
	}}, true
}

// Runs are the remembered runs of PaysTwice: they pass, fail once, pass at the
// second attempt, and fail now.
func Runs() []engine.RunRecord {
	var out []engine.RunRecord
	for i, verdict := range []engine.Verdict{3, 3, 4, 3, 3, 3, 3, 4} {
		r := engine.RunRecord{
			ID: fmt.Sprint("run", i), At: Now.Add(-time.Duration(8-i) * 47 * time.Minute), Duration: time.Duration(900+i*137%700) * time.Millisecond,
			Verdict: verdict, Digest: "c0ffee00c0ffee00", SpecHash: "5eed", RunHash: "r", Spans: 23, Attempts: 1, Backend: "docker", Hermetic: true,
			Images: []engine.Container{{Service: "shop", Image: "shop:latest", Digest: "sha256:1a2b"}},
		}
		if verdict == engine.VerdictFail {
			r.Failure, r.Digest = `expected "charge.count" = 1, found 2 in the only span "order.charge"`, "deadbeefdeadbeef"
		}
		out = append(out, r)
	}
	out[5].Attempts, out[5].Flaky = 2, true
	out[6].SpecHash = "5eee"
	out[7].SpecHash, out[7].At, out[7].Duration = "5eee", Now.Add(-2*time.Minute), 3400*time.Millisecond
	return out
}

// StrengthOf is the same for every template.
func (e *Engine) StrengthOf(string) (*engine.StrengthScore, bool) {
	return &engine.StrengthScore{Score: 0.833, Mutants: 30, Killed: 25, Survivors: []string{"order.create: drop attribute order.id"}}, true
}

// ApplyFixes notes the wish.
func (e *Engine) ApplyFixes(path string) { e.wish("fix %s", path) }

// UndoFixes notes the wish.
func (e *Engine) UndoFixes(path string) error { e.wish("undo %s", path); return nil }

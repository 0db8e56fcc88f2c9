package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// SelfSpans are the runner's own spans of one execution: the
// root clnrm.run, clnrm.plugin.registry, clnrm.scenario:NAME unless the scenario
// stands for top-level steps, and one clnrm.step:NAME per step that really ran.
// They state facts of the outcome only; a step that did not run has no span.
func SelfSpans(o *Outcome) []trace.Span {
	b := selfBuilder{traceID: digestHex("trace", o.Job.RunID, o.Job.File.Path, o.Job.Scenario.Name)[:32]}
	ok := o.conditionsHold()
	result := "pass"
	if !ok {
		result = "fail"
	}
	parent := b.span("clnrm.run", "", o.Started, o.Ended, ok,
		trace.Attr{Key: "result", Value: result}, trace.Attr{Key: "component", Value: "runner"})
	b.span("clnrm.plugin.registry", parent, o.Started, o.Started, true, trace.Attr{Key: "component", Value: "plugin.registry"})
	if !o.Job.Scenario.Implicit {
		parent = b.span("clnrm.scenario:"+o.Job.Scenario.Name, parent, o.Started, o.Ended, ok,
			trace.Attr{Key: "scenario.name", Value: o.Job.Scenario.Name}, trace.Attr{Key: "test.hermetic", Value: o.Evidence.Hermetic})
	}
	for i := range o.Steps {
		b.step(parent, o, &o.Steps[i])
	}
	return b.spans
}

// conditionsHold reports whether the job was carried out and every condition of
// its steps held.
func (o *Outcome) conditionsHold() bool {
	if o.Err != nil || o.Commands() == 0 {
		return false
	}
	for i := range o.Checks {
		if !o.Checks[i].OK {
			return false
		}
	}
	return true
}

type selfBuilder struct {
	traceID string
	spans   []trace.Span
}

// span appends a span of the runner and returns its id.
func (b *selfBuilder) span(name, parent string, start, end time.Time, ok bool, attrs ...trace.Attr) string {
	status := trace.StatusOK
	if !ok {
		status = trace.StatusError
	}
	id := digestHex("span", b.traceID, fmt.Sprint(len(b.spans)))[:16]
	b.spans = append(b.spans, trace.Span{
		Name: name, TraceID: b.traceID, ID: id, ParentID: parent, Kind: trace.KindInternal, KindKnown: true,
		Start: uint64(start.UnixNano()), End: uint64(end.UnixNano()), Status: status, Attrs: attrs,
		Resource: &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "clnrm"}}},
		Scope:    "clnrm", Source: trace.Source{Kind: "self"},
	})
	return id
}

// step appends the span of one executed step with its life-cycle events and
// the span of the execution itself.
func (b *selfBuilder) step(parent string, o *Outcome, s *StepOutcome) {
	if !s.Ran {
		return
	}
	end := s.Started.Add(s.Exit.Duration)
	container := ""
	for _, c := range o.Evidence.Containers {
		if c.Service == s.Service {
			container = c.ID
		}
	}
	status := "pass"
	if !s.OK {
		status = "fail"
	}
	id := b.span("clnrm.step:"+s.Step.Name, parent, s.Started, end, s.OK,
		trace.Attr{Key: "step.name", Value: s.Step.Name}, trace.Attr{Key: "status", Value: status},
		trace.Attr{Key: "exit_code", Value: int64(s.Exit.Code)}, trace.Attr{Key: "container.id", Value: container})
	step := &b.spans[len(b.spans)-1]
	for _, e := range []struct {
		name string
		at   time.Time
	}{{"container.start", o.Started}, {"container.exec", s.Started}, {"container.stop", o.Ended}} {
		step.Events = append(step.Events, trace.Event{Name: e.name, Time: uint64(e.at.UnixNano())})
	}
	b.span("container.exec", id, s.Started, end, s.OK, trace.Attr{Key: "container.id", Value: container})
}

// digestHex derives an identifier from its parts.
func digestHex(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// JoinSelf makes one tree of the runner's own spans of several scenarios of a
// file: the first root takes the place of the others, so that one execution of
// the file shows one clnrm.run. The root fails when any of them failed.
func JoinSelf(spans []trace.Span) []trace.Span {
	var out []trace.Span
	root := -1
	moved := map[string]string{}
	for _, s := range spans {
		switch {
		case s.Name == "clnrm.run" && root < 0:
			root = len(out)
		case s.Name == "clnrm.run":
			moved[s.ID] = out[root].ID
			joinRoot(&out[root], s)
			continue
		case s.Name == "clnrm.plugin.registry" && moved[s.ParentID] != "":
			continue
		}
		if id := moved[s.ParentID]; id != "" {
			s.ParentID = id
		}
		out = append(out, s)
		if root >= 0 {
			out[len(out)-1].TraceID = out[root].TraceID
		}
	}
	return out
}

// joinRoot widens a root span over another one.
func joinRoot(root *trace.Span, s trace.Span) {
	root.Start, root.End = min(root.Start, s.Start), max(root.End, s.End)
	if s.Status == trace.StatusError {
		root.Status = s.Status
		root.Attrs = s.Attrs
	}
}

package report

import (
	"fmt"
	"io"
	"strings"
)

// Trace is a recorded trace as people and programs look at it.
type Trace struct {
	Name   string // the file or files, as the user typed them
	Counts Counts
	Spans  []TraceSpan // in order of arrival
}

// TraceSpan is one span of a Trace.
type TraceSpan struct {
	Name          string       `json:"name"`
	Service       string       `json:"service"` // service.name of its resource; "" when unknown
	Kind          string       `json:"kind"`
	Status        string       `json:"status"` // OK, ERROR or UNSET
	StatusMessage string       `json:"status_message,omitempty"`
	TraceID       string       `json:"trace_id"`
	ID            string       `json:"span_id"`
	ParentID      string       `json:"parent_span_id"` // "" for a root
	Start         uint64       `json:"start_unix_nano"`
	DurationNS    *uint64      `json:"duration_ns"` // null when a time is missing or the end lies before the start
	Attributes    []TraceAttr  `json:"attributes"`
	Events        []TraceEvent `json:"events"`

	// Parent is the place of the parent in Trace.Spans, -1 for a root and for
	// an orphan, which has a ParentID.
	Parent int `json:"-"`
}

// TraceAttr is an attribute with its value as it is compared.
type TraceAttr struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// TraceEvent is an event of a span.
type TraceEvent struct {
	Name       string      `json:"name"`
	Attributes []TraceAttr `json:"attributes"`
}

// Search is what a search in a trace found.
type Search struct {
	Trace   *Trace
	Matched []int // places in Trace.Spans, ascending
}

// spansJSON is the object that WriteSpansJSON writes.
type spansJSON struct {
	Schema  string      `json:"schema"`
	Traces  string      `json:"traces"`
	Counts  Counts      `json:"counts"` // of the whole trace
	Matched int         `json:"matched"`
	Spans   []TraceSpan `json:"spans"`
}

// WriteSpansJSON writes one indented clnrm.spans/1 object: the spans found, with
// their attributes and events.
func WriteSpansJSON(w io.Writer, s *Search) error {
	out := spansJSON{Schema: "clnrm.spans/1", Traces: s.Trace.Name, Counts: s.Trace.Counts, Matched: len(s.Matched), Spans: []TraceSpan{}}
	for _, i := range s.Matched {
		sp := s.Trace.Spans[i]
		sp.Attributes, sp.Events = orEmpty(sp.Attributes), orEmpty(sp.Events)
		out.Spans = append(out.Spans, sp)
	}
	return writeJSON(w, out)
}

// Spans writes the spans found as a table, with attributes and events below
// each when asked for.
func (h Human) Spans(w io.Writer, s *Search, attrs, events bool) error {
	out := printer{w: w}
	if len(s.Matched) == 0 {
		out.f("No spans found matching filter criteria.\n")
		return out.err
	}
	row := "%-40s %-20s %-12s %s\n"
	out.f("%s", h.bold(fmt.Sprintf(row, "SPAN NAME", "SERVICE", "DURATION", "STATUS")))
	out.f("%s\n", strings.Repeat("-", 84))
	for _, i := range s.Matched {
		sp := &s.Trace.Spans[i]
		status := strings.ToLower(sp.Status)
		if sp.Status == "ERROR" {
			status = h.red(status)
		}
		out.f(row, line(sp.Name), line(orText(sp.Service, "-")), nanoText(sp.DurationNS), status)
		if attrs {
			h.attributes(&out, "    ", sp.Attributes)
		}
		if events {
			for _, e := range sp.Events {
				out.f("    - %s\n", line(e.Name))
				if attrs {
					h.attributes(&out, "        ", e.Attributes)
				}
			}
		}
	}
	total := fmt.Sprintf("Total spans: %d", len(s.Matched))
	if n := len(s.Trace.Spans); n > len(s.Matched) {
		total += fmt.Sprintf(" of %d", n)
	}
	out.f("\n%s\n", total)
	return out.err
}

func (h Human) attributes(out *printer, indent string, attrs []TraceAttr) {
	for _, a := range attrs {
		out.f("%s%s\n", indent, h.dim(line(a.Key)+" = "+line(a.Value)))
	}
}

// nanoText prints a duration in the unit that suits it.
func nanoText(ns *uint64) string {
	switch {
	case ns == nil:
		return "N/A"
	case *ns < 1_000:
		return fmt.Sprintf("%dns", *ns)
	case *ns < 1_000_000:
		return fmt.Sprintf("%.1fµs", float64(*ns)/1e3)
	case *ns < 1_000_000_000:
		return fmt.Sprintf("%.1fms", float64(*ns)/1e6)
	default:
		return fmt.Sprintf("%.2fs", float64(*ns)/1e9)
	}
}

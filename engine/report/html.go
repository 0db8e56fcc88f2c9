package report

import (
	_ "embed"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"
)

// HTML writes one page for people: the verdicts, what does not hold and why, the
// times, and the evidence. It needs no other file, loads nothing, runs no script,
// and is well-formed XML.
type HTML struct{}

//go:embed page/run.html
var runPage string

var page = template.Must(template.New("run").Funcs(template.FuncMap{
	"text":       func(s string) string { return xmlText(visible(s, true)) },
	"word":       func(v Verdict) string { return strings.ToUpper(line(string(v))) },
	"duration":   duration,
	"count":      count,
	"facts":      facts,
	"place":      func(f Failure) string { return f.at() },
	"stamp":      func(t *time.Time) string { return t.UTC().Format(time.RFC3339) },
	"unhermetic": unhermetic,
	"inc":        func(i int) int { return i + 1 },
}).Parse(runPage))

// htmlScenario is a scenario with what only the page shows.
type htmlScenario struct {
	*Scenario
	Anchor string
	Class  string // its colour: a stale or replayed pass has that of no pass
	Word   string
	Share  int64 // of the longest time, in percent
	Open   bool
}

// Write implements Writer.
func (HTML) Write(w io.Writer, r *Run) error {
	var longest int64
	for i := range r.Scenarios {
		longest = max(longest, r.Scenarios[i].DurationMS)
	}
	view := struct {
		Run       *Run
		Counted   string
		Scenarios []htmlScenario
	}{Run: r, Counted: count(len(r.Scenarios), "scenario")}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		h := htmlScenario{Scenario: s, Anchor: "s" + strconv.Itoa(i+1), Class: string(s.Verdict), Word: strings.ToUpper(line(string(s.Verdict)))}
		switch {
		case s.Stale:
			h.Class, h.Word = "stale", "STALE"
		case s.Replayed && s.Verdict == Pass:
			h.Class, h.Word = "replayed", "PASS, REPLAYED"
		}
		h.Open = s.Verdict != Pass && s.Verdict != Skipped
		if longest > 0 {
			h.Share = max(0, s.DurationMS) * 100 / longest
		}
		view.Scenarios = append(view.Scenarios, h)
	}
	return page.Execute(w, view)
}

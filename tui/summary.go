package tui

import (
	"fmt"
	"io"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/problems"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// summaryLimit bounds the list of what fails; the rest is counted.
const summaryLimit = 20

// Summarize writes what the dashboard leaves behind at its end: the counts of s
// and what fails. It has no colours; getenv decides about the characters.
func Summarize(w io.Writer, s *engine.Snapshot, getenv func(string) string) {
	writeSummary(w, theme.New(false, theme.Choose(false, getenv)), s)
}

// writeSummary leaves on the normal screen what was last known, so that nothing
// is lost with the alternate screen.
func writeSummary(w io.Writer, th *theme.Theme, s *engine.Snapshot) {
	var b strings.Builder
	c, replayed := s.Counts, 0
	for _, t := range s.Templates {
		replayed += sumsOf(t).replayed
	}
	parts := []string{text.Count(c.Templates, "template")}
	for _, x := range []struct {
		n    int
		what string
	}{{c.Errors, "invalid"}, {c.Warnings, "with warnings"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	fmt.Fprintf(&b, "clnrm-tui: %s; ", strings.Join(parts, ", "))
	parts = []string{text.Count(c.Scenarios, "scenario")}
	for _, x := range []struct {
		n    int
		what string
	}{{c.Passed - replayed, "passed"}, {replayed, "passed in a replay"}, {c.Failed, "failed"}, {c.Running + c.Queued, "not finished"}, {c.Stale, "out of date"}, {c.Never, "never run"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	b.WriteString(strings.Join(parts, ", ") + "\n")
	shown := 0
	all := problems.Collect(s)
	for i := range all {
		p := &all[i]
		if p.Severity != diag.Error {
			continue
		}
		if shown++; shown > summaryLimit {
			continue
		}
		st := panel.OfSeverity(p.Severity, &th.Glyphs)
		sign := st.Glyph
		if on, off := th.SGR(st.Style), th.SGR(theme.Text); on != off { // nothing is written without colour
			sign = on + sign + off
		}
		fmt.Fprintf(&b, "%s %s: %s\n", sign, text.Clean(p.Pos.String()), text.Clean(p.Message))
	}
	if shown > summaryLimit {
		fmt.Fprintf(&b, "  and %d more\n", shown-summaryLimit)
	}
	// The terminal is the user's again; when it is gone there is nobody to tell.
	_, _ = io.WriteString(w, b.String())
}

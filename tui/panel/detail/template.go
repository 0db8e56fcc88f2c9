package detail

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// around is how many lines a code frame shows before and after the line.
const around = 2

// template writes the dry run of one template and where its scenarios stand.
func (b *builder) template(t *engine.Template) {
	st := panel.OfTemplate(t, b.g)
	errors, warnings := diag.Count(t.Diagnostics)
	var complaints []string
	if errors > 0 {
		complaints = append(complaints, text.Count(errors, "error"))
	}
	if warnings > 0 {
		complaints = append(complaints, text.Count(warnings, "warning"))
	}
	found := strings.Join(complaints, ", ")
	if t.Status == engine.CheckPending {
		b.Add(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + st.Word})
	} else {
		beside := found
		if errors == 0 {
			beside = tally(t)
		}
		b.Add(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + st.Word},
			widget.Span{Text: "   " + beside})
		if found == "" {
			found = "no complaints"
		}
		cache := "from cache"
		if !t.Cache.Hit {
			cache = "rendered: " + text.Clean(t.Cache.Reason)
		}
		b.Wrap(b.w, widget.Line{{Text: "   "}}, theme.Text,
			b.v.Joined("dry run: "+found, cache, b.v.Ago(t.CheckedAt)))
	}
	for _, severity := range []diag.Severity{diag.Error, diag.Warning, diag.Info} {
		for i := range t.Diagnostics {
			if d := &t.Diagnostics[i]; d.Severity == severity {
				b.diagnostic(d)
			}
		}
	}
	if t.Status != engine.CheckError {
		b.failures(t)
	}
	if t.Status != engine.CheckPending {
		b.timing(&t.Timing)
	}
	b.contents(t)
}

// failures says for each scenario without a pass what went wrong in it: the
// rules that did not hold, or why there is no verdict. What is out of date or
// runs again is told where the scenario itself is selected.
func (b *builder) failures(t *engine.Template) {
	for _, s := range t.Scenarios {
		r := s.Last().Result
		if r == nil || s.Stale || !s.Verdict.Done() || s.Verdict == engine.VerdictPass || s.Verdict == engine.VerdictSkipped {
			continue
		}
		st := b.v.OfScenario(s)
		b.Blank()
		b.Add(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + text.Clean(panel.ScenarioName(s.ID.Name))},
			widget.Span{Text: "  " + b.v.Joined(st.Word, text.Duration(r.Duration))})
		if r.Message != "" {
			b.Wrap(b.w, widget.Line{{Text: "   "}}, st.Style, r.Message)
		}
		for i := range r.Checks {
			if c := &r.Checks[i]; !c.OK {
				b.failure(c)
			}
		}
	}
}

// tally counts the scenarios of a template by what is known about them.
func tally(t *engine.Template) string {
	var passed, failed, broken, stopped, old, active, rest int
	for _, s := range t.Scenarios {
		switch {
		case !s.Verdict.Done() && s.Verdict != engine.VerdictNone:
			active++
		case s.Stale && s.Verdict.Done():
			old++
		case s.Verdict == engine.VerdictPass:
			passed++
		case s.Verdict == engine.VerdictFail:
			failed++
		case s.Verdict == engine.VerdictError:
			broken++
		case s.Verdict == engine.VerdictInterrupted:
			stopped++
		default:
			rest++
		}
	}
	if len(t.Scenarios) == 0 {
		return "no scenarios"
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{passed, "passed"}, {failed, "failed"}, {broken, "ended in an error"}, {stopped, "stopped"}, {active, "in progress"}, {old, "out of date"}, {rest, "not run"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return strings.Join(parts, ", ") + " of " + text.Count(len(t.Scenarios), "scenario")
}

// timing writes each stage of the dry run against what it may take.
func (b *builder) timing(t *engine.Timing) {
	b.Blank()
	w := max(min(b.w-36, 40), 0)
	row := func(style grid.Style, name string, d, budget time.Duration) {
		b.Add(append([]widget.Span{{Style: style, Text: "   " + text.Pad(name, 9) + right(text.Duration(d), 8) + "  "}},
			panel.Against(d, budget, w, b.g)...)...)
	}
	for _, s := range panel.Stages {
		row(theme.Text, s.Name, s.Of(t), s.Budget)
	}
	row(theme.Strong, "total", t.Total, panel.Whole())
}

// contents lists what the template holds and what it depends on.
func (b *builder) contents(t *engine.Template) {
	b.Blank()
	if t.Name != "" {
		b.field("name", t.Name)
	}
	if len(t.Tags) > 0 {
		b.field("tags", strings.Join(t.Tags, "  "))
	}
	if t.Manual {
		b.field("manual", "runs only when it is selected: `run all` leaves it out")
	}
	if len(t.Scenarios) > 0 {
		names := make([]string, len(t.Scenarios))
		for i, s := range t.Scenarios {
			names[i] = b.v.OfScenario(s).Glyph + " " + text.Clean(s.ID.Name)
		}
		b.field("scenarios", strings.Join(names, "   "))
	}
	if len(t.Deps) > 0 {
		b.field("depends on", strings.Join(t.Deps, "  "))
	}
}

// diagnostic writes one complaint: where and what, the lines around it, a caret
// under the place, the chain that led there, and what to do.
func (b *builder) diagnostic(d *diag.Diagnostic) {
	st := panel.OfSeverity(d.Severity, b.g)
	b.Blank()
	b.titled(widget.Span{Style: st.Style | grid.Bold, Text: " " + st.Glyph + " " + text.Clean(d.Code)}, d.Pos)
	b.Wrap(b.w, widget.Line{{Text: "   "}}, theme.Strong, d.Message)
	b.frame(d)
	for _, f := range diag.Chain(d.Via) {
		b.Wrap(b.w, widget.Line{{Text: "   "}}, theme.Text, f.String())
	}
	if d.Hint != "" {
		b.Wrap(b.w, widget.Line{{Style: theme.Key, Text: "   hint: "}}, theme.Text, d.Hint)
	}
	if d.Fix != nil {
		b.Wrap(b.w, widget.Line{{Style: theme.Key, Text: "   fix:  "}}, theme.Text, d.Fix.Title+" (. makes this change)")
	}
}

// frame shows the line of a diagnostic with its neighbours. When the file is
// not at hand, the line that the diagnostic carries stands alone.
func (b *builder) frame(d *diag.Diagnostic) {
	if d.Pos.Line == 0 {
		return
	}
	lines := b.source(d.Pos.File)
	from, to := d.Pos.Line-around, d.Pos.Line+around
	if d.Pos.Line > len(lines) || d.Line != "" && lines[d.Pos.Line-1] != d.Line {
		// The file has moved on since it was checked: show what was judged.
		if d.Line == "" {
			return
		}
		lines = make([]string, d.Pos.Line)
		lines[d.Pos.Line-1] = d.Line
		from, to = d.Pos.Line, d.Pos.Line
	}
	from, to = max(from, 1), min(to, len(lines))
	width := len(strconv.Itoa(to))
	for n := from; n <= to; n++ {
		marker, style := " ", theme.Text
		if n == d.Pos.Line {
			marker, style = b.g.Focus, theme.Strong
		}
		gutter := fmt.Sprintf("  %s %*d %s ", marker, width, n, b.g.Pipe)
		b.Add(widget.Span{Style: style, Text: gutter}, widget.Span{Style: style, Text: text.Clean(lines[n-1])})
		if n == d.Pos.Line && d.Pos.Column > 0 {
			b.caret(lines[n-1], d, width)
		}
	}
}

// caret underlines the place of a diagnostic.
func (b *builder) caret(line string, d *diag.Diagnostic, gutter int) {
	runes := []rune(line)
	start := min(d.Pos.Column-1, len(runes))
	end := min(start+max(d.Width, 1), max(len(runes), start+1))
	before := text.Width(text.Clean(string(runes[:start])))
	under := text.Width(text.Clean(string(runes[:min(end, len(runes))]))) - before
	st := panel.OfSeverity(d.Severity, b.g)
	b.Add(widget.Span{Text: strings.Repeat(" ", gutter+5) + b.g.Pipe + " " + strings.Repeat(" ", before)},
		widget.Span{Style: st.Style | grid.Bold, Text: strings.Repeat(b.g.Caret, max(under, 1))})
}

// source returns the lines of a file, or nil.
func (b *builder) source(path string) []string {
	if lines, ok := b.sources[path]; ok {
		return lines
	}
	var lines []string
	if raw := b.v.Source(path); raw != nil {
		lines = strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")
	}
	b.sources[path] = lines
	return lines
}

// right aligns s to the right in w cells.
func right(s string, w int) string {
	return strings.Repeat(" ", max(w-text.Width(s), 0)) + s
}

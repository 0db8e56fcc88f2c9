package trace

import (
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// look takes what is known of a span, and the checks about it. The current one is
// the one that led here, else the first.
func (t *Trace) look(span int) {
	if t.detailIn == t.spans && span == t.detailOf {
		return
	}
	t.detail, t.detailOf, t.detailIn = t.spans.Detail(span), span, t.spans
	t.checks = t.spans.Checks(span)
	t.at = max(slices.Index(t.checks, t.led), 0)
}

// Hop goes to the next expectation about the selected span (delta 1) or to the
// previous one (-1), round and round.
func (t *Trace) Hop(v *panel.View, delta int) {
	t.sync(v)
	r, ok := t.current()
	if !ok || r.span < 0 {
		return
	}
	t.look(r.span)
	if n := len(t.checks); n > 0 {
		t.at = (t.at + delta + n) % n
	}
}

// Check returns the index of the check that the selected row is about, the current
// one where there are several; -1 when there is none.
func (t *Trace) Check() int {
	r, ok := t.current()
	switch {
	case !ok:
		return -1
	case r.span < 0:
		return t.spans.Missing[r.missing].Check
	}
	if t.look(r.span); len(t.checks) == 0 {
		return -1
	}
	return t.checks[t.at]
}

// expectations lists every check that is about the span, each with its verdict, the
// current one with what it found. It returns its line, -1 for none.
func (t *Trace) expectations(v *panel.View, doc *widget.Document, w int) int {
	_, s := panel.Interesting(v)
	if s == nil || s.Last().Result == nil {
		return -1
	}
	line := -1
	held := panel.OfStep(s, &engine.Step{Verdict: engine.VerdictPass}, &v.Theme.Glyphs)
	for i, check := range t.checks {
		if check >= len(s.Last().Result.Checks) {
			continue
		}
		if i == t.at {
			line = len(doc.Lines)
		}
		c := &s.Last().Result.Checks[check]
		rule, mark := text.Shorten(text.Clean(c.Rule), w-2, v.Theme.Glyphs.Ellipsis), held
		switch {
		case c.Unjudged:
			mark = panel.OfVerdict(engine.VerdictSkipped, &v.Theme.Glyphs)
		case !c.OK:
			mark = panel.OfVerdict(engine.VerdictFail, &v.Theme.Glyphs)
		}
		doc.Add(widget.Span{Style: mark.Style | grid.Bold, Text: mark.Glyph + " "}, widget.Span{Style: theme.Text, Text: rule})
		if !c.OK && i == t.at {
			doc.Wrap(w, widget.Line{{Text: "  "}}, theme.Fail, c.Message)
		}
	}
	return line
}

// ofAll writes the rules that held over all spans, without naming one.
func ofAll(v *panel.View, doc *widget.Document, w int) {
	_, s := panel.Interesting(v)
	if s == nil || s.Last().Result == nil {
		return
	}
	var list []string
	for i := range s.Last().Result.Checks {
		c := &s.Last().Result.Checks[i]
		for _, kind := range []string{"expect.status", "expect.counts", "expect.hermeticity"} {
			if c.OK && len(c.Spans) == 0 && strings.HasPrefix(c.Rule, kind) {
				list = append(list, c.Rule)
			}
		}
	}
	if len(list) > 0 {
		held := panel.OfStep(s, &engine.Step{Verdict: engine.VerdictPass}, &v.Theme.Glyphs)
		doc.Wrap(w, widget.Line{{Style: held.Style, Text: held.Glyph + " "}}, theme.Text, "of all spans: "+strings.Join(list, ", "))
	}
}

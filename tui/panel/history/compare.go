package history

import (
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// pair returns the two runs to compare, the older first; nil when there are no
// two.
func (h *History) pair() (older, newer *engine.RunRecord) {
	i := h.list.Cursor
	if i >= len(h.runs) {
		return nil, nil
	}
	newer = h.run(i)
	if h.base != "" && h.base != newer.ID {
		for k := range h.runs {
			if h.runs[k].ID == h.base {
				older = &h.runs[k]
			}
		}
		if older != nil && older.At.After(newer.At) {
			older, newer = newer, older
		}
		return older, newer
	}
	if i+1 < len(h.runs) {
		older = h.run(i + 1)
	}
	return older, newer
}

// drawCompare writes how two runs differ, below a line that names them.
func (h *History) drawCompare(v *panel.View, r grid.Region) {
	g := &v.Theme.Glyphs
	for x := range r.W {
		r.Text(x, 0, theme.Border, string(g.Box[0]))
	}
	older, newer := h.pair()
	var doc widget.Document
	w := r.W - 2
	title := "the first run"
	if newer != nil && older != nil {
		title = v.Age(older.At) + " " + g.Arrow + " " + v.Age(newer.At)
		h.compare(v, &doc, w, older, newer)
	} else if newer != nil && newer.Failure != "" {
		doc.Wrap(w, nil, theme.Fail, newer.Failure)
	}
	r.Text(1, 0, theme.Strong, " "+title+" ")
	body := r.Sub(1, 1, r.W-2, r.H-1)
	if left := len(doc.Lines) - body.H; left > 0 && body.H > 0 {
		doc.Lines = doc.Lines[:body.H-1]
		doc.Add(widget.Span{Text: fmt.Sprintf("%s %d more lines: z zooms", g.Ellipsis, left+1)})
	}
	doc.Draw(body, 0, g.More)
}

// compare writes verdicts, durations, what changed, and the span names that
// differ most.
func (h *History) compare(v *panel.View, doc *widget.Document, w int, older, newer *engine.RunRecord) {
	g := &v.Theme.Glyphs
	from, to := panel.OfVerdict(older.Verdict, g), panel.OfVerdict(newer.Verdict, g)
	doc.Add(widget.Span{Style: from.Style, Text: from.Glyph + " " + from.Word}, widget.Span{Text: " " + g.Arrow + " "},
		widget.Span{Style: to.Style, Text: to.Glyph + " " + to.Word},
		widget.Span{Text: "  " + v.Joined("", text.Duration(older.Duration)+" "+g.Arrow+" "+text.Duration(newer.Duration),
			fmt.Sprintf("%d %s %d spans", older.Spans, g.Arrow, newer.Spans))})
	what := changes(older, newer)
	if len(what) == 0 {
		what = []string{"same test, same spans"}
	}
	for i, s := range what {
		what[i] = text.Clean(s)
	}
	doc.Wrap(w, nil, theme.Text, v.Joined(what...))
	if newer.Failure != "" {
		doc.Wrap(w, nil, theme.Fail, newer.Failure)
	}
	if older.Digest == newer.Digest {
		return
	}
	delta, ready := v.Compare(h.id, older.ID, newer.ID)
	switch {
	case !ready:
		doc.Add(widget.Span{Text: "Comparing their spans" + g.Ellipsis})
		return
	case delta.Lost != "":
		doc.Wrap(w, nil, theme.Warn, delta.Lost)
		return
	}
	for _, d := range delta.Names {
		sign, style := "~", theme.Text
		switch {
		case d.Older < d.Newer:
			sign, style = "+", theme.OK
		case d.Older > d.Newer:
			sign, style = "-", theme.Fail
		}
		times := fmt.Sprintf("%d", d.Newer)
		if d.Older != d.Newer {
			times = fmt.Sprintf("%d %s %d", d.Older, g.Arrow, d.Newer)
		}
		took := text.Duration(d.OldTime) + " " + g.Arrow + " " + text.Duration(d.NewTime)
		name := max(w-26, 8)
		doc.Add(widget.Span{Style: style, Text: sign + " " + text.Pad(text.Shorten(text.Clean(d.Name), name-3, g.Ellipsis), name-2)},
			widget.Span{Text: text.Pad(times, 9) + took})
	}
	if delta.Same > 0 {
		doc.Add(widget.Span{Text: text.Count(delta.Same, "name") + " as often in both"})
	}
}

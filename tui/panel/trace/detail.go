package trace

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// keyWidth bounds the column of the names of attributes.
const keyWidth = 26

// drawDetail writes what is known of the selected row below a line with its
// name. What does not fit is counted; zooming makes room.
func (t *Trace) drawDetail(v *panel.View, r grid.Region) {
	g := &v.Theme.Glyphs
	w, ok := t.current()
	if !ok {
		return
	}
	for x := range r.W {
		r.Text(x, 0, theme.Border, string(g.Box[0]))
	}
	name := ""
	var doc widget.Document
	line := -1
	if w.span < 0 {
		name = t.spans.Missing[w.missing].Name
		t.missingDetail(v, &doc, r.W-2, w.missing)
	} else {
		name = t.spans.Rows[w.span].Name
		t.look(w.span)
		line = t.spanDetail(v, &doc, r.W-2, w.span)
	}
	r.Text(1, 0, theme.Strong, " "+text.Shorten(text.Clean(name), max(r.W-6, 0), g.Ellipsis)+" ")
	body := r.Sub(1, 1, r.W-2, r.H-1)
	if over := line - body.H + 3; over > 0 && len(doc.Lines) > body.H { // the current expectation
		doc.Lines = doc.Lines[min(over, len(doc.Lines)-body.H):]
		line -= over
	}
	if left := len(doc.Lines) - body.H; left > 0 && body.H > 0 {
		doc.Lines = doc.Lines[:body.H-1]
		doc.Add(widget.Span{Style: theme.Text, Text: fmt.Sprintf("%s %d more lines: z zooms", g.Ellipsis, left+1)})
	}
	doc.Draw(body, 0, g.More)
	if line >= 0 && line < body.H {
		r.Text(0, 1+line, theme.Accent|grid.Bold, g.Marker)
	}
}

// missingDetail says which rule asks for a span that is not there.
func (t *Trace) missingDetail(v *panel.View, doc *widget.Document, w, i int) {
	m := &t.spans.Missing[i]
	doc.Wrap(w, nil, theme.Fail, "Expected, and no such span was collected.")
	_, s := panel.Interesting(v)
	if s == nil || s.Last().Result == nil || m.Check >= len(s.Last().Result.Checks) {
		return
	}
	c := &s.Last().Result.Checks[m.Check]
	doc.Wrap(w, nil, theme.Text, c.Rule)
	if c.Pos.File != "" {
		doc.Add(widget.Span{Style: theme.Accent, Text: text.Clean(c.Pos.String())})
	}
	for _, l := range c.Explain {
		doc.Wrap(w, nil, theme.Text, v.Theme.Glyphs.Lines(text.Clean(l)))
	}
}

// spanDetail lists what is known of a span, and returns the line of the current
// expectation, -1 for none.
func (t *Trace) spanDetail(v *panel.View, doc *widget.Document, w, i int) int {
	sp, d := &t.spans.Rows[i], &t.detail
	status := widget.Span{Style: theme.Text, Text: d.Status}
	if sp.Error {
		status.Style = theme.Fail | grid.Bold
	}
	took := "no duration"
	if sp.Measured {
		took = text.Duration(sp.Duration)
	}
	if sp.Timed && sp.Start > 0 {
		took += ", " + text.Duration(sp.Start) + " in"
	}
	critical := ""
	if sp.Critical {
		critical = "on the critical path"
	}
	doc.Add(status, widget.Span{Text: "  " + v.Joined(took, d.Kind, text.Clean(sp.Service), critical)})
	if d.StatusMessage != "" {
		doc.Wrap(w, nil, theme.Fail, d.StatusMessage)
	}
	if sp.Orphan {
		doc.Wrap(w, widget.Line{{Style: theme.Warn, Text: v.Theme.Glyphs.Warn + " "}}, theme.Text,
			"its parent "+text.Clean(d.ParentID)+" was not collected")
	}
	line := t.expectations(v, doc, w)
	width := 0
	for _, a := range append(d.Attributes[:len(d.Attributes):len(d.Attributes)], d.Resource...) {
		width = max(width, text.Width(text.Clean(a.Key)))
	}
	width = min(width, keyWidth, w/2)
	for _, a := range d.Attributes {
		attr(v, doc, w, width, a, theme.Key)
	}
	for _, e := range d.Events {
		at := ""
		if e.Offset >= 0 {
			at = " at +" + text.Duration(e.Offset)
		}
		doc.Wrap(w, widget.Line{{Style: theme.Strong, Text: "event "}}, theme.Text, e.Name+at)
		for _, a := range e.Attributes {
			attr(v, doc, w, width, engine.SpanAttr{Key: "  " + a.Key, Value: a.Value}, theme.Key)
		}
	}
	for _, a := range d.Resource {
		attr(v, doc, w, width, a, theme.Text)
	}
	ofAll(v, doc, w)
	ids := []string{}
	for _, x := range [][2]string{{"trace ", d.TraceID}, {"span ", d.ID}, {"scope ", d.Scope}, {"by ", d.Source}} {
		if x[1] != "" {
			ids = append(ids, x[0]+text.Clean(x[1]))
		}
	}
	doc.Wrap(w, nil, theme.Text, strings.Join(ids, "  "))
	return line
}

// attr writes one attribute, its value wrapped beside its name.
func attr(v *panel.View, doc *widget.Document, w, width int, a engine.SpanAttr, style grid.Style) {
	key := text.Pad(text.Shorten(text.Clean(a.Key), width, v.Theme.Glyphs.Ellipsis), width)
	doc.Wrap(w, widget.Line{{Style: style, Text: key + "  "}}, theme.Text, a.Value)
}

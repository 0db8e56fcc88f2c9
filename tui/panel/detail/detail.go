// Package detail is the panel that tells everything about the selection: why a
// template is invalid, what proves a verdict, which expectation failed and what
// was there instead.
//
// The selected template, scenario or step flows in; a document flows out, built
// once per change and scrolled over.
package detail

import (
	"fmt"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Detail is the panel. The zero Detail is ready to use.
type Detail struct {
	doc    widget.Document
	built  key
	top    int
	height int
	places map[diag.Position]int // the lines at which complaints and failures begin
	reveal diag.Position         // the place to scroll to, once; zero for none
}

// Reveal scrolls to what the selection has to say about a place, when it is
// drawn next.
func (d *Detail) Reveal(pos diag.Position) { d.reveal = pos }

// key is all that the document depends on.
type key struct {
	node     panel.Node
	template *engine.Template
	scenario *engine.Scenario
	width    int
	age      time.Time // coarse: the text changes at most this often
}

// Title implements panel.Panel.
func (d *Detail) Title(v *panel.View) (name, note string) {
	n := v.Node
	switch {
	case n.Step != "":
		note = panel.ScenarioName(n.Scenario) + " " + v.Theme.Glyphs.More + " " + text.Clean(n.Step)
	case n.Scenario != "":
		note = panel.ScenarioName(n.Scenario)
	default:
		note = text.Clean(n.Path)
	}
	return "Detail", note
}

// Draw implements panel.Panel.
func (d *Detail) Draw(v *panel.View, r grid.Region) {
	d.build(v, r.W)
	d.height = r.H
	// A complaint is on the screen when its title and its code frame are.
	if line, ok := d.places[d.reveal]; ok && (line < d.top || line+2*around+3 > d.top+d.height) {
		d.top = line
	}
	d.reveal = diag.Position{}
	d.clampTop()
	d.doc.Draw(r, d.top, v.Theme.Glyphs.More)
}

// build makes the document anew if anything it depends on has changed.
func (d *Detail) build(v *panel.View, w int) {
	t, s, step := v.Selected()
	k := key{node: v.Node, template: t, scenario: s, width: w, age: v.Now.Truncate(time.Minute)}
	if s != nil && s.Verdict == engine.VerdictRunning {
		k.age = v.Now.Truncate(100 * time.Millisecond)
	}
	if k == d.built && len(d.doc.Lines) > 0 {
		return
	}
	if k.node != d.built.node {
		d.top = 0
	}
	d.built, d.doc, d.places = k, widget.Document{}, map[diag.Position]int{}
	b := builder{Document: &d.doc, v: v, g: &v.Theme.Glyphs, w: max(w-1, 1), sources: map[string][]string{}, places: d.places}
	switch {
	case t == nil:
		b.line(theme.Text, " Nothing is selected.")
	case step != nil:
		b.step(s, step)
	case s != nil:
		b.scenario(t, s)
	default:
		b.template(t)
	}
}

func (d *Detail) clampTop() {
	d.top = max(min(d.top, len(d.doc.Lines)-d.height), 0)
}

// Move implements panel.Panel: it scrolls, there is no cursor.
func (d *Detail) Move(_ *panel.View, m widget.Motion) {
	l := widget.List{Top: d.top}
	switch m {
	case widget.Down:
		l.Top++
	case widget.Up:
		l.Top--
	case widget.Left, widget.Right:
	default:
		far := widget.List{Cursor: d.top}
		far.Move(m, len(d.doc.Lines), d.height)
		l.Top = far.Cursor
	}
	d.top = l.Top
	d.clampTop()
}

// Scroll implements panel.Panel.
func (d *Detail) Scroll(_ *panel.View, rows int) {
	d.top += rows
	d.clampTop()
}

// Click implements panel.Panel: there is nothing to select.
func (d *Detail) Click(*panel.View, int, int) {}

// builder writes a document for one width.
type builder struct {
	*widget.Document
	v       *panel.View
	g       *theme.Glyphs
	w       int
	sources map[string][]string // lines of files that code frames show
	places  map[diag.Position]int
}

// line appends one line in one style.
func (b *builder) line(style grid.Style, format string, args ...any) {
	b.Add(widget.Span{Style: style, Text: fmt.Sprintf(format, args...)})
}

// heading starts a section.
func (b *builder) heading(s string) {
	b.Blank()
	b.line(theme.Strong, " %s", s)
}

// titled appends a title with the place it is about: beside it where there is
// room, else below. Reveal finds it there.
func (b *builder) titled(title widget.Span, pos diag.Position) {
	if pos.File != "" {
		b.places[pos] = len(b.Lines)
	}
	place := text.Clean(pos.String())
	if text.Width(title.Text)+2+text.Width(place) <= b.w {
		b.Add(title, widget.Span{Style: theme.Accent, Text: "  " + place})
		return
	}
	b.Add(title)
	b.Add(widget.Span{Style: theme.Accent, Text: "   " + text.Middle(place, b.w-3, b.g.Ellipsis)})
}

// labelWidth is the column of the names in lists of fields.
const labelWidth = 13

// field appends "   name   value", wrapped under the value.
func (b *builder) field(name, value string) {
	b.Wrap(b.w, widget.Line{{Style: theme.Text, Text: "   " + text.Pad(name, labelWidth)}}, theme.Text, value)
}

// dot joins what is not empty with the separator of the glyph set.
func (b *builder) dot(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			out += "  " + b.g.Dot + "  "
		}
		out += p
	}
	return out
}

// ago writes how long before now a moment was, or "".
func (b *builder) ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if s := text.Age(b.v.Now.Sub(t)); s != "now" {
		return s + " ago"
	}
	return "just now"
}

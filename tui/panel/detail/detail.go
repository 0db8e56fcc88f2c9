// Package detail is the panel that tells everything about the selection: why a
// template is invalid, what proves a verdict, which expectation failed and what
// was there instead.
//
// The selected template, scenario or step flows in; a document flows out, built
// once per change and scrolled over.
package detail

import (
	"fmt"
	"slices"
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
	panel.Sheet
	built  key
	kept   panel.Kept
	places map[diag.Position]int // the lines at which complaints and failures begin
	reveal diag.Position         // the place to scroll to, once; zero for none
	rules  []rule                // where the document speaks of a check
	at     int                   // the current one, by its check; -1 for none
	show   bool                  // at is to be brought to the screen
}

// rule is a check of the result and the line of the document it begins at.
type rule struct{ check, line int }

// Reveal scrolls to what the selection has to say about a place, when it is
// drawn next.
func (d *Detail) Reveal(pos diag.Position) { d.reveal = pos }

// key is all that the document depends on.
type key struct {
	node     panel.Node
	template *engine.Template
	scenario *engine.Scenario
	width    int
	theme    *theme.Theme     // its signs are part of the text
	snap     *engine.Snapshot // of a folder only
	age      panel.Moment
	running  time.Time // coarse: the text changes at most this often; zero unless it runs
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
	d.Height = r.H
	// A complaint is on the screen when its title and its code frame are.
	if line, ok := d.places[d.reveal]; ok && (line < d.Top || line+2*around+3 > d.Top+d.Height) {
		d.Top = line
	}
	d.reveal = diag.Position{}
	line := -1
	for _, x := range d.rules {
		if x.check == d.at {
			line = x.line
		}
	}
	if line >= 0 && d.show && (line < d.Top || line >= d.Top+d.Height-1) {
		d.Top = max(line-d.Height/3, 0)
	}
	d.show = false
	d.DrawDoc(v, r)
	if y := line - d.Top; line >= 0 && y >= 0 {
		r.Text(0, y, theme.Accent|grid.Bold, v.Theme.Glyphs.Marker)
	}
}

// build makes the document anew if anything it depends on has changed.
func (d *Detail) build(v *panel.View, w int) {
	t, s, step := v.Selected()
	k := key{node: v.Node, template: t, scenario: s, width: w, theme: v.Theme, age: d.kept.Moment(v)}
	if s != nil && s.Verdict == engine.VerdictRunning {
		k.running = v.Now.Truncate(100 * time.Millisecond)
	}
	if v.Node.Folder() {
		k.snap = v.Snap
	}
	if k == d.built && len(d.Doc.Lines) > 0 {
		d.kept.Shown(v)
		return
	}
	if k.node != d.built.node {
		d.Top = 0
		if !d.show {
			d.at = -1
		}
	}
	d.rules = d.rules[:0]
	d.built, d.Doc, d.places = k, widget.Document{}, map[diag.Position]int{}
	b := builder{Document: &d.Doc, v: v, g: &v.Theme.Glyphs, w: max(w-1, 1), sources: map[string][]string{}, places: d.places, rules: &d.rules}
	d.built.age = d.kept.Build(v, func() { b.write(t, s, step) })
	if b.pending {
		d.built.width = -1
	}
}

// write writes what the selection is.
func (b *builder) write(t *engine.Template, s *engine.Scenario, step *engine.Step) {
	switch {
	case b.v.Node.Folder():
		b.folder(b.v.Node.Path)
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

// builder writes a document for one width.
type builder struct {
	*widget.Document
	v       *panel.View
	g       *theme.Glyphs
	w       int
	sources map[string][]string // lines of files that code frames show
	places  map[diag.Position]int
	rules   *[]rule
	pending bool // something is being measured: the document is to be built again
}

// ShowCheck goes to what the document says of a check, by its index in the
// result.
func (d *Detail) ShowCheck(check int) { d.at, d.show = check, true }

// Check returns the index of the current check: the one that was gone to, else
// the first that failed; -1 when there is none.
func (d *Detail) Check(v *panel.View) int {
	_, s, step := v.Selected()
	if s == nil || step != nil || s.Last().Result == nil {
		return -1
	}
	for _, x := range d.rules {
		if x.check == d.at {
			return d.at
		}
	}
	for i := range s.Last().Result.Checks {
		if !s.Last().Result.Checks[i].OK {
			return i
		}
	}
	return -1
}

// Hop goes to the next check in the document (delta 1) or to the previous one
// (-1), round and round.
func (d *Detail) Hop(_ *panel.View, delta int) {
	n := len(d.rules)
	if n == 0 {
		return
	}
	i := slices.IndexFunc(d.rules, func(x rule) bool { return x.check == d.at })
	if i < 0 && delta < 0 {
		i = 0
	}
	d.ShowCheck(d.rules[(i+delta+n)%n].check)
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

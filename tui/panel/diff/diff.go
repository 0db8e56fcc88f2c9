// Package diff is the panel that shows what the last save did to the
// expectations of a template: each change with its effect and the reason why
// that is the effect, or the old version and the new one side by side.
//
// The comparison that the engine made flows in; a document flows out, built once
// per comparison and width.
package diff

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

// How many unchanged lines stand around a change in the side-by-side view: at
// first, and at most.
const (
	firstContext = 2
	mostContext  = 64
)

// sideFrom is the width from which old and new stand side by side when asked.
const sideFrom = 60

// Diff is the panel. Use New.
type Diff struct {
	panel.Sheet
	built   key
	kept    panel.Kept
	context int
	side    bool
	hunks   []int // lines at which changes begin
	at      int   // the current one
	show    bool  // it is to be brought to the screen
}

// key is all that the document depends on.
type key struct {
	path    string
	diff    *engine.TemplateDiff
	status  engine.CheckStatus
	width   int
	theme   *theme.Theme // its signs are part of the text
	side    bool
	context int
	age     panel.Moment
}

// New returns a panel that lists changes.
func New() *Diff { return &Diff{context: firstContext} }

// Title implements panel.Panel.
func (d *Diff) Title(v *panel.View) (name, note string) {
	t, _, _ := v.Selected()
	if t == nil || t.Diff == nil {
		return "Diff", ""
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{{t.Diff.Tightened, "tightened"}, {t.Diff.Loosened, "loosened"}, {t.Diff.Renamed, "renamed"}, {t.Diff.Undecided, "undecided"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(parts) == 0 && !t.Diff.Equal() {
		parts = append(parts, text.Count(len(t.Diff.Changes), "change"))
	}
	if len(d.hunks) > 1 {
		parts = append(parts, fmt.Sprintf("%d/%d", d.at+1, len(d.hunks)))
	}
	return "Diff", strings.Join(parts, "  ")
}

// Draw implements panel.Panel.
func (d *Diff) Draw(v *panel.View, r grid.Region) {
	d.build(v, r.W)
	d.Height = r.H
	if d.show && d.at < len(d.hunks) {
		if line := d.hunks[d.at]; line < d.Top || line >= d.Top+d.Height-1 {
			d.Top = max(line-d.Height/4, 0)
		}
	}
	d.show = false
	d.DrawDoc(v, r)
	if d.at < len(d.hunks) {
		r.Text(0, d.hunks[d.at]-d.Top, theme.Accent|grid.Bold, v.Theme.Glyphs.Marker)
	}
}

// build makes the document anew if anything it depends on has changed.
func (d *Diff) build(v *panel.View, w int) {
	t, _, _ := v.Selected()
	k := key{path: v.Node.Path, width: w, theme: v.Theme, side: d.side && w >= sideFrom, context: d.context, age: d.kept.Moment(v)}
	if t != nil {
		k.diff, k.status = t.Diff, t.Status
	}
	if k == d.built && len(d.Doc.Lines) > 0 {
		d.kept.Shown(v)
		return
	}
	if k.path != d.built.path || k.diff != d.built.diff {
		d.Top, d.at = 0, 0
	}
	d.built, d.Doc, d.hunks = k, widget.Document{}, nil
	d.built.age = d.kept.Build(v, func() { d.write(v, t, w) })
	d.at = min(d.at, max(len(d.hunks)-1, 0))
}

// write writes the difference of a template.
func (d *Diff) write(v *panel.View, t *engine.Template, w int) {
	switch {
	case t == nil:
		d.say(w, v.NoScenario())
	case t.Diff == nil:
		d.say(w, "No save of this template to compare in this session. After one that had no errors before or after, this shows what it did to the expectations.")
	default:
		d.head(v, t, w)
		switch {
		case t.Diff.Equal():
		case d.built.side:
			d.sides(v, t.Diff, w)
		default:
			d.changes(v, t.Diff, w)
		}
	}
}

func (d *Diff) say(w int, s string) { d.Doc.Wrap(w-1, widget.Line{{Text: " "}}, theme.Text, s) }

// head says which save is compared with what.
func (d *Diff) head(v *panel.View, t *engine.Template, w int) {
	what := "the expectations are as they were"
	if !t.Diff.Equal() {
		what = text.Count(len(t.Diff.Changes), "change")
	}
	d.say(w, v.Joined("save of "+v.Ago(t.Diff.At), what))
	if t.Status == engine.CheckError {
		d.Doc.Wrap(w-1, widget.Line{{Style: theme.Fail, Text: " " + v.Theme.Glyphs.Fail + " "}}, theme.Text,
			"the template is invalid now: this is its last good version")
	}
	d.Doc.Blank()
}

// changes lists what changed, by section.
func (d *Diff) changes(v *panel.View, t *engine.TemplateDiff, w int) {
	section := ""
	for i := range t.Changes {
		c := &t.Changes[i]
		if c.Section != section {
			section = c.Section
			d.Doc.Blank()
			d.Doc.Add(widget.Span{Style: theme.Strong, Text: " " + text.Clean(section)})
		}
		d.hunks = append(d.hunks, len(d.Doc.Lines))
		d.change(v, c, w)
	}
}

// change writes one change: its path and effect, old and new, and what the effect
// rests on.
func (d *Diff) change(v *panel.View, c *engine.ExpectationChange, w int) {
	g := &v.Theme.Glyphs
	word, style := effect(c)
	path := text.Clean(c.Path)
	if c.Kind == "renamed" && c.NewPath != "" {
		path = text.Clean(c.NewPath)
	}
	if c.Cell != "" {
		path += " " + text.Clean(c.Cell)
	}
	room := max(w-5-text.Width(word), 8)
	d.Doc.Add(widget.Span{Style: style | grid.Bold, Text: "   " + sign(c.Kind) + " "},
		widget.Span{Style: theme.Strong, Text: text.Pad(text.Middle(path, room-2, g.Ellipsis), room-1)},
		widget.Span{Style: style, Text: word})
	if c.Old != "" {
		d.Doc.Wrap(w-1, widget.Line{{Style: theme.Fail, Text: "     - "}}, theme.Fail, c.Old)
	}
	if c.New != "" {
		d.Doc.Wrap(w-1, widget.Line{{Style: theme.OK, Text: "     + "}}, theme.OK, c.New)
	}
	if c.Why != "" {
		d.Doc.Wrap(w-1, widget.Line{{Text: "     "}}, theme.Text, c.Why)
	}
	if c.Pos.Line > 0 {
		d.Doc.Add(widget.Span{Style: theme.Accent, Text: "     " + text.Middle(text.Clean(c.Pos.String()), w-7, g.Ellipsis)})
	}
}

// effect is the word for what a change does, and its style. Asking for less is
// what a reader must not miss.
func effect(c *engine.ExpectationChange) (string, grid.Style) {
	switch {
	case c.Undecided:
		return "undecided", theme.Warn
	case c.Effect == engine.EffectTightens:
		return "tightens", theme.OK
	case c.Effect == engine.EffectLoosens:
		return "loosens", theme.Fail
	}
	return "neutral", theme.Text
}

// sign stands for a kind of change.
func sign(kind string) string {
	switch kind {
	case "added":
		return "+"
	case "removed":
		return "-"
	case "renamed":
		return "="
	}
	return "~"
}

// Hop goes to the next change (delta 1) or the previous one (-1), round and
// round.
func (d *Diff) Hop(_ *panel.View, delta int) {
	if n := len(d.hunks); n > 0 {
		d.at, d.show = (d.at+delta+n)%n, true
	}
}

// Context shows more unchanged lines around changes (delta above 0) or fewer.
func (d *Diff) Context(delta int) {
	if delta > 0 {
		d.context = min(max(d.context*2, 1), mostContext)
	} else {
		d.context /= 2
	}
}

// Side switches between the list of changes and old beside new. It returns what
// is shown now, in words.
func (d *Diff) Side() string {
	d.side = !d.side
	d.Top, d.show = 0, true
	switch {
	case !d.side:
		return "changes with their reasons"
	case d.built.width < sideFrom:
		return "side by side needs more room: z zooms"
	}
	return "side by side"
}

// Place returns the file and line of the current change; "" when there is none.
func (d *Diff) Place(v *panel.View) (file string, line int) {
	t, _, _ := v.Selected()
	if t == nil || t.Diff == nil || d.built.side || d.at >= len(t.Diff.Changes) {
		return "", 0
	}
	return t.Diff.Changes[d.at].Pos.File, t.Diff.Changes[d.at].Pos.Line
}

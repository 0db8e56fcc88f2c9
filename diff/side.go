package diff

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

// narrow measures text as terminals outside East Asia show it.
var narrow = &runewidth.Condition{EastAsianWidth: false}

const (
	defaultWidth = 120
	minimumWidth = 40
)

// WriteSideBySide writes the old tree on the left and the new one on the right.
// Between them stands < for what is only in the old tree, > for what is only in
// the new one, | for what differs. Long text is cut.
func WriteSideBySide(w io.Writer, d *Diff, o TextOptions) error {
	p := printer{w: w, color: o.Color}
	if d.Equal() && o.OnlyChanges {
		p.f("No changes\n")
		return p.err
	}
	width := o.Width
	if width <= 0 {
		width = defaultWidth
	}
	half := (max(width, minimumWidth) - 3) / 2
	put := func(left, mark, right string) {
		kind := map[string]Kind{"<": Removed, ">": Added, "|": Changed}[mark]
		line := strings.TrimRight(fit(left, half)+" "+mark+" "+narrow.Truncate(right, half, "…"), " ")
		if kind != "" {
			line = p.paint(kind, line)
		}
		p.f("%s\n", line)
	}
	put(visible(d.Old), " ", visible(d.New))
	for _, r := range d.SideRows(o.OnlyChanges) {
		put(visible(r.Left), r.Mark, visible(r.Right))
	}
	if !o.OnlyChanges {
		p.f("\n%s\n", d.Summary())
	}
	return p.err
}

// fit cuts or pads text to exactly width columns.
func fit(s string, width int) string {
	return narrow.FillRight(narrow.Truncate(s, width, "…"), width)
}

// either is the node of whichever side has one.
func (b pair) either() *Node {
	if b.old != nil {
		return b.old
	}
	return b.new
}

func (b pair) compare(o pair) int {
	x, y := b.either(), o.either()
	return cmp.Or(strings.Compare(x.Scope, y.Scope), cmp.Compare(x.rank, y.rank), strings.Compare(x.Path(), y.Path()))
}

// SideRow is one line of a side-by-side view.
type SideRow struct {
	Left, Right string // "" where the side has nothing
	// Mark is "<" for what is only in the old tree, ">" for what is only in the
	// new one, "|" for what differs, and " " for what is the same.
	Mark           string
	OldPos, NewPos diag.Position // zero where the side has nothing
}

// SideRows lays the old tree on the left and the new one on the right, in the
// order of judging. onlyChanges leaves out what is the same, except for the
// headings of what differs.
func (d *Diff) SideRows(onlyChanges bool) []SideRow {
	nodes := slices.Clone(d.both)
	slices.SortStableFunc(nodes, func(a, b pair) int { return a.compare(b) })
	var out []SideRow
	for _, b := range nodes {
		out = append(out, b.rows(onlyChanges, d.hide)...)
	}
	return out
}

// rows lays two nodes side by side: their paths, and their leaves below.
func (b pair) rows(onlyChanges bool, hide *secret.Set) []SideRow {
	left, right := sideLines(b.old, hide), sideLines(b.new, hide)
	var out []SideRow
	differs := false
	add := func(l, r sideLine, gone, fresh bool) {
		mark := " "
		switch {
		case gone:
			mark = "<"
		case fresh:
			mark = ">"
		case l.text != r.text || l.hidden != r.hidden:
			mark = "|"
		}
		differs = differs || mark != " "
		out = append(out, SideRow{Left: l.shown, Mark: mark, Right: r.shown, OldPos: l.pos, NewPos: r.pos})
	}
	if b.old == nil || b.new == nil {
		for _, l := range left {
			add(l, sideLine{}, true, false)
		}
		for _, l := range right {
			add(sideLine{}, l, false, true)
		}
		return out
	}
	add(left[0], right[0], false, false)
	i, j := 1, 1
	for i < len(left) || j < len(right) {
		way := 0
		switch {
		case i == len(left):
			way = 1
		case j == len(right):
			way = -1
		default:
			way = strings.Compare(left[i].path, right[j].path)
		}
		switch {
		case way < 0:
			add(left[i], sideLine{}, true, false)
			i++
		case way > 0:
			add(sideLine{}, right[j], false, true)
			j++
		default:
			add(left[i], right[j], false, false)
			i, j = i+1, j+1
		}
	}
	switch {
	case !onlyChanges:
		return out
	case !differs:
		return nil
	}
	// The path stays as the heading of what differs below it.
	return slices.DeleteFunc(out, func(r SideRow) bool {
		return r.Mark == " " && r != out[0]
	})
}

// sideLine is a line about one node; path is what pairs it with another, text
// and hidden are what is compared, shown is what a reader sees.
type sideLine struct {
	path, text, hidden, shown string
	pos                       diag.Position
}

func sideLines(n *Node, hide *secret.Set) []sideLine {
	if n == nil {
		return nil
	}
	path := hide.String(n.Path())
	if len(n.Leaves) == 1 && n.Leaves[0].Path == "" {
		l := &n.Leaves[0]
		return []sideLine{{"", n.Path() + " = " + l.Value, l.hidden, path + " = " + fieldText(hide, n.Key, l.Value), l.Pos}}
	}
	out := []sideLine{{text: n.Path(), shown: path, pos: n.Pos}}
	for i := range n.Leaves {
		l := &n.Leaves[i]
		out = append(out, sideLine{l.Path, "  " + l.Path + " = " + l.Value, l.hidden, "  " + hide.String(l.Path) + " = " + fieldText(hide, l.Path, l.Value), l.Pos})
	}
	return out
}

package diff

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
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
	nodes := slices.Clone(d.both)
	slices.SortStableFunc(nodes, func(a, b pair) int { return a.compare(b) })
	for _, b := range nodes {
		for _, r := range b.rows(o.OnlyChanges) {
			put(visible(r.left), r.mark, visible(r.right))
		}
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

// sideRow is one line of side-by-side output.
type sideRow struct{ left, mark, right string }

// rows lays two nodes side by side: their paths, and their leaves below.
func (b pair) rows(onlyChanges bool) []sideRow {
	left, right := sideLines(b.old), sideLines(b.new)
	var out []sideRow
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
		out = append(out, sideRow{l.text, mark, r.text})
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
	return slices.DeleteFunc(out, func(r sideRow) bool {
		return r.mark == " " && r != out[0]
	})
}

// sideLine is a line about one node; path is what pairs it with another.
type sideLine struct{ path, text, hidden string }

func sideLines(n *Node) []sideLine {
	if n == nil {
		return nil
	}
	if len(n.Leaves) == 1 && n.Leaves[0].Path == "" {
		return []sideLine{{"", n.Path() + " = " + n.Leaves[0].Value, n.Leaves[0].hidden}}
	}
	out := []sideLine{{text: n.Path()}}
	for i := range n.Leaves {
		l := &n.Leaves[i]
		out = append(out, sideLine{l.Path, "  " + l.Path + " = " + l.Value, l.hidden})
	}
	return out
}

package diff

import (
	"fmt"
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// sides lays old and new side by side. What is the same is folded, except for
// some lines around each change.
func (d *Diff) sides(v *panel.View, t *engine.TemplateDiff, w int) {
	rows := t.Side(false)
	near := make([]bool, len(rows))
	numbers := 1
	for i := range rows {
		numbers = max(numbers, len(strconv.Itoa(max(rows[i].OldLine, rows[i].NewLine))))
		if rows[i].Mark == ' ' {
			continue
		}
		for k := max(i-d.context, 0); k <= min(i+d.context, len(rows)-1); k++ {
			near[k] = true
		}
	}
	folded := 0
	unfold := func() {
		if folded > 0 {
			d.Doc.Add(widget.Span{Style: theme.Border, Text: fmt.Sprintf("   %s %s, } shows more", v.Theme.Glyphs.Ellipsis, text.Count(folded, "unchanged line"))})
		}
		folded = 0
	}
	before := byte(' ')
	for i := range rows {
		if !near[i] {
			folded++
			before = ' '
			continue
		}
		unfold()
		if rows[i].Mark != ' ' && before == ' ' {
			d.hunks = append(d.hunks, len(d.Doc.Lines))
		}
		before = rows[i].Mark
		d.Doc.Lines = append(d.Doc.Lines, sideLine(v, &rows[i], w, numbers))
	}
	unfold()
}

// sideLine is one line: number and text of the old version, the mark, number and
// text of the new one.
func sideLine(v *panel.View, row *engine.DiffRow, w, numbers int) widget.Line {
	g := &v.Theme.Glyphs
	half := max((w-5)/2-numbers-1, 4)
	left, right := theme.Text, theme.Text
	switch row.Mark {
	case '<':
		left = theme.Fail
	case '>':
		right = theme.OK
	case '|':
		left, right = theme.Fail, theme.OK
	}
	number := func(n int) string {
		if n == 0 {
			return text.Pad("", numbers)
		}
		return fmt.Sprintf("%*d", numbers, n)
	}
	cell := func(s string) string { return text.Pad(text.Shorten(text.Clean(s), half, g.Ellipsis), half) }
	return widget.Line{
		{Style: theme.Border, Text: " " + number(row.OldLine) + " "}, {Style: left, Text: cell(row.Left)},
		{Style: theme.Strong | grid.Bold, Text: " " + string(row.Mark) + " "},
		{Style: theme.Border, Text: number(row.NewLine) + " "}, {Style: right, Text: cell(row.Right)},
	}
}

package logs

import (
	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// timeWidth is the column of the moments of lines.
const timeWidth = 12

// Wrap shows long lines in as many rows as they need, or one row each again.
func (l *Logs) Wrap() { l.wrap, l.left = !l.wrap, 0 }

// tail is how the end of the log fills the window: the position of the first
// line that is on the screen, how many of its rows are above the screen, and
// the width of the column of origins. Only the last lines are looked at: each
// takes a row at least.
func (l *Logs) tail(v *panel.View) (top, skip, prefix int) {
	n := l.count()
	top = max(n-l.height, 0)
	if !l.wrap || n == 0 {
		return top, 0, -1
	}
	lines := l.window(v, top, n-top)
	prefix = l.prefix(lines)
	w := l.bodyWidth(prefix)
	rows := 0
	for i := len(lines) - 1; i >= 0; i-- {
		rows += len(pieces(text.Clean(lines[i].Text), w))
		if rows >= l.height {
			return top + i, rows - l.height, prefix
		}
	}
	return top, 0, prefix
}

// prefix is the width of the column that says where lines come from.
func (l *Logs) prefix(lines []engine.LogLine) int {
	w := 0
	for i := range lines {
		w = max(w, text.Width(origin(&lines[i])))
	}
	return min(w, prefixLimit, l.width/3)
}

// behind is the column at which the text of lines begins.
func (l *Logs) behind(prefix int) int {
	x := prefix + 4
	if l.times {
		x += timeWidth + 1
	}
	return x
}

// bodyWidth is the room for the text of lines.
func (l *Logs) bodyWidth(prefix int) int { return max(l.width-l.behind(prefix), 0) }

// pieces cuts a cleaned line into the parts that stand below each other in w
// cells; one at least. Where not even a wide letter has room, the line is whole.
func pieces(line string, w int) []string {
	if w < 2 || len(line) <= w {
		return []string{line}
	}
	var out []string
	for line != "" {
		part := text.Cut(line, w)
		out, line = append(out, part), line[len(part):]
	}
	return out
}

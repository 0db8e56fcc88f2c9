package logs

import (
	"regexp"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/level"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// prefixLimit bounds the column that says where a line comes from.
const prefixLimit = 14

// Draw implements panel.Panel.
func (l *Logs) Draw(v *panel.View, r grid.Region) {
	l.height, l.width = r.H, r.W
	l.sync(v)
	n := l.count()
	if n == 0 {
		l.drawEmpty(v, r)
		return
	}
	end, skip, prefix := l.tail(v)
	if l.follow {
		l.top = end
	}
	l.top = max(min(l.top, end), 0)
	lines := l.window(v, l.top, min(r.H, n-l.top))
	// The end of the log stands at the bottom; elsewhere the first line is whole.
	if l.top != end || !l.follow && l.until == 0 {
		skip, prefix = 0, -1
	}
	if prefix < 0 {
		prefix = l.prefix(lines)
	}
	l.drawn = 0
	y := -skip
	for i := range lines {
		if y >= r.H {
			break
		}
		y = l.drawLine(v, r, y, &lines[i], prefix, l.number(l.top+i))
		l.drawn++
	}
}

// drawEmpty says why there is no output.
func (l *Logs) drawEmpty(v *panel.View, r grid.Region) {
	msg := "No output."
	if l.errors && l.total > 0 {
		r.Text(1, 0, theme.Text, "Nothing was written to standard error. ! shows everything.")
		return
	}
	if l.least != level.None && l.total > 0 {
		r.Text(1, 0, theme.Text, "No line has the level "+l.least.String()+" or a worse one. L goes on to the next.")
		return
	}
	s := l.scenario
	switch {
	case s == nil:
		msg = v.NoScenario()
	case s.Replayed:
		msg = "Replayed over a recorded trace: nothing was executed, so there is no output."
	case s.Verdict == engine.VerdictNone:
		msg = "Never run in this session. r runs it."
	case !s.Verdict.Done():
		msg = "No output yet."
	}
	for y, part := range text.Wrap(msg, r.W-2) {
		r.Text(1, y, theme.Text, part)
	}
}

// window fetches n lines from a position on. Lines of one step can be far
// apart; they are fetched one by one, a screenful at most.
func (l *Logs) window(v *panel.View, position, n int) []engine.LogLine {
	if !l.partial() {
		w := v.Log(l.source.id, l.number(position), n)
		return w.Lines[:min(len(w.Lines), n)]
	}
	out := make([]engine.LogLine, 0, n)
	for i := position; i < position+n; i++ {
		w := v.Log(l.source.id, l.number(i), 1)
		if len(w.Lines) == 0 || w.First != l.number(i) {
			break
		}
		out = append(out, w.Lines[0])
	}
	return out
}

// origin is where a line comes from: the step, or the service itself.
func origin(x *engine.LogLine) string {
	if x.Step != "" {
		return text.Clean(x.Step)
	}
	return text.Clean(x.Service)
}

// drawLine draws one line from row y on, which may lie above the screen: where
// it comes from, a sign for the stream, the text with matches marked. It returns
// the row below.
func (l *Logs) drawLine(v *panel.View, r grid.Region, y int, x *engine.LogLine, prefix, number int) int {
	current := number == l.at
	g := &v.Theme.Glyphs
	style, sign := theme.Accent, g.Pipe
	switch x.Stream {
	case "stderr":
		style, sign = theme.Warn, "!"
	case "clnrm":
		style, sign = theme.Run, g.Focus
	}
	head := r.Row(y)
	if current {
		head.Text(0, 0, theme.Accent|grid.Bold, g.Marker)
	}
	head.Text(1, 0, style, text.Pad(text.Shorten(origin(x), prefix, g.Ellipsis), prefix))
	if l.times && !x.At.IsZero() {
		head.Text(prefix+4, 0, theme.Border, text.Pad(x.At.Format("15:04:05.000"), timeWidth))
	}
	line := text.Clean(x.Text)
	parts, left := []string{text.Skip(line, l.left)}, l.left
	if l.wrap {
		parts, left = pieces(line, l.bodyWidth(prefix)), 0
	}
	for _, part := range parts {
		if y >= r.H {
			return y
		}
		if y >= 0 {
			r.Text(prefix+2, y, style, sign)
			l.drawPart(v, r.Sub(l.behind(prefix), y, r.W, 1), x, line, part, left, current)
		}
		left += text.Width(part)
		y++
	}
	return y
}

// drawPart draws the part of a line that begins left cells behind its start.
func (l *Logs) drawPart(v *panel.View, body grid.Region, x *engine.LogLine, line, part string, left int, current bool) {
	plain := theme.Text
	if x.Stream == "clnrm" {
		plain = theme.Run
	}
	if end := body.Text(0, 0, plain, part); end > body.W && body.W > 0 {
		body.Text(body.W-1, 0, theme.Accent|grid.Bold, v.Theme.Glyphs.More)
	}
	if worst, from, to := level.Of(line); worst >= level.Warn {
		body.Text(text.Width(line[:from])-left, 0, ofLevel(worst)|grid.Bold, line[from:to])
	}
	if l.re == nil {
		return
	}
	mark := theme.Match | grid.Reverse
	if current {
		mark |= grid.Bold | grid.Underline
	}
	highlight(body, line, l.re, left, mark)
}

// highlight draws every match in line again, in another style.
func highlight(r grid.Region, line string, re *regexp.Regexp, left int, style grid.Style) {
	for _, at := range re.FindAllStringIndex(line, -1) {
		r.Text(text.Width(line[:at[0]])-left, 0, style, line[at[0]:at[1]])
	}
}

package logs

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// prefixLimit bounds the column that says where a line comes from.
const prefixLimit = 14

// Draw implements panel.Panel.
func (l *Logs) Draw(v *panel.View, r grid.Region) {
	l.height = r.H
	l.sync(v)
	n := l.count()
	if n == 0 {
		l.drawEmpty(v, r)
		return
	}
	end := max(n-r.H, 0)
	if l.follow {
		l.top = end
	}
	l.top = max(min(l.top, end), 0)
	lines := l.window(v, l.top, min(r.H, n-l.top))
	prefix := 0
	for i := range lines {
		prefix = max(prefix, text.Width(origin(&lines[i])))
	}
	prefix = min(prefix, prefixLimit, r.W/3)
	for y := range lines {
		l.drawLine(v, r.Row(y), &lines[y], prefix, l.number(l.top+y) == l.at)
	}
}

// drawEmpty says why there is no output.
func (l *Logs) drawEmpty(v *panel.View, r grid.Region) {
	msg := "No output."
	s := l.scenario
	switch {
	case s == nil && v.Node.Path == "":
		msg = "Nothing is selected."
	case s == nil:
		msg = "The template has no scenarios."
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
	if l.source.step == "" {
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

// drawLine draws one line: where it comes from, a sign for the stream, the text
// with matches marked.
func (l *Logs) drawLine(v *panel.View, r grid.Region, x *engine.LogLine, prefix int, current bool) {
	g := &v.Theme.Glyphs
	style, sign := theme.Accent, g.Pipe
	switch x.Stream {
	case "stderr":
		style, sign = theme.Warn, "!"
	case "clnrm":
		style, sign = theme.Run, g.Focus
	}
	r.Text(1, 0, style, text.Pad(text.Shorten(origin(x), prefix, g.Ellipsis), prefix))
	r.Text(prefix+2, 0, style, sign)
	body := r.Sub(prefix+4, 0, r.W, 1)
	plain := theme.Text
	if x.Stream == "clnrm" {
		plain = theme.Run
	}
	line := text.Clean(x.Text)
	shown := text.Skip(line, l.left)
	if end := body.Text(0, 0, plain, shown); end > body.W && body.W > 0 {
		body.Text(body.W-1, 0, theme.Accent|grid.Bold, g.More)
	}
	if l.query != "" {
		mark := theme.Match | grid.Reverse
		if current {
			mark |= grid.Bold | grid.Underline
		}
		highlight(body, line, l.query, l.left, mark)
	}
}

// highlight draws every occurrence of query in line again, in another style.
func highlight(r grid.Region, line, query string, left int, style grid.Style) {
	folded, needle := strings.ToLower(line), strings.ToLower(query)
	if len(folded) != len(line) || needle == "" {
		return // lowering changed the length: positions do not agree
	}
	for from := 0; ; {
		i := strings.Index(folded[from:], needle)
		if i < 0 {
			return
		}
		i += from
		from = i + len(needle)
		r.Text(text.Width(line[:i])-left, 0, style, line[i:from])
	}
}

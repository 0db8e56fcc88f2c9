// Package logs is the panel with the output of the selected scenario or step.
//
// Windows of the engine's log flow in, never more than what is on the screen
// (and, while a search or a step is set, each line once to look at it); lines
// with the service or step they come from flow out. The panel follows the end
// until the reader scrolls up.
package logs

import (
	"fmt"
	"sort"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// shift is how many cells a step to the left or right scrolls.
const shift = 8

// Logs is the panel. Use New.
type Logs struct {
	source source
	follow bool
	top    int // position of the first line on the screen, among those shown
	left   int // cells scrolled to the right
	height int
	unread int // lines that came while the reader had scrolled up

	scenario     *engine.Scenario // whose output is shown, nil when there is none
	total, first int              // of the last window
	step         scan
	search       scan
	query        string
	at           int // line of the current match, -1 before the first jump
}

// source is whose output is shown.
type source struct {
	id    engine.ScenarioID
	step  string
	since time.Time // tells one run of a scenario from the next
}

// New returns a panel that follows.
func New() *Logs { return &Logs{follow: true, at: -1} }

// Title implements panel.Panel.
func (l *Logs) Title(v *panel.View) (name, note string) {
	l.sync(v)
	if l.source.id.Name == "" {
		return "Logs", ""
	}
	name = "Logs " + v.Theme.Glyphs.Dot + " " + panel.ScenarioName(l.source.id.Name)
	if l.source.step != "" {
		name += " " + v.Theme.Glyphs.More + " " + text.Clean(l.source.step)
	}
	switch n := l.count(); {
	case n == 0:
	case l.first > 0:
		note = fmt.Sprintf("last %d of %d", l.total-l.first, l.total)
	case l.follow:
		note = fmt.Sprintf("follow  %d", n)
	default:
		note = fmt.Sprintf("%d/%d", min(l.top+l.height, n), n)
	}
	if !l.follow && l.unread > 0 {
		note = fmt.Sprintf("+%d new  ", l.unread) + note
	}
	if l.query != "" {
		note = fmt.Sprintf("/%s %d/%d  ", l.query, l.matchNumber(), len(l.search.hits)) + note
	}
	return name, note
}

// sync follows the selection and the growth of the log.
func (l *Logs) sync(v *panel.View) {
	t, s, step := v.Selected()
	if s == nil {
		s = interesting(t)
	}
	var src source
	if s != nil {
		src = source{id: s.ID, since: s.Since}
		if step != nil {
			src.step = step.Name
		}
	}
	if src != l.source {
		*l = Logs{source: src, follow: true, at: -1, height: l.height, query: l.query}
	}
	l.scenario = s
	if s == nil {
		return
	}
	before := l.count()
	w := v.Log(src.id, -1, 1)
	l.total = w.Total
	l.first = 0
	if w.Total > 0 {
		l.first = v.Log(src.id, 0, 1).First
	}
	if src.step != "" {
		l.step.run(v, src.id, l.total, func(x *engine.LogLine) bool { return x.Step == src.step })
		l.step.forget(l.first)
	}
	l.searchMore(v)
	if !l.follow {
		l.unread += max(l.count()-before, 0)
	}
}

// interesting returns the scenario whose output is shown for a template: one
// that runs, else one that failed, else the one that ran last.
func interesting(t *engine.Template) *engine.Scenario {
	if t == nil {
		return nil
	}
	rank := func(s *engine.Scenario) int {
		switch s.Verdict {
		case engine.VerdictRunning:
			return 3
		case engine.VerdictFail, engine.VerdictError:
			return 2
		case engine.VerdictNone, engine.VerdictQueued:
			return 0
		}
		return 1
	}
	var best *engine.Scenario
	for _, s := range t.Scenarios {
		if best == nil || rank(s) > rank(best) || rank(s) == rank(best) && s.Since.After(best.Since) {
			best = s
		}
	}
	return best
}

// count is the number of lines that can be shown.
func (l *Logs) count() int {
	if l.source.step != "" {
		return len(l.step.hits)
	}
	return max(l.total-l.first, 0)
}

// number returns the line number at a position.
func (l *Logs) number(position int) int {
	if l.source.step != "" {
		return l.step.hits[position]
	}
	return l.first + position
}

// position returns where a line number stands among those shown.
func (l *Logs) position(number int) int {
	if l.source.step != "" {
		return sort.SearchInts(l.step.hits, number)
	}
	return number - l.first
}

// Move implements panel.Panel.
func (l *Logs) Move(v *panel.View, m widget.Motion) {
	l.sync(v)
	switch m {
	case widget.Left:
		l.left = max(l.left-shift, 0)
	case widget.Right:
		l.left += shift
	case widget.Last:
		l.follow = true
	case widget.First:
		l.follow, l.top = false, 0
	case widget.Down:
		l.scroll(1)
	case widget.Up:
		l.scroll(-1)
	case widget.HalfDown:
		l.scroll(max(l.height/2, 1))
	case widget.HalfUp:
		l.scroll(-max(l.height/2, 1))
	case widget.PageDown:
		l.scroll(max(l.height-1, 1))
	case widget.PageUp:
		l.scroll(-max(l.height-1, 1))
	}
	if l.follow {
		l.unread = 0
	}
}

// Scroll implements panel.Panel.
func (l *Logs) Scroll(v *panel.View, rows int) {
	l.sync(v)
	l.scroll(rows)
}

// scroll moves the window. Upwards it stops following; at the end it follows
// again.
func (l *Logs) scroll(rows int) {
	end := max(l.count()-l.height, 0)
	if l.follow {
		l.top = end
	}
	l.top = max(min(l.top+rows, end), 0)
	l.follow = l.top == end && (rows > 0 || end == 0)
	if l.follow {
		l.unread = 0
	}
}

// Click implements panel.Panel: there is nothing to select.
func (l *Logs) Click(*panel.View, int, int) {}

// Package logs is the panel with the output of the selected scenario or step.
//
// Windows of the engine's log flow in, never more than what is on the screen
// (and, while a search or a step is set, each line once to look at it); lines
// with the service or step they come from flow out. The panel follows the end
// until the reader scrolls up.
package logs

import (
	"fmt"
	"regexp"
	"sort"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/level"
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
	width  int // of the last Draw, with the column of origins
	drawn  int // lines on the screen
	unread int // lines that came while the reader had scrolled up or held the log
	until  int // the line before which everything shown ends, while held; 0 for none

	scenario     *engine.Scenario // whose output is shown, nil when there is none
	total, first int              // of the last window
	levels       levels
	step         scan
	search       scan
	query        string
	at           int // line of the current match, -1 before the first jump

	times  bool           // lines begin with when they were written
	wrap   bool           // long lines take several rows
	errors bool           // only what was written to standard error
	least  level.Level    // only lines of this level or a worse one; level.None shows all
	re     *regexp.Regexp // what is searched; nil without a search
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
	if l.partial() {
		name += " " + v.Theme.Glyphs.More + " " + text.Clean(l.source.step)
	}
	switch n := l.count(); {
	case n == 0:
	case l.first > 0:
		note = fmt.Sprintf("last %d of %d", l.total-l.first, l.total)
	case l.follow:
		note = fmt.Sprintf("follow  %d", n)
	default:
		note = fmt.Sprintf("%d/%d", min(l.top+max(l.drawn, 1), n), n)
	}
	if l.wrap {
		note = "wrap  " + note
	}
	note = l.levelNote(&v.Theme.Glyphs) + note
	if l.errors {
		note = "stderr only  " + note
	}
	if !l.follow && l.unread > 0 {
		note = fmt.Sprintf("+%d new  ", l.unread) + note
	}
	if l.until > 0 {
		note = "paused  " + note
	}
	if l.query != "" {
		note = fmt.Sprintf("/%s %d/%d  ", l.query, l.matchNumber(), len(l.search.hits)) + note
	}
	return name, note
}

// sync follows the selection and the growth of the log.
func (l *Logs) sync(v *panel.View) {
	_, _, step := v.Selected()
	_, s := panel.Interesting(v)
	var src source
	if s != nil {
		src = source{id: s.ID, since: s.Last().Since}
		if step != nil {
			src.step = step.Name
		}
	}
	if src != l.source {
		*l = Logs{source: src, follow: true, at: -1, height: l.height, width: l.width, wrap: l.wrap, query: l.query, re: l.re, times: l.times, errors: l.errors, least: l.least}
	}
	l.scenario = s
	if s == nil {
		return
	}
	before := l.marked()
	w := v.Log(src.id, -1, 1)
	l.total = w.Total
	l.first = 0
	if w.Total > 0 {
		l.first = v.Log(src.id, 0, 1).First
	}
	l.levels.run(v, src.id, l.first, l.total)
	if l.partial() {
		l.step.run(v, src.id, l.total, l.shown)
		l.step.forget(l.first)
	}
	l.searchMore(v)
	l.settle(before)
}

// partial reports whether only some of the lines are shown.
func (l *Logs) partial() bool { return l.source.step != "" || l.errors || l.least != level.None }

// shown reports whether a line is one of those that are shown. What the runner
// says of the steps has no level and is always there.
func (l *Logs) shown(number int, x *engine.LogLine) bool {
	return (l.source.step == "" || x.Step == l.source.step) && (!l.errors || x.Stream == "stderr") &&
		(l.least == level.None || x.Stream == "clnrm" || l.levels.of(number) >= l.least)
}

// Times shows when each line was written, or leaves it out again.
func (l *Logs) Times() { l.times = !l.times }

// Errors shows only what was written to standard error, or everything again.
func (l *Logs) Errors() {
	l.errors = !l.errors
	l.rescan()
}

// rescan looks anew for what is shown.
func (l *Logs) rescan() {
	l.step, l.search = scan{}, scan{}
	l.top = 0
	l.release()
}

// count is the number of lines that can be shown.
func (l *Logs) count() int {
	switch {
	case l.partial() && l.until > 0:
		return sort.SearchInts(l.step.hits, l.until)
	case l.partial():
		return len(l.step.hits)
	case l.until > 0:
		return max(l.until-l.first, 0)
	}
	return max(l.total-l.first, 0)
}

// number returns the line number at a position.
func (l *Logs) number(position int) int {
	if l.partial() {
		return l.step.hits[position]
	}
	return l.first + position
}

// position returns where a line number stands among those shown.
func (l *Logs) position(number int) int {
	if l.partial() {
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
		l.release()
	case widget.First:
		l.follow, l.top = false, 0
	case widget.Down:
		l.scroll(v, 1)
	case widget.Up:
		l.scroll(v, -1)
	case widget.HalfDown:
		l.scroll(v, max(l.height/2, 1))
	case widget.HalfUp:
		l.scroll(v, -max(l.height/2, 1))
	case widget.PageDown:
		l.scroll(v, max(l.height-1, 1))
	case widget.PageUp:
		l.scroll(v, -max(l.height-1, 1))
	}
}

// Scroll implements panel.Panel.
func (l *Logs) Scroll(v *panel.View, rows int) {
	l.sync(v)
	l.scroll(v, rows)
}

// scroll moves the window. Upwards it stops following; at the end it follows
// again, unless the log is held.
func (l *Logs) scroll(v *panel.View, rows int) {
	end, _, _ := l.tail(v)
	if l.follow {
		l.top = end
	}
	l.top = max(min(l.top+rows, end), 0)
	l.follow = l.until == 0 && l.top == end && (rows > 0 || end == 0)
	if l.follow {
		l.unread = 0
	}
}

// Click implements panel.Panel: there is nothing to select.
func (l *Logs) Click(*panel.View, int, int) {}

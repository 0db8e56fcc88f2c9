package logs

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
)

// Time returns when the line that was gone to last, or else the first line on
// the screen, was written; the zero time when that is not known.
func (l *Logs) Time(v *panel.View) time.Time {
	l.sync(v)
	n := l.count()
	if n == 0 {
		return time.Time{}
	}
	top := l.top
	if l.follow {
		top, _, _ = l.tail(v)
	}
	line := l.number(min(top, n-1))
	if l.at >= line && l.at <= l.number(min(top+max(l.drawn, 1), n)-1) {
		line = l.at
	}
	if w := v.Log(l.source.id, line, 1); len(w.Lines) > 0 {
		return w.Lines[0].At
	}
	return time.Time{}
}

// ShowTime goes to the first line that was written at a moment or after it, and
// marks it. It returns false when there is none.
func (l *Logs) ShowTime(v *panel.View, at time.Time) bool {
	l.sync(v)
	for from := l.first; from < l.total; {
		w := v.Log(l.source.id, from, chunk)
		if len(w.Lines) == 0 {
			return false
		}
		for i := range w.Lines {
			x := &w.Lines[i]
			if !x.At.IsZero() && !x.At.Before(at) && l.shown(w.First+i, x) {
				l.show(w.First + i)
				return true
			}
		}
		from = w.First + len(w.Lines)
	}
	return false
}

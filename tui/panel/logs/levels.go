package logs

import (
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/level"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// levels knows the level of every line that is in the ring. It looks at each line
// once, however often it is asked.
type levels struct {
	first int // number of the line of list[0]
	list  []level.Level
	count [level.Levels]int // of list
	last  map[stream]level.Level
}

// stream is what tells apart lines that are written in turns.
type stream struct{ service, step, name string }

// run looks at the lines that came since the last call, and forgets those before
// first, which have left the ring.
func (s *levels) run(v *panel.View, id engine.ScenarioID, first, total int) {
	if gone := min(first-s.first, len(s.list)); gone > 0 {
		for _, l := range s.list[:gone] {
			s.count[l]--
		}
		s.list = append(s.list[:0], s.list[gone:]...)
	}
	s.first = max(s.first, first)
	for next := s.first + len(s.list); next < total; next = s.first + len(s.list) {
		w := v.Log(id, next, chunk)
		if len(w.Lines) == 0 || w.First != next {
			return // the ring has moved on: the next call sees how far
		}
		for i := range w.Lines {
			l := s.look(&w.Lines[i])
			s.list = append(s.list, l)
			s.count[l]++
		}
	}
}

// look returns the level of the next line. One that is indented continues the
// line before it of the same stream, as the parts of a stack trace do.
func (s *levels) look(x *engine.LogLine) level.Level {
	if x.Stream == "clnrm" {
		return level.None
	}
	from := stream{x.Service, x.Step, x.Stream}
	if len(x.Text) > 0 && (x.Text[0] == ' ' || x.Text[0] == '\t') {
		return s.last[from]
	}
	l, _, _ := level.Of(text.Clean(x.Text))
	if s.last == nil {
		s.last = map[stream]level.Level{}
	}
	s.last[from] = l
	return l
}

// of returns the level of a line by its number.
func (s *levels) of(number int) level.Level {
	if i := number - s.first; i >= 0 && i < len(s.list) {
		return s.list[i]
	}
	return level.None
}

// steps are the levels from which on NextLevel shows lines, one after the other.
var steps = [...]level.Level{level.None: level.Error, level.Error: level.Warn, level.Warn: level.Info, level.Info: level.None, level.Debug: level.None}

// NextLevel shows errors only, then warnings too, then information too, then
// everything again, and says which. A log without levels stays as it is.
func (l *Logs) NextLevel(v *panel.View) string {
	l.sync(v)
	if l.least == level.None && l.levels.count[level.None] == len(l.levels.list) {
		return "no line of this log has a level"
	}
	l.least = steps[l.least]
	l.rescan()
	if l.least == level.None {
		return "lines of every level"
	}
	return "lines of level " + l.least.String() + worse(l.least)
}

// worse says what is shown beside a level.
func worse(l level.Level) string {
	if l == level.Error {
		return ""
	}
	return " or worse"
}

// levelNote counts the errors and warnings of the log, and says what is left out.
func (l *Logs) levelNote(g *theme.Glyphs) string {
	note := ""
	if l.least != level.None {
		note = l.least.String() + worse(l.least) + "  "
	}
	if n := l.levels.count[level.Error]; n > 0 {
		note += fmt.Sprintf("%s%d  ", g.Fail, n)
	}
	if n := l.levels.count[level.Warn]; n > 0 {
		note += fmt.Sprintf("%s%d  ", g.Warn, n)
	}
	return note
}

// ofLevel is how the word of a level looks.
func ofLevel(l level.Level) grid.Style {
	if l == level.Error {
		return theme.Fail
	}
	return theme.Warn
}

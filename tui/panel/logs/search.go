package logs

import (
	"regexp"
	"sort"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// chunk is how many lines a scan asks for at once.
const chunk = 1024

// scan collects the numbers of the lines that fulfil a condition. It looks at
// each line once, however often it is asked.
type scan struct {
	next    int // first line that was not looked at
	hits    []int
	dropped int // hits that have left the ring
}

// run looks at the lines that came since the last call, up to total.
func (s *scan) run(v *panel.View, id engine.ScenarioID, total int, want func(number int, x *engine.LogLine) bool) {
	for s.next < total {
		w := v.Log(id, s.next, chunk)
		if len(w.Lines) == 0 {
			return
		}
		for i := range w.Lines {
			if want(w.First+i, &w.Lines[i]) {
				s.hits = append(s.hits, w.First+i)
			}
		}
		s.next = w.First + len(w.Lines)
	}
}

// forget drops lines before first: they have left the ring and cannot be shown
// any more.
func (s *scan) forget(first int) {
	n := sort.SearchInts(s.hits, first)
	s.hits = s.hits[n:]
	s.dropped += n
}

// Find implements panel.Finder: it marks matches and shows the first one at or
// after the top of the window.
func (l *Logs) Find(v *panel.View, query string) {
	l.query, l.search, l.at, l.re = query, scan{}, -1, pattern(query)
	l.sync(v)
	if query == "" || len(l.search.hits) == 0 {
		return
	}
	from := 0
	if n := l.count(); n > 0 {
		top := l.top
		if l.follow {
			top, _, _ = l.tail(v)
		}
		from = l.number(min(top, n-1))
	}
	i := sort.SearchInts(l.search.hits, from)
	l.show(l.search.hits[i%len(l.search.hits)])
}

// Query returns what is searched.
func (l *Logs) Query() string { return l.query }

// Next implements panel.Finder.
func (l *Logs) Next(v *panel.View, delta int) {
	l.sync(v)
	n := len(l.search.hits)
	if n == 0 {
		return
	}
	i := sort.SearchInts(l.search.hits, l.at)
	exact := i < n && l.search.hits[i] == l.at
	switch {
	case delta < 0:
		i--
	case exact:
		i++
	}
	l.show(l.search.hits[(i+n)%n])
}

// show brings a line into the window and stops following. A line that came
// while the log was held ends that.
func (l *Logs) show(line int) {
	l.at, l.follow = line, false
	if line >= l.until {
		l.until = 0
	}
	p := l.position(line)
	switch {
	case l.wrap && (p < l.top || p >= l.top+l.drawn-1):
		l.top = p // how many rows the lines above it take is not known
	case p < l.top || p >= l.top+l.height:
		l.top = p - l.height/2
	}
	// Draw keeps the last line at the bottom when lines take several rows.
	least := l.count() - l.height
	if l.wrap {
		least = l.count() - 1
	}
	l.top = max(min(l.top, least), 0)
}

// searchMore looks for the query in lines that are new.
func (l *Logs) searchMore(v *panel.View) {
	if l.re == nil {
		return
	}
	l.search.run(v, l.source.id, l.total, func(number int, x *engine.LogLine) bool {
		return l.shown(number, x) && l.re.MatchString(text.Clean(x.Text))
	})
	l.search.forget(l.first)
}

// matchNumber is the number of the current match, from 1; 0 before the first.
func (l *Logs) matchNumber() int {
	i := sort.SearchInts(l.search.hits, l.at)
	if i < len(l.search.hits) && l.search.hits[i] == l.at {
		return i + 1
	}
	return 0
}

// pattern compiles what is searched: a regular expression (RE2) without regard
// to case or, while it is none, the text itself. "" is nil.
func pattern(query string) *regexp.Regexp {
	if query == "" {
		return nil
	}
	re, err := regexp.Compile("(?i)" + query)
	if err != nil {
		re = regexp.MustCompile("(?i)" + regexp.QuoteMeta(query))
	}
	return re
}

package tui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// segment is a part of the header: several words in styles. Those with the
// highest rank are shortened first when there is no room, and go first when
// that is not enough.
type segment struct {
	rank  int
	words []word
	short []word // the same in fewer cells; nil when it cannot be said shorter
	terse []word // in abbreviations, which are read with effort; nil likewise
}

// The ranks from which segments go before others are shortened, and before others
// are abbreviated.
const (
	spare       = 8
	dispensable = 4
)

// word is a piece of text in a style.
type word struct {
	style grid.Style
	text  string
	// filter is what a click on the word filters by; "" does nothing.
	filter string
}

// spot is a place in the header that can be clicked.
type spot struct {
	from, to int // columns
	filter   string
}

// width is the room of a segment, without the space around it.
func (s segment) width() int {
	w := 0
	for i, x := range s.words {
		if i > 0 {
			w++
		}
		w += text.Width(x.text)
	}
	return w
}

// leastRoot is the room that the name of the project keeps.
const leastRoot = 12

// between separates segments.
const between = 3

// total is the room that segments take together.
func total(segments []segment) int {
	w := 1
	for _, s := range segments {
		w += s.width() + between
	}
	return w - between
}

// fit shortens segments, the least important first, until they fit in w cells.
// Where that is not enough it leaves out what can be dispensed with, and only then
// abbreviates the rest; what is most important is cut at last.
func fit(segments []segment, w int) []segment {
	say := func(in func(*segment) []word) {
		for rank := 9; rank > 0; rank-- {
			for i := range segments {
				if s := &segments[i]; s.rank == rank && in(s) != nil && total(segments) > w {
					s.words = in(s)
				}
			}
		}
	}
	drop := func(least int) {
		for rank := 9; rank >= least; rank-- {
			for i := len(segments) - 1; i >= 0 && total(segments) > w; i-- {
				if segments[i].rank == rank {
					segments = slices.Delete(segments, i, i+1)
				}
			}
		}
	}
	drop(spare)
	say(func(s *segment) []word { return s.short })
	drop(dispensable)
	say(func(s *segment) []word { return s.terse })
	drop(2)
	return segments
}

// drawHeader writes as many segments as fit, in their order.
func (m *model) drawHeader(r grid.Region) {
	m.spots = m.spots[:0]
	x := 1
	for i, s := range fit(m.header(), r.W) {
		if i > 0 {
			r.Text(x+between/2, 0, theme.Border, m.theme.Glyphs.Pipe)
			x += between
		}
		for j, w := range s.words {
			if j > 0 {
				x++
			}
			if x+text.Width(w.text) > r.W {
				return // half a number would be another one
			}
			from := x
			x = r.Text(x, 0, w.style, w.text)
			if w.filter != "" {
				m.spots = append(m.spots, spot{from, x, w.filter})
			}
		}
	}
}

// headerClick filters the tree by the count under the pointer; a second click
// shows everything again.
func (m *model) headerClick(x int) {
	for _, s := range m.spots {
		if x < s.from || x >= s.to {
			continue
		}
		m.dirty = true
		if m.query(layout.Templates) == s.filter {
			m.find(layout.Templates, "")
			return
		}
		m.find(layout.Templates, s.filter)
		m.focus(layout.Templates)
		return
	}
}

// header lists the segments.
func (m *model) header() []segment {
	s := m.snap
	root := text.Clean(filepath.Base(s.Root))
	name := func(s string) []word { return []word{{theme.Accent | grid.Bold, s, ""}} }
	out := []segment{{1, append(name("clnrm"), word{theme.Strong, root, ""}), name(root), name(text.Middle(root, leastRoot, m.theme.Glyphs.Ellipsis))}}
	if !s.Ready {
		out = append(out, segment{rank: 2, words: []word{{theme.Run, "first pass" + m.theme.Glyphs.Ellipsis, ""}}})
	}
	out = append(out, segment{1, m.counts(true), m.shortCounts(), m.terseCounts()})
	if s.Run.Active && s.Run.Total > 0 {
		out = append(out, m.runSegment())
	}
	if b := s.Backend; b.Known && b.Shared {
		out = append(out, segment{rank: 1, words: []word{{theme.Warn | grid.Bold, m.theme.Glyphs.Warn + " " + text.Clean(b.Name) + ": not hermetic", ""}}})
	}
	if b := s.Backend; b.Known && !b.OK {
		name := text.Clean(b.Name)
		if name == "" {
			name = "backend"
		}
		out = append(out, segment{rank: 2, words: []word{{theme.Warn | grid.Bold, m.theme.Glyphs.Warn + " no " + name, ""}}})
	}
	if w := m.courseWords(); w != nil {
		out = append(out, segment{rank: 3, words: w})
	}
	if w, short := m.watchWords(); w != nil {
		rank := 5
		if short == nil || s.Watch.Problem != "" || s.Watch.Mode == "paused" {
			rank = dispensable
		}
		out = append(out, segment{rank: rank, words: w, short: short})
	}
	if l := s.Latency; l.Samples > 0 {
		p95 := word{theme.Text, "p95 " + text.Duration(l.P95), ""}
		out = append(out, segment{rank: 6, words: []word{{theme.Text, "save" + m.theme.Glyphs.Arrow + "screen", ""},
			{theme.Strong, text.Duration(l.P50), ""}, p95}, short: []word{{theme.Text, "save", ""}, p95}})
	}
	if s.Cache.Hits+s.Cache.Misses > 0 {
		out = append(out, segment{rank: 7, words: []word{{theme.Text, "cache", ""}, {theme.Strong, fmt.Sprintf("%.0f%%", 100*s.Cache.HitRate()), ""}}})
	}
	if s.Run.Limit > 0 {
		rank := spare
		if s.Run.Containers > 0 {
			rank = dispensable
		}
		used := word{theme.Strong, fmt.Sprintf("%d/%d", s.Run.Containers, s.Run.Limit), ""}
		out = append(out, segment{rank: rank, words: []word{{theme.Text, "containers", ""}, used}})
	}
	return out
}

// runWidth is the room of the bar that shows how far a run is.
const runWidth = 10

// leastLate is how late a run must be to be called so: earlier ones say nothing
// more precise.
const leastLate = time.Second

// forecast says how long a run takes still, or how much longer than it should.
func forecast(left, late time.Duration) string {
	switch {
	case late >= leastLate:
		return "over by " + text.Elapsed(late)
	case left >= 100*time.Millisecond:
		return text.Elapsed(left) + " left"
	default:
		return "about done"
	}
}

// runSegment says how far the run is, and how long it will take by earlier ones.
func (m *model) runSegment() segment {
	r := m.snap.Run
	count := word{theme.Run | grid.Bold, fmt.Sprintf("%d/%d", r.Done, r.Total), "status:running"}
	bar := text.Pad(widget.Bar(int64(r.Done), int64(r.Total), runWidth, m.theme.Glyphs.Bars), runWidth)
	long := []word{{theme.Run, bar, ""}, count}
	short := []word{{theme.Run, "run", ""}, count}
	if !r.Due.IsZero() {
		eta := word{theme.Text, forecast(r.ETA(m.now()), r.Late(m.now())), ""}
		long, short = append(long, eta), append(short, eta)
	}
	return segment{rank: 3, words: long, short: short}
}

// shortCounts are the counts without a space behind their signs.
func (m *model) shortCounts() []word {
	out := m.counts(true)
	for i := range out {
		if w := &out[i]; !strings.Contains(w.text, "template") && !strings.Contains(w.text, "scenario") {
			w.text = strings.Replace(w.text, " ", "", 1)
		}
	}
	return out
}

// terseCounts are those with the words abbreviated that say what is counted: first
// the templates, behind the line the scenarios.
func (m *model) terseCounts() []word {
	out := m.shortCounts()
	for i := range out {
		out[i].text = strings.NewReplacer(" templates", " tpl", " template", " tpl", " scenarios", " scn", " scenario", " scn").Replace(out[i].text)
	}
	return out
}

// courseWords says what runs do beside executing every scenario once; nil where
// they do only that.
func (m *model) courseWords() (out []word) {
	if m.snap.Course.FailFast {
		out = append(out, word{theme.Text, "fail-fast", ""})
	}
	if n := m.snap.Course.Retries; n > 0 {
		out = append(out, word{theme.Text, fmt.Sprintf("retries %d", n), ""})
	}
	return out
}

// watchWords says how changes are seen, and above all when they are not; also
// in fewer cells.
func (m *model) watchWords() (long, short []word) {
	w := m.snap.Watch
	dirs := word{theme.Text, text.Count(w.Dirs, "dir"), ""}
	switch {
	case w.Mode == "":
		return nil, nil
	case w.Mode == "paused":
		return []word{{theme.Warn | grid.Reverse, " watching paused ", ""}}, []word{{theme.Warn | grid.Reverse, " paused ", ""}}
	case w.Mode == "off":
		return []word{{theme.Text, "not watching", ""}}, nil
	case w.Problem != "":
		mode := word{theme.Warn, m.theme.Glyphs.Warn + " " + text.Clean(w.Mode), ""}
		return []word{mode, dirs}, []word{mode}
	}
	return []word{{theme.Text, text.Clean(w.Mode), ""}, dirs}, []word{dirs}
}

// counts are the sums of the header: what the dry run says about templates, then what runs
// say about scenarios. A sign never stands without its number, and zeros are
// left out, except that the passes are always there.
func (m *model) counts(named bool) []word {
	c, g := m.snap.Counts, &m.theme.Glyphs
	var out []word
	add := func(style grid.Style, sign string, n int, filter string) {
		if n > 0 {
			out = append(out, word{style, fmt.Sprintf("%s %d", sign, n), filter})
		}
	}
	if named {
		out = append(out, word{theme.Text, text.Count(c.Templates, "template"), ""})
	}
	add(theme.Fail|grid.Bold, g.Fail, c.Errors, "status:invalid")
	add(theme.Warn, g.Warn, c.Warnings, "status:warning")
	if named {
		out = append(out, word{theme.Border, g.Pipe, ""}, word{theme.Text, text.Count(c.Scenarios, "scenario"), ""})
	}
	passed, fresh := theme.Text, c.Passed-m.sums.replayed
	if fresh > 0 {
		passed = theme.OK
	}
	out = append(out, word{passed, fmt.Sprintf("%s %d", g.OK, fresh), "status:pass !status:replayed"})
	add(theme.Replayed, g.Replayed, m.sums.replayed, "status:replayed")
	add(theme.Fail|grid.Bold, g.Fail, c.Failed, "status:fail")
	add(theme.Warn, g.Stopped, c.Stopped, "status:stopped")
	add(theme.Run, g.Run, c.Running, "status:running")
	add(theme.Run, g.Queued, c.Queued, "status:queued")
	add(theme.Stale, g.Stale, c.Stale, "stale")
	add(theme.Text, g.Never, c.Never, "status:never")
	if !named {
		for i := range out {
			out[i].text = strings.Replace(out[i].text, " ", "", 1)
		}
	}
	return out
}

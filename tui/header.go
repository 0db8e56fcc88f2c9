package tui

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// segment is a part of the header: several words in styles. Those with the
// highest rank go first when there is no room.
type segment struct {
	rank  int
	words []word
}

// word is a piece of text in a style.
type word struct {
	style grid.Style
	text  string
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

// between separates segments.
const between = 3

// drawHeader writes as many segments as fit, in their order.
func (m *model) drawHeader(r grid.Region) {
	segments := m.header()
	for rank := 9; rank > 0; rank-- {
		w := 1
		for _, s := range segments {
			w += s.width() + between
		}
		if w-between <= r.W {
			break
		}
		kept := segments[:0]
		for _, s := range segments {
			if s.rank < rank {
				kept = append(kept, s)
			}
		}
		segments = kept
	}
	x := 1
	for i, s := range segments {
		if i > 0 {
			r.Text(x+between/2, 0, theme.Border, m.theme.Glyphs.Pipe)
			x += between
		}
		for j, w := range s.words {
			if j > 0 {
				x++
			}
			x = r.Text(x, 0, w.style, w.text)
		}
	}
}

// header lists the segments.
func (m *model) header() []segment {
	s := m.snap
	out := []segment{{1, []word{{theme.Accent | grid.Bold, "clnrm"}, {theme.Strong, text.Clean(filepath.Base(s.Root))}}}}
	if !s.Ready {
		out = append(out, segment{2, []word{{theme.Run, "first pass" + m.theme.Glyphs.Ellipsis}}})
	}
	out = append(out, segment{1, m.counts(true)})
	if b := s.Backend; b.Known && !b.OK {
		name := text.Clean(b.Name)
		if name == "" {
			name = "backend"
		}
		out = append(out, segment{2, []word{{theme.Warn | grid.Bold, m.theme.Glyphs.Warn + " no " + name}}})
	}
	if w := m.watchWords(); w != nil {
		out = append(out, segment{4, w})
	}
	if l := s.Latency; l.Samples > 0 {
		out = append(out, segment{5, []word{{theme.Text, "save" + m.theme.Glyphs.Arrow + "screen"},
			{theme.Strong, text.Duration(l.P50)}, {theme.Text, "p95 " + text.Duration(l.P95)}}})
	}
	if s.Cache.Hits+s.Cache.Misses > 0 {
		out = append(out, segment{6, []word{{theme.Text, "cache"}, {theme.Strong, fmt.Sprintf("%.0f%%", 100*s.Cache.HitRate())}}})
	}
	if s.Run.Limit > 0 {
		out = append(out, segment{7, []word{{theme.Text, "containers"}, {theme.Strong, fmt.Sprintf("%d/%d", s.Run.Containers, s.Run.Limit)}}})
	}
	return out
}

// watchWords says how changes are seen, and above all when they are not.
func (m *model) watchWords() []word {
	w := m.snap.Watch
	switch {
	case w.Mode == "":
		return nil
	case w.Mode == "paused":
		return []word{{theme.Warn | grid.Reverse, " watching paused "}}
	case w.Mode == "off":
		return []word{{theme.Text, "not watching"}}
	case w.Problem != "":
		return []word{{theme.Warn, m.theme.Glyphs.Warn + " " + text.Clean(w.Mode)}, {theme.Text, text.Count(w.Dirs, "dir")}}
	}
	return []word{{theme.Text, text.Clean(w.Mode)}, {theme.Text, text.Count(w.Dirs, "dir")}}
}

// counts are the sums of the header: what the dry run says about templates, then what runs
// say about scenarios. A sign never stands without its number, and zeros are
// left out, except that the passes are always there.
func (m *model) counts(named bool) []word {
	c, g := m.snap.Counts, &m.theme.Glyphs
	var out []word
	add := func(style grid.Style, sign string, n int) {
		if n > 0 {
			out = append(out, word{style, fmt.Sprintf("%s %d", sign, n)})
		}
	}
	if named {
		out = append(out, word{theme.Text, text.Count(c.Templates, "template")})
	}
	add(theme.Fail|grid.Bold, g.Fail, c.Errors)
	add(theme.Warn, g.Warn, c.Warnings)
	if named {
		out = append(out, word{theme.Border, g.Pipe}, word{theme.Text, text.Count(c.Scenarios, "scenario")})
	}
	passed, fresh := theme.Text, c.Passed-m.sums.replayed
	if fresh > 0 {
		passed = theme.OK
	}
	out = append(out, word{passed, fmt.Sprintf("%s %d", g.OK, fresh)})
	add(theme.Replayed, g.Replayed, m.sums.replayed)
	add(theme.Fail|grid.Bold, g.Fail, c.Failed)
	add(theme.Run, g.Run, c.Running)
	add(theme.Run, g.Queued, c.Queued)
	add(theme.Stale, g.Stale, c.Stale)
	add(theme.Text, g.Never, c.Never)
	if !named {
		for i := range out {
			out[i].text = strings.Replace(out[i].text, " ", "", 1)
		}
	}
	return out
}

// Package cache is the panel about the render cache: how often it served a
// template, what it holds, and why each template had to be rendered.
//
// The counters and the templates of the snapshot flow in; lines flow out.
package cache

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// missLimit bounds the templates that are listed.
const missLimit = 100

// Cache is the panel. The zero Cache is ready to use.
type Cache struct {
	panel.Sheet
	past   []sample // of the last minute, and the last one before it
	missed missed
}

// sample is the state of the counters at a moment.
type sample struct {
	at           time.Time
	hits, misses int64
}

// Title implements panel.Panel.
func (c *Cache) Title(v *panel.View) (name, note string) {
	s := v.Snap.Cache
	if s.Hits+s.Misses == 0 {
		return "Cache", ""
	}
	return "Cache", fmt.Sprintf("%.0f%% from cache", 100*s.HitRate())
}

// Draw implements panel.Panel.
func (c *Cache) Draw(v *panel.View, r grid.Region) {
	s := v.Snap.Cache
	c.Doc = widget.Document{}
	if s.Hits+s.Misses == 0 {
		c.Doc.Add(widget.Span{Text: " No template was rendered yet."})
		c.DrawDoc(v, r)
		return
	}
	field := func(name, value string) {
		c.Doc.Add(widget.Span{Style: theme.Strong, Text: " " + text.Pad(name, 13)}, widget.Span{Text: value})
	}
	field("session", v.Joined(fmt.Sprintf("%.0f%%", 100*s.HitRate()), fmt.Sprintf("%d from cache", s.Hits), fmt.Sprintf("%d rendered", s.Misses)))
	if now := c.lastMinute(v.Now, s); now != "" {
		field("last minute", now)
	}
	field("holds", v.Joined(fmt.Sprintf("%d of %d", s.Entries, s.Capacity), fmt.Sprintf("%d kB", (s.Bytes+1023)/1024), counted(s.Evictions, "evicted")))
	if s.Unchanged > 0 {
		field("saves", text.Count(int(s.Unchanged), "save")+" changed nothing")
	}
	c.reasons(s.Reasons)
	c.templates(v, s.Templates, field)
	c.misses(v)
	c.DrawDoc(v, r)
}

// lastMinute is the hit rate since the sample that is a minute old, "" when
// nothing was asked since.
func (c *Cache) lastMinute(now time.Time, s engine.CacheStats) string {
	if n := len(c.past); n == 0 || c.past[n-1].hits != s.Hits || c.past[n-1].misses != s.Misses {
		c.past = append(c.past, sample{now, s.Hits, s.Misses})
	}
	for len(c.past) > 1 && now.Sub(c.past[1].at) >= time.Minute {
		c.past = c.past[1:]
	}
	hits, misses := s.Hits-c.past[0].hits, s.Misses-c.past[0].misses
	if hits+misses == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f%% of %d", 100*float64(hits)/float64(hits+misses), hits+misses)
}

// reasons counts why templates were rendered, the most frequent reason first.
func (c *Cache) reasons(counts map[string]int64) {
	why := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for i, reason := range why {
		name := ""
		if i == 0 {
			name = "rendered"
		}
		c.Doc.Add(widget.Span{Style: theme.Strong, Text: " " + text.Pad(name, 13)},
			widget.Span{Text: fmt.Sprintf("%d  %s", counts[reason], text.Clean(reason))})
	}
}

// templates tells of the caches of the template engine, and why they missed.
func (c *Cache) templates(v *panel.View, list []engine.TemplateCache, field func(name, value string)) {
	for _, t := range list {
		parts := []string{fmt.Sprintf("%d of %d", t.Entries, t.Bound), fmt.Sprintf("%d hits", t.Hits)}
		for _, why := range slices.Sorted(maps.Keys(t.Misses)) {
			parts = append(parts, fmt.Sprintf("%d %s", t.Misses[why], why))
		}
		field(t.Name, v.Joined(append(parts, counted(t.Dropped, "evicted"))...))
	}
}

// misses lists the templates that had to be rendered when they were last
// checked, the newest first, each with the reason.
func (c *Cache) misses(v *panel.View) {
	if c.missed.of != v.Snap {
		c.missed = newest(v.Snap)
	}
	if c.missed.count == 0 {
		return
	}
	c.Doc.Blank()
	c.Doc.Add(widget.Span{Style: theme.Strong, Text: " Not from the cache when last checked"})
	for _, t := range c.missed.list {
		c.Doc.Add(widget.Span{Text: " " + text.Pad(v.Ago(t.CheckedAt), 10)}, widget.Span{Style: theme.Accent, Text: text.Clean(t.Path)},
			widget.Span{Text: "  " + text.Clean(t.Cache.Reason)})
	}
	if n := c.missed.count - len(c.missed.list); n > 0 {
		c.Doc.Add(widget.Span{Text: fmt.Sprintf(" and %d more", n)})
	}
}

// missed are the templates of a snapshot that had to be rendered when they were
// last checked: it is worked out once for each.
type missed struct {
	of    *engine.Snapshot
	list  []*engine.Template // the newest first, at most missLimit
	count int
}

func newest(s *engine.Snapshot) missed {
	m := missed{of: s}
	for _, t := range s.Templates {
		if t.Cache.Hit || t.Cache.Reason == "" {
			continue
		}
		m.count++
		if len(m.list) == missLimit && !t.CheckedAt.After(m.list[missLimit-1].CheckedAt) {
			continue
		}
		at, _ := slices.BinarySearchFunc(m.list, t, func(a, b *engine.Template) int {
			if a.CheckedAt.Before(b.CheckedAt) {
				return 1
			}
			return -1
		})
		m.list = slices.Insert(m.list, at, t)
		m.list = m.list[:min(len(m.list), missLimit)]
	}
	return m
}

// counted writes a number with a word, "" for none.
func counted(n int64, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

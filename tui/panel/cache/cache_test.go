package cache

import (
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestCacheSaysWhyEachTemplateMissed(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	th := theme.New(false, theme.ASCII())
	var c Cache
	draw := func(s engine.CacheStats, at time.Time) string {
		g := grid.New(90, 14)
		c.Draw(&panel.View{Theme: th, Now: at, Snap: &engine.Snapshot{Cache: s, Templates: []*engine.Template{
			{Path: "a.toml", Cache: engine.CacheOutcome{Reason: "first seen"}, CheckedAt: now.Add(-time.Hour)},
			{Path: "b.toml", Cache: engine.CacheOutcome{Hit: true}, CheckedAt: now},
			{Path: "c.toml", Cache: engine.CacheOutcome{Reason: "_macros.tera changed"}, CheckedAt: now.Add(-time.Minute)},
		}}}, g.All())
		return g.String()
	}
	s := engine.CacheStats{Hits: 30, Misses: 10, Evictions: 2, Unchanged: 3, Reasons: map[string]int64{"first seen": 3, "content changed": 7}}
	first := draw(s, now)
	for _, want := range []string{"75%", "2 evicted", "3 saves changed nothing", "rendered     7  content changed", "3  first seen",
		"1m ago    c.toml  _macros.tera changed\n 1h ago    a.toml  first seen"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in\n%s", want, first)
		}
	}
	if strings.Contains(first, "b.toml") || strings.Contains(first, "last minute") {
		t.Errorf("what was served, or nothing, is listed:\n%s", first)
	}
	s.Hits += 9
	s.Misses++
	if later := draw(s, now.Add(30*time.Second)); !strings.Contains(later, "last minute  90% of 10") {
		t.Errorf("the last minute is not counted:\n%s", later)
	}
	if idle := draw(s, now.Add(2*time.Minute)); strings.Contains(idle, "last minute") {
		t.Errorf("an old minute is shown:\n%s", idle)
	}
}

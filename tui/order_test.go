package tui

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestTheTreeIsSortedByKeyAndSaysSo(t *testing.T) {
	d := at120(t, testkit.Failed()).press("i")
	d.shows("by status  3").shows("sorted by status")
	d.press("i i").shows("by recent").press("i").hides("by recent").shows("sorted by path")
}

// The strength stands beside the verdict where all of a template has passed over
// recorded spans, and nowhere else: it says what that pass is worth.
func TestStrengthStandsBesideAPassOnly(t *testing.T) {
	row := func(s *engine.Snapshot) string {
		for _, line := range strings.Split(at120(t, s).screen(), "\n") {
			if strings.Contains(line, " login ") {
				return line
			}
		}
		t.Fatal("no such row")
		return ""
	}
	if got := row(testkit.Green()); !strings.Contains(got, "strength 83%") {
		t.Errorf("a pass without its strength: %q", got)
	}
	for name, change := range map[string]func(*engine.Scenario){
		"fail":    func(s *engine.Scenario) { s.Verdict = engine.VerdictFail },
		"stale":   func(s *engine.Scenario) { s.Stale = true },
		"running": func(s *engine.Scenario) { s.Verdict = engine.VerdictRunning },
		"never":   func(s *engine.Scenario) { s.Verdict, s.Result = engine.VerdictNone, nil },
		"large":   func(s *engine.Scenario) { s.Result.Spans = 1_000_000 },
	} {
		snap := testkit.Green()
		change(snap.Templates[1].Scenarios[1])
		if got := row(snap); strings.Contains(got, "%") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/tree"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestTheTreeIsSortedByKeyAndSaysSo(t *testing.T) {
	d := at120(t, testkit.Failed()).press("i")
	d.shows("by status  3").shows("sorted by status")
	d.press("i i").shows("by recent").press("i").hides("by recent").shows("sorted by path")
}

// A filter is worth more of a narrow title than the order, which the rows show.
func TestTheTitleOfTheTreeLeavesTheOrderOutBeforeTheFilter(t *testing.T) {
	d := at120(t, testkit.Failed()).press("i i / s t a t u s : f a i l enter")
	d.shows(" /status:fail  1/3").hides("duration  1/3")
	d.press("space").shows(" 1 marked  1/3")
	open(t, testkit.Failed(), 100, 30, uncolored).press("/ s t a t u s : f a i l enter").shows(" /status:fail  1/3")
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
		"never":   func(s *engine.Scenario) { s.Verdict, s.Run = engine.VerdictNone, nil },
		"large":   func(s *engine.Scenario) { s.Last().Result.Spans = 1_000_000 },
	} {
		snap := testkit.Green()
		change(snap.Templates[1].Scenarios[1])
		if got := row(snap); strings.Contains(got, "%") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestAClickOnTheTitleOfTheTreeSorts(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {50, 20}} {
		d := open(t, testkit.Failed(), size[0], size[1], uncolored)
		p := d.pane(layout.Templates)
		click := tea.MouseMsg{X: p.X + 5, Y: p.Y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress}
		d.send(click)
		d.clock = d.clock.Add(time.Second)
		d.send(tickMsg{})
		if got := d.tree.Order(); got != tree.ByStatus {
			t.Errorf("%v: after a click the order is %q", size, got)
		}
		click.Y++
		d.send(click)
		if got := d.tree.Order(); got != tree.ByStatus {
			t.Errorf("%v: a click on a row sorts by %q", size, got)
		}
	}
}

// What keeps a template from running stands before what is only worth a warning, and
// an error of a run is not called a failure.
func TestDetailBeginsWithErrorsAndTellsThemFromFailures(t *testing.T) {
	snap := testkit.Invalid()
	for _, d := range snap.Templates {
		slices.Reverse(d.Diagnostics)
	}
	screen := open(t, snap, 120, 200, uncolored).press("j j").screen()
	hard, soft := strings.Index(screen, "✗ template-undefined"), strings.Index(screen, "▲ expect-missing")
	if hard < 0 || soft < hard {
		t.Errorf("the error at %d, the warning at %d:\n%s", hard, soft, screen)
	}
	snap = testkit.Green()
	snap.Templates[1].Scenarios[1].Verdict = engine.VerdictError
	open(t, snap, 120, 60, uncolored).press("j j").shows("1 ended in an error of").hides("1 failed of")
}

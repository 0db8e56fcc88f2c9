package tui

import (
	"reflect"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// verdicts returns a state with one scenario for each verdict.
func verdicts(list ...engine.Verdict) []*engine.Template {
	t := &engine.Template{Path: "a.clnrm.toml"}
	for i, v := range list {
		t.Scenarios = append(t.Scenarios, &engine.Scenario{ID: engine.ScenarioID{Path: t.Path, Name: string(rune('a' + i))}, Verdict: v})
	}
	return []*engine.Template{t}
}

func TestOnlyVerdictsThatTurnAreTold(t *testing.T) {
	const pass, fail, run, err, none = engine.VerdictPass, engine.VerdictFail, engine.VerdictRunning, engine.VerdictError, engine.VerdictNone
	stale := verdicts(pass)
	stale[0].Scenarios[0].Stale = true
	replay := verdicts(pass)
	replay[0].Scenarios[0].Replayed = true
	for _, c := range []struct {
		name         string
		steps        [][]*engine.Template
		reds, greens int
	}{
		{"a replay passes, then a run", [][]*engine.Template{verdicts(fail), replay, verdicts(run), verdicts(pass)}, 0, 2},
		{"a replay passes, then a run fails", [][]*engine.Template{verdicts(fail), replay, verdicts(run), verdicts(fail)}, 1, 1},
		{"green, replayed and run again", [][]*engine.Template{verdicts(pass), replay, verdicts(run), verdicts(pass)}, 0, 0},
		{"green to red over a run", [][]*engine.Template{verdicts(pass), verdicts(run), verdicts(fail)}, 1, 0},
		{"red to green", [][]*engine.Template{verdicts(fail), verdicts(pass)}, 0, 1},
		{"fail to error", [][]*engine.Template{verdicts(fail), verdicts(err)}, 0, 0},
		{"the first verdict", [][]*engine.Template{verdicts(none), verdicts(run), verdicts(fail)}, 0, 0},
		{"green again", [][]*engine.Template{verdicts(pass), verdicts(run), verdicts(pass)}, 0, 0},
		{"stale in between", [][]*engine.Template{verdicts(pass), stale, verdicts(fail)}, 1, 0},
		{"told once", [][]*engine.Template{verdicts(pass), verdicts(fail), verdicts(fail)}, 1, 0},
		{"several", [][]*engine.Template{verdicts(pass, fail, pass), verdicts(fail, pass, fail)}, 2, 1},
		{"a scenario moved", [][]*engine.Template{verdicts(pass, fail), {{Path: "a.clnrm.toml", Scenarios: []*engine.Scenario{verdicts(pass, fail)[0].Scenarios[1]}}}}, 0, 0},
	} {
		var x turns
		var reds, greens int
		for _, s := range c.steps {
			r, g := x.update(s)
			reds, greens = reds+len(r), greens+len(g)
		}
		if reds != c.reds || greens != c.greens {
			t.Errorf("%s: %d red and %d green, want %d and %d", c.name, reds, greens, c.reds, c.greens)
		}
	}
}

func TestTurnsAreAnnouncedWhileNobodyLooks(t *testing.T) {
	state := func(v engine.Verdict, notify string) *engine.Snapshot {
		s := testkit.Green()
		s.Templates = verdicts(v)
		s.Counts = engine.Counts{}
		if v == engine.VerdictFail {
			s.Counts.Failed = 1
		}
		s.Settings = &engine.Settings{Notify: notify, Glyphs: "auto", Mouse: true}
		return s
	}
	d := at120(t, state(engine.VerdictPass, "bell"))
	d.send(frameMsg{state(engine.VerdictFail, "bell")})
	d.shows("a turned red")
	if d.paper.said != nil {
		t.Errorf("said %q although the terminal is looked at", d.paper.said)
	}
	d.send(tea.BlurMsg{})
	d.send(frameMsg{state(engine.VerdictPass, "bell")})
	d.send(frameMsg{state(engine.VerdictFail, "bell")})
	d.send(tea.FocusMsg{})
	want := []string{"bell|✓ clnrm|a turned green", "bell|✗ 1 clnrm|a turned red", "title|"}
	if !reflect.DeepEqual(d.paper.said, want) {
		t.Errorf("said %q, want %q", d.paper.said, want)
	}
}

func TestWhatIsOnlyReplayedIsNotAnnouncedAsGreen(t *testing.T) {
	state := func(v engine.Verdict) *engine.Snapshot {
		s := testkit.Green()
		s.Templates, s.Counts = verdicts(v, v), engine.Counts{Failed: 2}
		s.Settings = &engine.Settings{Notify: "bell", Glyphs: "auto", Mouse: true}
		return s
	}
	replayed := state(engine.VerdictPass)
	replayed.Templates[0].Scenarios[0].Replayed = true
	replayed.Counts = engine.Counts{Stale: 1, Passed: 1}
	one := state(engine.VerdictPass)
	one.Templates[0].Scenarios[0].Replayed = true
	one.Templates[0].Scenarios[1].Verdict = engine.VerdictFail
	one.Counts = engine.Counts{Stale: 1, Failed: 1}
	d := at120(t, state(engine.VerdictFail))
	d.send(tea.BlurMsg{})
	d.send(frameMsg{replayed})
	d.send(frameMsg{state(engine.VerdictFail)})
	d.send(frameMsg{one})
	want := []string{"bell|~ clnrm|2 scenarios turned green (1 replayed, not run)", "bell|✗ 2 clnrm|2 scenarios turned red", "bell|✗ 1 clnrm|a turned green (replayed, not run)"}
	if !reflect.DeepEqual(d.paper.said, want) {
		t.Errorf("said %q, want %q", d.paper.said, want)
	}
}

func TestRunsShowHowFarTheyAre(t *testing.T) {
	s := testkit.Running()
	s.Run.Total, s.Run.Done, s.Run.Due = 8, 2, testkit.Now.Add(20e9)
	s.Settings = &engine.Settings{Notify: "osc", Glyphs: "auto", Mouse: true}
	d := at120(t, s)
	d.shows("run 2/8 20s left")
	done := testkit.Green()
	done.Settings = s.Settings
	d.send(frameMsg{done})
	if want := []string{"progress|25", "progress|-1"}; !reflect.DeepEqual(d.paper.said, want) {
		t.Errorf("said %q, want %q", d.paper.said, want)
	}
}

func TestSelectionIsRepeated(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G : repeat enter u : repeat enter 3")
	const id = "[{tests/orders/order_flow.clnrm.tera pays twice}]"
	d.wished("run "+id+" 0 times, until it fails: true", "run "+id+" 10 times, until it fails: false")
}

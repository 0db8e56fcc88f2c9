package tui

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// color is what a verdict means to somebody who glances at it.
type color uint8

const (
	grey color = iota // no verdict, or one that is out of date
	green
	red
)

// colorOf returns the colour of a scenario's last verdict.
func colorOf(s *engine.Scenario) color {
	switch {
	case s.Stale:
		return grey
	case s.Verdict == engine.VerdictPass:
		return green
	case s.Verdict == engine.VerdictFail, s.Verdict == engine.VerdictError:
		return red
	}
	return grey
}

// turns finds the scenarios whose verdict turned from green to red or back. It
// remembers the verdicts that new runs have put aside. The zero turns is empty.
type turns struct {
	old  []*engine.Template
	last map[engine.ScenarioID]color // before a run or a change of the inputs that is under way
	// hoped holds the scenarios that were red when a recorded trace passed: a run
	// of the services that passes too is told as well.
	hoped map[engine.ScenarioID]bool
}

// update takes the templates of a new snapshot, sorted by path, and returns the
// scenarios that turned red and green. Templates that did not change are shared
// with the snapshot before and cost nothing.
func (t *turns) update(templates []*engine.Template) (reds, greens []*engine.Scenario) {
	if t.last == nil {
		t.last, t.hoped = map[engine.ScenarioID]color{}, map[engine.ScenarioID]bool{}
	}
	i := 0
	for _, now := range templates {
		for i < len(t.old) && t.old[i] != now && t.old[i].Path < now.Path {
			i++
		}
		if i == len(t.old) || t.old[i] == now || t.old[i].Path != now.Path {
			continue // the same, or a new one: nothing has turned
		}
		for k, s := range now.Scenarios {
			switch t.turned(t.old[i], k, s) {
			case red:
				reds = append(reds, s)
			case green:
				greens = append(greens, s)
			}
		}
	}
	t.old = templates
	return reds, greens
}

// turned returns the colour that a scenario has turned to, grey when it did not
// turn. at is its place in the new template, which is mostly that in the old.
func (t *turns) turned(old *engine.Template, at int, s *engine.Scenario) color {
	var was *engine.Scenario
	if at < len(old.Scenarios) && old.Scenarios[at].ID == s.ID {
		was = old.Scenarios[at]
	} else {
		was = panel.Scenario(old, s.ID.Name)
	}
	if was == nil || was == s {
		return grey
	}
	if c := colorOf(was); c != grey {
		t.last[s.ID] = c
	}
	now, before := colorOf(s), t.last[s.ID]
	if now == grey {
		return grey
	}
	delete(t.last, s.ID)
	earned := t.hoped[s.ID] && now == green && !s.Replayed
	if now == red || earned {
		delete(t.hoped, s.ID)
	}
	if (now == before || before == grey) && !earned {
		return grey
	}
	if now == green && s.Replayed {
		t.hoped[s.ID] = true
	}
	return now
}

// announce tells about verdicts that turned: in the footer, and, while the
// terminal is not looked at, by the way that the settings name.
func (m *model) announce(reds, greens []*engine.Scenario) {
	if len(reds)+len(greens) == 0 {
		return
	}
	said := strings.Join(nonempty(turnedText(reds, "red"), turnedText(greens, "green")), "; ")
	m.info(said)
	if m.away {
		m.term.Announce(m.settings.Notify, m.title(), said)
		m.titled = true
	}
}

func nonempty(list ...string) (out []string) {
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// turnedText names one scenario, or counts several. It says of which of them no
// service ran for it.
func turnedText(list []*engine.Scenario, to string) string {
	replayed := 0
	for _, s := range list {
		if s.Replayed {
			replayed++
		}
	}
	said := ""
	switch len(list) {
	case 0:
		return ""
	case 1:
		said = panel.ScenarioName(list[0].ID.Name) + " turned " + to
	default:
		said = fmt.Sprintf("%s turned %s", text.Count(len(list), "scenario"), to)
	}
	switch replayed {
	case 0:
		return said
	case len(list):
		return said + " (replayed, not run)"
	}
	return fmt.Sprintf("%s (%d replayed, not run)", said, replayed)
}

// title is what the window is called while something has turned.
func (m *model) title() string {
	c := m.snap.Counts
	if c.Failed > 0 {
		return fmt.Sprintf("%s %d clnrm", m.theme.Glyphs.Fail, c.Failed)
	}
	if c.Stale > 0 { // replayed verdicts too
		return m.theme.Glyphs.Stale + " clnrm"
	}
	return m.theme.Glyphs.OK + " clnrm"
}

// progress shows how far a run is in the task bar, where the settings ask for
// it and the terminal can.
func (m *model) progress() {
	if m.settings.Notify != "osc" {
		return
	}
	r := m.snap.Run
	percent := -1
	if r.Active && r.Total > 0 {
		percent = 100 * r.Done / r.Total
	}
	if percent != m.percent {
		m.percent = percent
		m.term.Progress(percent)
	}
}

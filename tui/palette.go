package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/fuzzy"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// paletteLimit bounds the rows of the palette: nobody scrolls further, and a
// better query costs less.
const paletteLimit = 200

// palette is the command palette: every action, and every template and scenario
// to go to.
type palette struct {
	m       *model
	actions []choice
	words   []string // what the query is compared with, for each of actions
	snap    *engine.Snapshot
	places  []place
}

// place is a template or a scenario to go to.
type place struct {
	name string
	node panel.Node
}

// openPalette opens the palette with the actions used last in front.
func (m *model) openPalette() {
	p := &palette{m: m, snap: m.snap}
	facts := m.actionFacts()
	all := slices.Clone(m.actions.All())
	slices.SortStableFunc(all, func(a, b action.Action) int {
		return cmp.Or(cmp.Compare(m.lastUse(b.ID), m.lastUse(a.ID)), cmp.Compare(rank(a), rank(b)))
	})
	for _, a := range all {
		if a.ID == action.Palette {
			continue
		}
		h := a.Binding.Help()
		p.actions = append(p.actions, choice{
			title: h.Desc, note: a.Help, key: m.theme.Glyphs.Keys(h.Key), why: a.Denied(facts),
			act: func() tea.Cmd { return m.perform(a) },
		})
		p.words = append(p.words, strings.ToLower(h.Desc+" "+string(a.ID)+" "+a.Help))
	}
	m.choose(&chooser{title: "Commands", field: widget.NewField(""), list: p.find})
}

// rank puts movements last: nobody looks for them by name.
func rank(a action.Action) int {
	if a.Group == action.Moving {
		return 1
	}
	return 0
}

// lastUse numbers the uses of actions in the palette: 0 is never.
func (m *model) lastUse(id action.ID) int { return slices.Index(m.used, id) + 1 }

// perform carries out an action that was picked by name. One that belongs to a
// panel gives it the focus first.
func (m *model) perform(a action.Action) tea.Cmd {
	m.used = append(slices.DeleteFunc(m.used, func(id action.ID) bool { return id == a.ID }), a.ID)
	if !a.In(m.prefs.Focus) {
		m.focus(a.Panels[0])
	}
	if why := a.Denied(m.actionFacts()); why != "" {
		m.info(why)
		return nil
	}
	return m.do(a.ID)
}

// find lists the actions and places that match a query.
func (p *palette) find(query string) []choice {
	if strings.TrimSpace(query) == "" {
		return p.actions
	}
	type scored struct{ score, length, index int } // index counts through actions, then places
	var found []scored
	pattern, lower := fuzzy.New(query), strings.ToLower(strings.TrimSpace(query))
	for i, c := range p.actions {
		score, ok := pattern.Match(c.title)
		switch {
		case ok:
			score += 40 // a command is rarer than a file, and is wanted more often
		case strings.Contains(p.words[i], lower):
			score, ok = len(lower), true
		}
		if ok {
			found = append(found, scored{score, len(c.title), i})
		}
	}
	for i, pl := range p.everywhere() {
		if score, ok := pattern.Match(pl.name); ok {
			found = append(found, scored{score, len(pl.name), len(p.actions) + i})
		}
	}
	slices.SortFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.length, b.length), cmp.Compare(a.index, b.index))
	})
	out := make([]choice, min(len(found), paletteLimit))
	for i := range out {
		if at := found[i].index; at < len(p.actions) {
			out[i] = p.actions[at]
		} else {
			out[i] = p.travel(p.places[at-len(p.actions)])
		}
	}
	return out
}

// travel is the choice that goes to a place.
func (p *palette) travel(pl place) choice {
	return choice{title: text.Clean(pl.name), note: "go to", act: func() tea.Cmd {
		p.m.goTo(pl.node)
		return nil
	}}
}

// everywhere lists all templates and scenarios, made when it is needed first.
func (p *palette) everywhere() []place {
	if p.places != nil {
		return p.places
	}
	for _, t := range p.snap.Templates {
		p.places = append(p.places, place{t.Path, panel.Node{Path: t.Path}})
		for _, s := range t.Scenarios {
			p.places = append(p.places, place{t.Path + " › " + panel.ScenarioName(s.ID.Name), panel.Node{Path: t.Path, Scenario: s.ID.Name}})
		}
	}
	return p.places
}

// goTo selects a template or scenario in the tree, whatever filter hides it.
func (m *model) goTo(n panel.Node) {
	if m.query(layout.Templates) != "" {
		m.find(layout.Templates, "")
	}
	m.tree.SetFocus(m.snap, false)
	m.tree.Select(m.snap, n)
	m.focus(layout.Templates)
}

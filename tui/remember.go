package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/tree"
)

// Memory keeps what the dashboard remembers of a project from one start to the
// next. The data is JSON of the dashboard's own.
type Memory struct {
	// Load returns what Save was given last, nil when there is nothing.
	Load func() ([]byte, error)
	// Save keeps data. It is called once, at the end, if anything changed.
	Save func(data []byte) error
}

// memoryVersion is the version of the format; another one is not read.
const memoryVersion = 1

// memory is the format. Names instead of numbers: panels and modes may be
// reordered.
type memory struct {
	Version int                       `json:"version"`
	Panel   string                    `json:"panel"`
	Recent  []string                  `json:"recent,omitempty"`
	Zoom    bool                      `json:"zoom,omitempty"`
	Splits  map[string]map[string]int `json:"splits,omitempty"` // thousandths, by mode and split
	Filter  string                    `json:"filter,omitempty"`
	Focus   bool                      `json:"focus,omitempty"`
	Sort    tree.Order                `json:"sort,omitempty"`
	Folders bool                      `json:"folders,omitempty"`
	Folds   []fold                    `json:"folds,omitempty"`
	Theme   string                    `json:"theme,omitempty"`
	Used    []action.ID               `json:"used,omitempty"` // in the palette, the newest last
}

// fold is a row that the user opened or closed.
type fold struct {
	Path     string `json:"path"`
	Scenario string `json:"scenario,omitempty"`
	Open     bool   `json:"open"`
}

// foldLimit bounds the folds that are kept: "fold all" over ten thousand
// templates is not worth a megabyte.
const foldLimit = 2000

// recall takes over what was kept. Data that cannot be read is said, and the
// dashboard starts as on the first day.
func (m *model) recall(load func() ([]byte, error)) {
	data, err := load()
	if err != nil {
		m.say(diag.Warning, err.Error())
		return
	}
	if len(data) == 0 {
		return
	}
	var k memory
	if err := json.Unmarshal(data, &k); err == nil && k.Version != memoryVersion {
		err = fmt.Errorf("it has version %d, this program writes version %d", k.Version, memoryVersion)
		m.say(diag.Warning, "What the dashboard remembered of this project is not used: "+err.Error())
		return
	} else if err != nil {
		m.say(diag.Warning, "What the dashboard remembered of this project is damaged and not used: "+err.Error())
		return
	}
	m.restore(k)
	m.kept = m.remember() // as it is now: what could not be restored is no change of the user's
}

// restore takes over the state of an earlier start.
func (m *model) restore(k memory) {
	for p := range layout.Panels {
		if p.String() == k.Panel {
			m.prefs.Focus = p
		}
	}
	m.prefs.Zoom, m.used = k.Zoom, k.Used
	if slices.Contains(ThemeNames(), k.Theme) {
		m.picked = k.Theme
		m.useTheme(m.themeName())
	}
	for _, name := range k.Recent {
		for p := range layout.Panels {
			if p.String() == name && !slices.Contains(m.prefs.Recent, p) {
				m.prefs.Recent = append(m.prefs.Recent, p)
			}
		}
	}
	for mode := range m.prefs.Ratios {
		for s := range layout.Splits {
			share := k.Splits[layout.Mode(mode).String()][s.String()]
			m.prefs.Ratios[mode][s] = min(max(share, 0), 999)
		}
	}
	folds := map[panel.Node]bool{}
	for _, f := range k.Folds {
		folds[panel.Node{Path: f.Path, Scenario: f.Scenario}] = f.Open
	}
	m.tree.SetFolds(m.snap, folds)
	m.tree.SetOrder(m.snap, k.Sort)
	m.tree.SetGrouped(m.snap, k.Folders)
	if k.Filter != "" {
		m.find(layout.Templates, k.Filter)
	}
	m.tree.SetFocus(m.snap, k.Focus)
}

// remember writes the state down.
func (m *model) remember() []byte {
	k := memory{
		Version: memoryVersion, Panel: m.prefs.Focus.String(), Zoom: m.prefs.Zoom,
		Filter: m.query(layout.Templates), Focus: m.tree.Focus(), Sort: m.tree.Order(), Folders: m.tree.Grouped(), Used: m.used, Theme: m.picked,
	}
	for _, p := range m.prefs.Recent {
		k.Recent = append(k.Recent, p.String())
	}
	for mode, ratios := range m.prefs.Ratios {
		for s, share := range ratios {
			if share == 0 {
				continue
			}
			name := layout.Mode(mode).String()
			if k.Splits == nil {
				k.Splits = map[string]map[string]int{}
			}
			if k.Splits[name] == nil {
				k.Splits[name] = map[string]int{}
			}
			k.Splits[name][layout.Split(s).String()] = share
		}
	}
	for _, n := range m.tree.Folds(foldLimit) {
		k.Folds = append(k.Folds, fold{n.Path, n.Scenario, m.tree.Open(n)})
	}
	data, err := json.Marshal(k)
	if err != nil { // the type holds nothing but texts and numbers
		panic(err)
	}
	return append(data, '\n')
}

// keep saves the state if it changed since the start.
func (m *model) keep(save func([]byte) error) error {
	data := m.remember()
	if bytes.Equal(data, m.kept) {
		return nil
	}
	return save(data)
}

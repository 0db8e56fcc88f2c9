// Package action lists everything a person can do in the dashboard, once.
//
// Keys, the help overlay and the footer are all derived from this list. Facts
// about the current state flow in; for each action, whether it is possible and
// if not why, flows out. What an action does is not here: the dashboard's
// handlers do it. The package knows the panels by name only.
package action

import (
	"github.com/charmbracelet/bubbles/key"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

// ID names an action. IDs are stable: configuration will refer to them.
type ID string

// Facts are what the rules of actions look at.
type Facts struct {
	Selected  bool // something is selected in the tree
	Scenarios int  // in the project
	Runnable  int  // scenarios of the project that "run all" takes
	Failing   int
	Active    int // scenarios that run or wait to
	// ActiveHere counts those of Active that belong to the selection or marks.
	ActiveHere int
	Problems   int
	Matches    bool // a filter or search is set
	Marks      int
	Place      bool // there is a file to open
	Editor     bool // there is one: $VISUAL, $EDITOR, or one that is installed
	WatchOff   bool // nothing is watched at all, so there is nothing to pause
}

// Group orders actions in the help overlay.
type Group uint8

// The groups, in the order of the help overlay.
const (
	Running Group = iota
	Looking
	Moving
	Program
	groups // how many there are
)

// Title is the heading of a group.
func (g Group) Title() string {
	return [...]string{"Run", "Look", "Move", "Program"}[g]
}

// Groups returns all groups in order.
func Groups() []Group {
	out := make([]Group, groups)
	for i := range out {
		out[i] = Group(i)
	}
	return out
}

// Action is one thing to do.
type Action struct {
	ID      ID
	Group   Group
	Binding key.Binding // its help has the key as shown and a short title
	Help    string      // one line that says what it does
	// Panels restricts the action to panels; nil means everywhere. A key that
	// an action of the focused panel takes is not looked up globally.
	Panels []layout.Panel
	// Footer is the rank among the keys in the footer, from 1; 0 is not shown.
	Footer int
	// Why returns why the action is not possible now, or "". nil: always is.
	Why func(Facts) string
}

// In reports whether a belongs to the panel p or is global.
func (a Action) In(p layout.Panel) bool {
	if a.Panels == nil {
		return true
	}
	for _, q := range a.Panels {
		if p == q {
			return true
		}
	}
	return false
}

// Denied returns why a is not possible now, or "".
func (a Action) Denied(f Facts) string {
	if a.Why == nil {
		return ""
	}
	return a.Why(f)
}

// Map is the list of actions with the keys that they have now. It is immutable.
type Map struct {
	actions []Action
	global  map[string]*Action
	local   [layout.Panels]map[string]*Action // those restricted to a panel
}

// standard is the map with the keys of the list.
var standard = newMap(all)

// Default returns the map with the keys that the program comes with.
func Default() *Map { return standard }

func newMap(actions []Action) *Map {
	m := &Map{actions: actions, global: map[string]*Action{}}
	for p := range m.local {
		m.local[p] = map[string]*Action{}
	}
	for i := range actions {
		a := &actions[i]
		for _, k := range a.Binding.Keys() {
			if a.Panels == nil {
				m.global[k] = a
			}
			for _, p := range a.Panels {
				m.local[p][k] = a
			}
		}
	}
	return m
}

// Lookup returns the action of a key (as bubbletea prints it, for example "j",
// "ctrl+d" or " ") while panel p has the focus, or nil.
func (m *Map) Lookup(k string, p layout.Panel) *Action {
	if int(p) < len(m.local) {
		if a := m.local[p][k]; a != nil {
			return a
		}
	}
	return m.global[k]
}

// Elsewhere returns the panels in which a key does something, in their order;
// nil when it does so everywhere or nowhere.
func (m *Map) Elsewhere(k string) (in []layout.Panel) {
	if m.global[k] != nil {
		return nil
	}
	for p := range m.local {
		if m.local[p][k] != nil {
			in = append(in, layout.Panel(p))
		}
	}
	return in
}

// Find returns the action with that ID, or nil.
func (m *Map) Find(id ID) *Action {
	for i := range m.actions {
		if m.actions[i].ID == id {
			return &m.actions[i]
		}
	}
	return nil
}

// All returns every action in the order of the help overlay. The slice is
// shared: it must not be changed.
func (m *Map) All() []Action { return m.actions }

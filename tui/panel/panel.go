// Package panel says what a panel is and holds what all panels share: the
// selection, and how verdicts look.
//
// A snapshot of the engine and the selection flow in through View; cells flow
// out. Each panel is a package below this one. Panels are plain structs: they
// receive no messages, start nothing, and do no input or output except through
// the functions of View.
package panel

import (
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Panel is one part of the screen.
type Panel interface {
	// Title returns the panel's name for its frame and a short note about what
	// it shows, such as "follow 812/812".
	Title(v *View) (name, note string)
	// Draw shows the panel. It is called after anything in v has changed.
	Draw(v *View, r grid.Region)
	// Move moves the cursor or the window.
	Move(v *View, m widget.Motion)
	// Scroll moves the window by rows and leaves the cursor.
	Scroll(v *View, rows int)
	// Click selects what the last Draw showed at x, y, if anything.
	Click(v *View, x, y int)
}

// Finder is a panel in which text can be searched.
type Finder interface {
	// Find sets what to look for; "" ends the search.
	Find(v *View, query string)
	// Query returns what was set.
	Query() string
	// Next goes to the next match (delta 1) or the previous one (-1).
	Next(v *View, delta int)
}

// View is what a panel sees of the world. It is valid during one call.
type View struct {
	Snap    *engine.Snapshot
	Theme   *theme.Theme
	Now     time.Time
	Node    Node // the selection in the tree
	Focused bool // the panel of this call has the focus
	Log     func(id engine.ScenarioID, from, n int) engine.LogWindow
	Source  func(path string) []byte
	Spans   func(id engine.ScenarioID) (*engine.Spans, bool)
	Score   func(path string) (*engine.StrengthScore, bool)
	History func(id engine.ScenarioID) []engine.RunRecord
	Compare func(id engine.ScenarioID, older, newer string) (*engine.RunDelta, bool)
	// Ages is told of the ages that are drawn; nil where nobody wants to know.
	Ages *Ages
	// Usage looks at this process; nil where nobody can.
	Usage func() Usage
}

// Usage is what this process takes.
type Usage struct {
	CPU        float64 // in cores, since the last look; -1 when there was none
	ResidentKB int     // 0 when the system does not say
	Goroutines int
}

// Node names a row of the tree: a folder, a template, a scenario or a step. The
// zero Node is no selection.
type Node struct {
	Path     string
	Scenario string // "" for a template or a folder
	Step     string // "" for a template, a folder or a scenario
}

// Folder reports whether n is a folder: its path has a slash at its end.
func (n Node) Folder() bool { return strings.HasSuffix(n.Path, "/") }

// DirOf returns the folder of the template at a path, with a slash at its end;
// "" when that is the project itself. The folder of a folder is the folder.
func DirOf(path string) string { return path[:strings.LastIndexByte(path, '/')+1] }

// ID returns the scenario of n; its Name is "" for a template.
func (n Node) ID() engine.ScenarioID { return engine.ScenarioID{Path: n.Path, Name: n.Scenario} }

// Parent returns the row above n in the hierarchy; a template is its own, and so
// is a folder.
func (n Node) Parent() Node {
	switch {
	case n.Step != "":
		n.Step = ""
	default:
		n.Scenario = ""
	}
	return n
}

// Template returns the template with that path, or nil. The engine keeps
// templates sorted by path.
func Template(s *engine.Snapshot, path string) *engine.Template {
	i, ok := slices.BinarySearchFunc(s.Templates, path,
		func(t *engine.Template, p string) int { return strings.Compare(t.Path, p) })
	if !ok {
		return nil
	}
	return s.Templates[i]
}

// Scenario returns the scenario of t with that name, or nil. t may be nil.
func Scenario(t *engine.Template, name string) *engine.Scenario {
	if t == nil || name == "" {
		return nil
	}
	for _, s := range t.Scenarios {
		if s.ID.Name == name {
			return s
		}
	}
	return nil
}

// Step returns the step of s with that name, or nil. s may be nil.
func Step(s *engine.Scenario, name string) *engine.Step {
	if s == nil || name == "" {
		return nil
	}
	for _, step := range s.Steps() {
		if step.Name == name {
			return &step
		}
	}
	return nil
}

// Selected resolves the selection; what does not exist is nil.
func (v *View) Selected() (*engine.Template, *engine.Scenario, *engine.Step) {
	if v.Node.Path == "" {
		return nil, nil, nil
	}
	t := Template(v.Snap, v.Node.Path)
	s := Scenario(t, v.Node.Scenario)
	return t, s, Step(s, v.Node.Step)
}

// NoScenario says why a panel about runs has nothing to show.
func (v *View) NoScenario() string {
	switch {
	case v.Node.Path == "":
		return "Nothing is selected."
	case v.Node.Folder():
		return "A folder is selected. Select a template or a scenario in it."
	}
	return "The template has no scenarios."
}

// Interesting returns the selected template and the scenario that panels about
// runs show: the selected one, or for a template one that runs, else one that
// failed, else the one that ran last.
func Interesting(v *View) (*engine.Template, *engine.Scenario) {
	t, s, _ := v.Selected()
	if s != nil || t == nil {
		return t, s
	}
	rank := func(s *engine.Scenario) int {
		switch s.Verdict {
		case engine.VerdictRunning:
			return 3
		case engine.VerdictFail, engine.VerdictError:
			return 2
		case engine.VerdictNone, engine.VerdictQueued:
			return 0
		}
		return 1
	}
	var best *engine.Scenario
	for _, s := range t.Scenarios {
		if best == nil || rank(s) > rank(best) || rank(s) == rank(best) && s.Last().Since.After(best.Last().Since) {
			best = s
		}
	}
	return t, best
}

// Package control is the socket by which editors and scripts use a dashboard
// that runs: they carry out actions and learn about problems.
//
// Lines of JSON flow in and out, one object in each; docs/socket.md describes
// them. Wishes to the engine go straight to it, so that they work while the
// dashboard has given the terminal to an editor; everything else goes to the
// dashboard through a function. Only the user that runs the dashboard can
// connect. The package imports engine and tui/panel/problems, and nothing that
// draws.
package control

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/problems"
)

// Version is the version of the protocol. It grows when a client of an older
// version would misunderstand something.
const Version = 1

// Request is what a client sends.
type Request struct {
	ID json.RawMessage `json:"id,omitempty"` // given back in the reply; any JSON value
	Do string          `json:"do"`           // the name of an action, or one of the words of handle
	Args
}

// Args are the arguments of an action; each action uses some of them.
type Args struct {
	At    string `json:"at,omitempty"`    // a place: a file, or file:line
	Text  string `json:"text,omitempty"`  // a filter, a search, the name of a theme
	Times int    `json:"times,omitempty"` // repetitions
	Kind  string `json:"kind,omitempty"`  // of an export
}

// Greeting is the first line that a client receives.
type Greeting struct {
	Clnrm   int    `json:"clnrm"` // Version
	Project string `json:"project"`
}

// Reply answers a request.
type Reply struct {
	ID       json.RawMessage `json:"id,omitempty"`
	OK       bool            `json:"ok"`
	Error    string          `json:"error,omitempty"`
	Actions  []Action        `json:"actions,omitempty"`
	Problems *Problems       `json:"problems,omitempty"`
}

// Action describes an action to a client.
type Action struct {
	Name string   `json:"name"`
	Help string   `json:"help"`
	Keys []string `json:"keys,omitempty"`
}

// Event is a line that nobody asked for at that moment.
type Event struct {
	Event    string    `json:"event"` // "problems"
	Problems *Problems `json:"problems"`
}

// Problems is everything that is wrong at a moment.
type Problems struct {
	List []Problem `json:"list"`
	// Lines are the same as "path:line:col: severity: text", for lists of
	// places in editors.
	Lines []string `json:"lines"`
}

// Problem is one thing that is wrong.
type Problem struct {
	File     string `json:"file"` // relative to the project; "" for the machine itself
	Line     int    `json:"line"` // from 1; 0 when it has none
	Column   int    `json:"column"`
	Severity string `json:"severity"` // "error" or "warning"
	Message  string `json:"message"`
	Scenario string `json:"scenario,omitempty"`
	Stale    bool   `json:"stale,omitempty"` // the file changed since: it may be gone
}

// problemsOf lists what is wrong in a snapshot.
func problemsOf(s *engine.Snapshot) *Problems {
	out := &Problems{List: []Problem{}, Lines: []string{}}
	for _, p := range problems.Collect(s) {
		severity := "warning"
		if p.Severity == diag.Error {
			severity = "error"
		}
		message := strings.Join(strings.Fields(p.Message), " ") // one line each
		one := Problem{File: p.Pos.File, Line: p.Pos.Line, Column: p.Pos.Column, Severity: severity, Message: message, Scenario: p.Node.Scenario, Stale: p.Stale}
		out.List = append(out.List, one)
		if one.File != "" {
			out.Lines = append(out.Lines, fmt.Sprintf("%s:%d:%d: %s: %s", one.File, max(one.Line, 1), max(one.Column, 1), severity, message))
		}
	}
	return out
}

// Resolve finds what a place stands for: the scenario in which a line lies, or
// a whole template. The file may be absolute or relative to the project.
func Resolve(s *engine.Snapshot, at string) (engine.ScenarioID, error) {
	file, line := at, 0
	if i := strings.LastIndexByte(at, ':'); i > 0 {
		if n, err := strconv.Atoi(at[i+1:]); err == nil && n > 0 {
			file, line = at[:i], n
		}
	}
	path := filepath.ToSlash(filepath.Clean(file))
	if filepath.IsAbs(file) {
		root := s.Root
		if real, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
			file = filepath.Join(real, filepath.Base(file))
		}
		if real, err := filepath.EvalSymlinks(root); err == nil {
			root = real
		}
		rel, err := filepath.Rel(root, file)
		if err != nil || strings.HasPrefix(rel, "..") {
			return engine.ScenarioID{}, fmt.Errorf("%s is not in the project %s", file, s.Root)
		}
		path = filepath.ToSlash(rel)
	}
	for _, t := range s.Templates {
		if t.Path != path {
			continue
		}
		id := engine.ScenarioID{Path: path}
		best := 0
		for _, sc := range t.Scenarios {
			if line > 0 && !sc.ID.IsFile() && int(sc.Line) > best && int(sc.Line) <= line {
				best, id = int(sc.Line), sc.ID
			}
		}
		return id, nil
	}
	return engine.ScenarioID{}, fmt.Errorf("%s is no test file of this dashboard", path)
}

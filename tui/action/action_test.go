package action

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

func TestEveryActionCanBeShownAndReached(t *testing.T) {
	ids := map[ID]bool{}
	for _, a := range Default().All() {
		h := a.Binding.Help()
		// Without a key an action is in the palette only.
		if a.ID == "" || h.Desc == "" || a.Help == "" || (h.Key == "") != (len(a.Binding.Keys()) == 0) {
			t.Errorf("action %q lacks an id, a title or help, or does not show its keys", a.ID)
		}
		if ids[a.ID] {
			t.Errorf("action %q is listed twice", a.ID)
		}
		ids[a.ID] = true
		if strings.HasSuffix(a.Help, ".") {
			t.Errorf("%q: help ends with a full stop", a.ID)
		}
	}
}

func TestNoKeyHasTwoMeaningsInOnePanel(t *testing.T) {
	for p := range layout.Panels {
		taken := map[string]ID{}
		for _, local := range []bool{true, false} {
			for _, a := range Default().All() {
				if (a.Panels != nil) != local || !a.In(p) {
					continue
				}
				for _, k := range a.Binding.Keys() {
					if other, ok := taken[k]; ok {
						t.Errorf("panel %d: %q does %s and %s", p, k, other, a.ID)
					}
					taken[k] = a.ID
				}
			}
		}
	}
}

// Terminals and multiplexers keep these keys for themselves or cannot tell them
// from others.
func TestNoKeyIsTakenByTheTerminal(t *testing.T) {
	for _, a := range Default().All() {
		for _, k := range a.Binding.Keys() {
			switch k {
			case "ctrl+b", "ctrl+a", "ctrl+h", "ctrl+i", "ctrl+m", "ctrl+j", "ctrl+s", "ctrl+q", "ctrl+p", "ctrl+t", "ctrl+n", "ctrl+g", "ctrl+o":
				t.Errorf("%s is bound to %s", a.ID, k)
			}
		}
	}
}

func TestPanelsShadowGlobalKeys(t *testing.T) {
	for _, c := range []struct {
		key   string
		panel layout.Panel
		want  ID
	}{
		{"enter", layout.Templates, Expand},
		{"enter", layout.Problems, Goto},
		{"right", layout.Logs, Right},
		{"/", layout.Logs, Search},
		{"/", layout.Detail, Filter},
		{"/", layout.Trace, Search},
		{"enter", layout.Trace, Jump},
		{"r", layout.Logs, Run},
	} {
		a := Default().Lookup(c.key, c.panel)
		if a == nil || a.ID != c.want {
			t.Errorf("%s in panel %d is %v, want %s", c.key, c.panel, a, c.want)
		}
	}
	if a := Default().Lookup("enter", layout.Perf); a != nil {
		t.Errorf("enter in the performance panel is %s, want nothing", a.ID)
	}
}

func TestImpossibleActionsSayWhy(t *testing.T) {
	for _, c := range []struct {
		key  string
		f    Facts
		want string
	}{
		{"r", Facts{}, "nothing is selected"},
		{"r", Facts{Marks: 1}, ""},
		{"a", Facts{}, "there is no scenario to run"},
		{"a", Facts{Scenarios: 2}, "all suites are manual: select one and press r"},
		{"a", Facts{Scenarios: 2, Runnable: 1}, ""},
		{"f", Facts{}, "nothing is failing"},
		{"s", Facts{}, "nothing is running"},
		{"s", Facts{Active: 1}, "this is not running; S stops everything"},
		{"S", Facts{Active: 1}, ""},
		{"o", Facts{}, "nothing is selected"},
		{"o", Facts{Place: true}, "no editor: set $VISUAL or $EDITOR, or install vim, nvim, nano or vi"},
		{"w", Facts{WatchOff: true}, "watching is off in this session"},
		{"n", Facts{}, "no search: / starts one"},
		{"e", Facts{}, "no problems"},
		{"j", Facts{}, ""},
	} {
		if got := Default().Lookup(c.key, layout.Templates).Denied(c.f); got != c.want {
			t.Errorf("%s: %q, want %q", c.key, got, c.want)
		}
	}
}

package action

import (
	"reflect"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

func TestOwnKeysReplaceTheUsualOnes(t *testing.T) {
	m, clashes := With([]Override{{Run, []string{"X", "f5"}}, {Zoom, nil}})
	if len(clashes) != 0 {
		t.Errorf("clashes %v", clashes)
	}
	for k, want := range map[string]ID{"X": Run, "f5": Run, "r": "", "z": "", "j": Down} {
		got := ID("")
		if a := m.Lookup(k, layout.Templates); a != nil {
			got = a.ID
		}
		if got != want {
			t.Errorf("%s does %q, want %q", k, got, want)
		}
	}
	if got := m.Find(Run).Binding.Help().Key; got != "X f5" {
		t.Errorf("the help shows %q", got)
	}
	if a := Default().Lookup("r", layout.Templates); a == nil || a.ID != Run {
		t.Error("the usual keys have changed")
	}
}

func TestClashesNameBothAndLeaveTheKeyWhereItWas(t *testing.T) {
	for _, c := range []struct {
		name      string
		overrides []Override
		want      []Clash
		key       string
		does      ID
	}{
		{"a key of another action", []Override{{Run, []string{"a"}}}, []Clash{{"a", RunAll, Run}}, "a", RunAll},
		{"and the action keeps its own", []Override{{Run, []string{"a"}}}, []Clash{{"a", RunAll, Run}}, "r", Run},
		{"two of the user's", []Override{{Run, []string{"X"}}, {RunAll, []string{"X"}}}, []Clash{{"X", Run, RunAll}}, "X", Run},
		{"swapped", []Override{{Run, []string{"a"}}, {RunAll, []string{"r"}}}, nil, "a", Run},
		{"in a panel against everywhere", []Override{{Run, []string{"="}}}, []Clash{{"=", ExpandAll, Run}}, "=", ExpandAll},
		{"in panels that never meet", []Override{{Expand, []string{"X"}}, {Right, []string{"X"}}}, nil, "X", Expand},
		{"an action that does not exist", []Override{{"fly", []string{"a"}}}, nil, "a", RunAll},
	} {
		m, clashes := With(c.overrides)
		if !reflect.DeepEqual(clashes, c.want) {
			t.Errorf("%s: clashes %v, want %v", c.name, clashes, c.want)
		}
		if a := m.Lookup(c.key, layout.Templates); a == nil || a.ID != c.does {
			t.Errorf("%s: %s does %v, want %s", c.name, c.key, a, c.does)
		}
	}
}

func TestKeysAreCheckedByName(t *testing.T) {
	for s, want := range map[string]string{
		"x": "x", "ö": "ö", "space": " ", "ctrl+e": "ctrl+e", "alt+x": "alt+x", "f5": "f5", "alt+enter": "alt+enter", "+": "+", "ctrl+": "",
		"": "", "xx": "", "ctrl+c": "", "ctrl+i": "", "ctrl+enter": "", "Ctrl+e": "", " ": "", "escape": "", "ctrl+alt+x": "",
	} {
		got, err := ParseKey(s)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q (%v), want %q", s, got, err, want)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("ctrl+alt+x")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			return
		}
		if m, _ := With([]Override{{Recheck, []string{k}}}); m == nil {
			t.Errorf("%q cannot be bound", s)
		}
	})
}

package panel

import (
	"reflect"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func TestMemoWorksOutOnlyWhatChanged(t *testing.T) {
	at := func(path string) *engine.Template { return &engine.Template{Path: path} }
	a, b, c, d := at("a"), at("b"), at("c"), at("d")
	changed := at("b")
	var m Memo[string]
	var worked []string
	f := func(t *engine.Template) string {
		worked = append(worked, t.Path)
		return "of " + t.Path
	}
	for _, step := range []struct {
		name   string
		in     []*engine.Template
		worked []string
	}{
		{"first", []*engine.Template{a, b, d}, []string{"a", "b", "d"}},
		{"same", []*engine.Template{a, b, d}, nil},
		{"changed", []*engine.Template{a, changed, d}, []string{"b"}},
		{"inserted", []*engine.Template{a, changed, c, d}, []string{"c"}},
		{"removed", []*engine.Template{c, d}, nil},
		{"empty", nil, nil},
		{"back", []*engine.Template{a, d}, []string{"a", "d"}},
	} {
		worked = nil
		got := m.Update(step.in, f)
		want := make([]string, len(step.in))
		for i, x := range step.in {
			want[i] = "of " + x.Path
		}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(worked, step.worked) {
			t.Errorf("%s: %q, worked out %q, want %q", step.name, got, worked, step.worked)
		}
	}
}

package diag

import (
	"slices"
	"testing"
)

func TestPositionPrintsWhatIsKnown(t *testing.T) {
	for p, want := range map[Position]string{
		{"a.toml", 3, 7}: "a.toml:3:7",
		{"a.toml", 3, 0}: "a.toml:3",
		{"a.toml", 0, 0}: "a.toml",
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := (Diagnostic{Message: "m", Pos: Position{"f", 1, 2}}).Error(); got != "f:1:2: m" {
		t.Errorf("got %q", got)
	}
	if got := (Diagnostic{Message: "m"}).Error(); got != "m" {
		t.Errorf("got %q", got)
	}
}

func TestSortKeepsTheOrderOfEquals(t *testing.T) {
	ds := []Diagnostic{
		{Code: "4", Pos: Position{"b", 1, 1}},
		{Code: "3", Pos: Position{"a", 2, 1}},
		{Code: "1", Pos: Position{"a", 1, 5}},
		{Code: "2", Pos: Position{"a", 1, 5}},
	}
	Sort(ds)
	var got []string
	for _, d := range ds {
		got = append(got, d.Code)
	}
	if !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("got %v", got)
	}
}

func TestCountIgnoresInfo(t *testing.T) {
	errs, warnings := Count([]Diagnostic{{Severity: Info}, {Severity: Warning}, {Severity: Error}, {Severity: Error}})
	if errs != 2 || warnings != 1 {
		t.Errorf("got %d errors, %d warnings", errs, warnings)
	}
}

func TestAddDropsWhatIsSaidAlready(t *testing.T) {
	d := Diagnostic{Code: "c", Message: "m", Pos: Position{"f", 1, 2}, Via: []Frame{{"in macro a", Position{"g", 1, 1}}}}
	other := d
	other.Via = []Frame{{"in macro a", Position{"g", 9, 1}}}
	ds := Add(Add(Add(nil, d), d), other)
	if len(ds) != 2 {
		t.Errorf("got %v", ds)
	}
}

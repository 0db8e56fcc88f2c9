package layout

import "testing"

// Taking a split to any place where it can be and reading its share back must
// put it there again: else it would jump from under the pointer.
func TestSplitStaysWhereItIsDragged(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}, {200, 12}} {
		w, h := size[0], size[1]
		plan := Arrange(w, h, Prefs{})
		if len(plan.Handles) == 0 {
			t.Fatalf("%dx%d has no split to take hold of", w, h)
		}
		for _, handle := range plan.Handles {
			for at := range 100 {
				var p Prefs
				p.Ratios[plan.Mode][handle.Split] = handle.Share(handle.X+at, handle.Y+at)
				moved, ok := find(Arrange(w, h, p), handle.Split)
				if !ok {
					t.Fatalf("%dx%d: split %d is gone after a move by %d", w, h, handle.Split, at)
				}
				p.Ratios[plan.Mode][handle.Split] = moved.Share(line(moved), line(moved))
				again, _ := find(Arrange(w, h, p), handle.Split)
				if d := line(again) - line(moved); d != 0 {
					t.Errorf("%dx%d: split %d moves by %d without being dragged", w, h, handle.Split, d)
				}
			}
		}
	}
}

func find(p Plan, s Split) (Handle, bool) {
	for _, h := range p.Handles {
		if h.Split == s {
			return h, true
		}
	}
	return Handle{}, false
}

// line is the position of the first cell on the second side of a split.
func line(h Handle) int {
	switch {
	case h.Vertical && h.W == 1:
		return h.X
	case h.Vertical:
		return h.X + 1
	}
	return h.Y + 1
}

func TestPanelKnowsTheSplitsBesideIt(t *testing.T) {
	plan := Arrange(200, 60, Prefs{})
	for _, c := range []struct {
		panel    Panel
		vertical bool
		want     Split
	}{
		{Templates, true, TreeSplit},
		{Detail, true, ThirdSplit},
		{Logs, true, ThirdSplit},
		{Detail, false, DetailRow},
		{Diff, false, DetailRow},
		{Trace, false, ThirdRow},
	} {
		if h, ok := plan.Beside(c.panel, c.vertical); !ok || h.Split != c.want {
			t.Errorf("panel %d, vertical %v: split %d (%v), want %d", c.panel, c.vertical, h.Split, ok, c.want)
		}
	}
	if _, ok := plan.Beside(Templates, false); ok {
		t.Error("the tree has a split below it")
	}
}

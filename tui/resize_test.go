package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// mouseAt sends one report of the left button.
func (d *desk) mouseAt(x, y int, a tea.MouseAction) {
	d.clock = d.clock.Add(minFrame) // frames that the mouse causes are merged
	d.send(tea.MouseMsg{X: x, Y: y, Button: tea.MouseButtonLeft, Action: a})
}

// pane is the place of a panel that is shown.
func (d *desk) pane(p layout.Panel) layout.Rect {
	d.t.Helper()
	for _, q := range d.plan.Panes {
		if q.Panel == p {
			return q.Rect
		}
	}
	d.t.Fatalf("panel %d is not shown", p+1)
	return layout.Rect{}
}

func TestSplitFollowsTheMouse(t *testing.T) {
	d := at120(t, testkit.Failed())
	tree := d.pane(layout.Templates)
	d.mouseAt(tree.W, 20, tea.MouseActionPress)
	d.mouseAt(70, 21, tea.MouseActionMotion)
	if got := d.pane(layout.Templates).W; got != 70 {
		t.Errorf("the tree is %d columns wide, want 70", got)
	}
	d.mouseAt(70, 21, tea.MouseActionRelease)
	d.mouseAt(40, 21, tea.MouseActionMotion)
	d.press("1")
	if got := d.pane(layout.Templates).W; got != 70 {
		t.Errorf("the split follows the mouse after its button was released: %d", got)
	}
}

func TestSplitsAreKeptForEachLayout(t *testing.T) {
	d := at120(t, testkit.Failed())
	before := d.pane(layout.Templates)
	d.press("| > > > esc")
	if got := d.pane(layout.Templates).W; got != before.W+3*resizeStep {
		t.Errorf("the tree is %d columns wide, want %d", got, before.W+3*resizeStep)
	}
	d.send(tea.WindowSizeMsg{Width: 200, Height: 60})
	if got := d.pane(layout.Templates).W; got != 56 {
		t.Errorf("the split of one layout moved that of another: %d", got)
	}
	d.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	d.press("| =")
	if got := d.pane(layout.Templates); got != before {
		t.Errorf("= leaves the tree at %+v, want %+v", got, before)
	}
	d.shows(" resize ")
	d.press("r").wished()
	d.press("esc tab | -")
	if d.pane(layout.Detail).H >= 21 {
		t.Errorf("the detail is %d rows high after -", d.pane(layout.Detail).H)
	}
}

func TestClickOnACountFilters(t *testing.T) {
	d := at120(t, testkit.Failed())
	at := strings.Index(strings.Split(d.screen(), "\n")[0], "✗ 1")
	x := len([]rune(d.screen()[:at]))
	d.mouseAt(x, 0, tea.MouseActionPress)
	d.shows("/status:fail")
	d.hides("ada logs in")
	d.press("1")
	for i, s := range d.spots {
		if s.filter == "status:fail" {
			d.mouseAt(s.from, 0, tea.MouseActionPress)
			break
		}
		if i == len(d.spots)-1 {
			t.Fatal("the count is gone")
		}
	}
	d.press("1").shows("ada logs in")
}

func TestFilterIsKeptAcrossSaves(t *testing.T) {
	d := at120(t, testkit.Failed()).press("/ status:fail enter")
	d.hides("ada logs in")
	d.send(frameMsg{testkit.Failed()})
	d.hides("ada logs in")
	d.shows("/status:fail")
	d.press("esc").shows("ada logs in")
}

func TestFilterSaysWhatItDoesNotUnderstand(t *testing.T) {
	at120(t, testkit.Failed()).press("/ dur:soon").shows("no time \"soon\": write a time")
}

func BenchmarkFilterAt10000Templates(b *testing.B) {
	for _, line := range []string{"case_09", "~cs99", "!status:pass dur:>1s"} {
		b.Run(line, func(b *testing.B) {
			d := open(b, testkit.Many(10000, 10), 120, 40, uncolored)
			for b.Loop() {
				d.find(layout.Templates, line)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/filter")
		})
	}
}

package tui

import (
	"reflect"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestHelpShowsTheKeysAndQClosesIt(t *testing.T) {
	d := at120(t, testkit.Failed()).press("?")
	d.shows("run exactly what failed or was stopped")
	d.press("q")
	if d.quit {
		t.Error("q in the help quits")
	}
	d.hides("run exactly what failed or was stopped")
}

func TestPastedTextIsNoCommand(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("aSq"), Paste: true})
	d.wished()
	if d.quit {
		t.Error("pasted text quits")
	}
	d.press("/")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("mall\x1b[31m"), Paste: true})
	d.shows("mallory")
	d.shows("filter /mall ")
}

func TestMouseSelectsScrollsAndOpens(t *testing.T) {
	d := at120(t, testkit.Failed())
	press := func(x, y int, b tea.MouseButton) {
		d.clock = d.clock.Add(time.Second)
		d.send(tea.MouseMsg{X: x, Y: y, Button: b, Action: tea.MouseActionPress})
	}
	press(10, 3, tea.MouseButtonLeft)
	if n := d.tree.Node(); n.Scenario != "a million orders" {
		t.Errorf("the click selects %+v", n)
	}
	press(10, 3, tea.MouseButtonLeft)
	d.send(tea.MouseMsg{X: 10, Y: 3, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	d.shows("hammer")
	press(60, 30, tea.MouseButtonLeft)
	d.shows("▸4 Logs")
	press(60, 3, tea.MouseButtonWheelDown)
	press(60, 39, tea.MouseButtonWheelDown) // footer: nobody's
	d.press("m")
	if d.paper.mouse {
		t.Error("m does not free the mouse")
	}
}

func TestMouseReportsThatLeakAsKeysAreSwallowed(t *testing.T) {
	for _, parts := range [][]string{
		{"<64;20;34M"}, {"<64;1", "02;34M"}, {"<64;20;34MG"}, {"<0;1;3m"},
	} {
		d := at120(t, testkit.Failed())
		d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'['}, Alt: true})
		for _, p := range parts {
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(p)})
		}
		d.wished()
		if d.prefs.Focus != layout.Templates || !d.paper.mouse {
			t.Errorf("%q was taken for keys", parts)
		}
		if after := d.tree.Node().Scenario == "pays twice"; after != strings.HasSuffix(parts[0], "G") {
			t.Errorf("%q: the key after the report was lost or invented", parts)
		}
	}
	d := at120(t, testkit.Failed())
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'['}, Alt: true})
	d.press("G r").wished("run [{tests/orders/order_flow.clnrm.tera pays twice}]")
}

func TestAltWithAKeyIsEscapeAndThatKey(t *testing.T) {
	d := at120(t, testkit.Failed()).press("2 z")
	d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'9'}, Alt: true})
	if d.prefs.Zoom || d.prefs.Focus != layout.Problems {
		t.Errorf("zoom %v, focus %d", d.prefs.Zoom, d.prefs.Focus)
	}
}

func TestSnapshotsAreReportedWhenTheyAreOnTheScreen(t *testing.T) {
	d := at120(t, testkit.Failed())
	next := testkit.Failed()
	next.Seq = 7
	d.send(frameMsg{next})
	d.press("j k")
	if got := d.engine.ShownSeqs(); !reflect.DeepEqual(got, []uint64{1, 7}) {
		t.Errorf("shown %v, want [1 7]", got)
	}
}

func TestNothingIsDrawnWhileNothingChanges(t *testing.T) {
	d := at120(t, testkit.Failed())
	var waits []time.Duration
	d.wake = func(w time.Duration) { waits = append(waits, w) }
	before := d.paper.frames
	d.send(frameMsg{d.snap})
	d.send(tea.FocusMsg{})
	if d.paper.frames != before {
		t.Error("a frame was drawn though nothing changed")
	}
	d.press("j")
	if len(waits) != 1 || waits[0] != 94*time.Second {
		t.Errorf("the next wake-up is %v, want one when an age of two minutes is three", waits)
	}
	d = at120(t, testkit.Running())
	d.wake = func(w time.Duration) { waits = append(waits, w) }
	if d.press("j"); waits[len(waits)-1] != runningTick {
		t.Errorf("while something runs the next wake-up is %v", waits[len(waits)-1])
	}
}

func TestRunningTimeMovesWithTheClock(t *testing.T) {
	d := at120(t, testkit.Running()).press("G")
	d.shows("running 3.2s")
	d.clock = d.clock.Add(time.Second)
	d.send(tickMsg{})
	d.shows("running 4.2s")
}

func TestPanelThatPanicsIsReplacedAndTheOthersGoOn(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.panels[layout.Detail] = nil
	d.press("G")
	d.shows("This panel failed")
	if err := d.guard.crash(); err == nil || !strings.Contains(err.Error(), "clnrm-tui-crash-") {
		t.Errorf("the crash is reported as %v", err)
	}
	d.shows("charge 42: already paid")
}

func TestPausedWatchingIsLoud(t *testing.T) {
	s := testkit.Failed()
	s.Watch.Mode = "paused"
	d := at120(t, s)
	d.shows("watching paused")
	d.press("w").wished("watching true")
}

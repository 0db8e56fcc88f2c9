package tui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestAStoppedScenarioIsStoppedEverywhere(t *testing.T) {
	s := testkit.Green()
	for _, x := range s.Templates[len(s.Templates)-1].Scenarios {
		x.Verdict, x.Stale, x.Replayed = engine.VerdictInterrupted, false, false
		x.Run.Result = &engine.Result{Verdict: engine.VerdictInterrupted, At: testkit.Now, Duration: 4 * time.Second, Message: "stopped by the user"}
	}
	s.Counts.Stopped = 2
	d := at120(t, s).press("G left")
	d.shows("■ stopped   2 stopped of 2 scenarios")
	d.shows("▾ ■ ")
	d.shows(" ■ 2")
	d.shows("stopped  ·  4.00s")
	d.hides("✗ 1")
	d.hides("✗ fail")
	d.hides("not run of")
	d.press("f").wished("run failed")
}

func TestDetailChangesItsAlphabetWithTheTheme(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G left").shows("✗ fail   1 passed")
	d.model.look.ascii = true
	d.useTheme(theme.Neutral)
	d.send(frameMsg{d.snap})
	d.hides("✗")
	d.shows("x fail   1 passed")
}

func TestASCIIHelpAndPaletteNameTheArrowKeys(t *testing.T) {
	ascii := theme.New(false, theme.ASCII())
	for _, keys := range []string{"?", ":"} {
		d := open(t, testkit.Failed(), 120, 60, ascii).press(keys)
		if screen := d.screen(); strings.ContainsAny(screen, "↑↓←→") {
			t.Errorf("%s writes\n%s", keys, screen)
		}
	}
	open(t, testkit.Failed(), 120, 60, ascii).press("?").shows("right enter show what is inside")
}

func TestEscapeTwiceInOneReadIsEscape(t *testing.T) {
	twice := tea.KeyMsg{Type: tea.KeyEscape, Alt: true}
	d := at120(t, testkit.Failed()).press("2 z")
	d.send(twice)
	if d.prefs.Zoom {
		t.Error("the panel is still zoomed")
	}
	d.press("/ p")
	d.send(twice)
	if d.field != nil {
		t.Error("the filter is still typed")
	}
	d.press(":")
	d.send(twice)
	if d.chooser != nil {
		t.Error("the palette is still open")
	}
}

func TestTheProblemOfAFilterLeavesTheTypedTextVisible(t *testing.T) {
	for _, w := range []int{80, 120, 200} {
		d := open(t, testkit.Failed(), w, 24, uncolored).press("/")
		for _, r := range "pay status:supercalifragil" {
			d.send(keyMsg(string(r)))
		}
		d.shows("filter /pay status:supercalifragil")
		d.shows(`no status "super`)
	}
	d := at120(t, testkit.Failed()).press("/")
	for _, r := range "status:fial" {
		d.send(keyMsg(string(r)))
	}
	d.shows(`no status "fial": pass fail error running queued never stale skipped stopped`)
}

func TestALateRunSaysByHowMuch(t *testing.T) {
	for left, want := range map[time.Duration]string{
		4200 * time.Millisecond: "2/8 4.2s left", 40 * time.Millisecond: "2/8 about done", 0: "2/8 about done", -900 * time.Millisecond: "2/8 about done",
		-2 * time.Second: "2/8 over by 2.0s", -time.Hour: "2/8 over by 1h00m",
	} {
		s := testkit.Running()
		s.Run.Total, s.Run.Done, s.Run.Due = 8, 2, testkit.Now.Add(left)
		open(t, s, 200, 40, uncolored).shows(want)
	}
}

func TestATemplateTellsItsFailuresBeforeItsTimes(t *testing.T) {
	d := open(t, testkit.Failed(), 160, 60, uncolored).press("G left")
	d.shows("✗ pays twice  fail")
	screen := d.screen()
	rule, bars := strings.Index(screen, "✗ expect.span[order.charge].attrs.all"), strings.Index(screen, "  render  ")
	if rule < 0 || bars < 0 || rule > bars {
		t.Errorf("the rule is at %d, the bars at %d:\n%s", rule, bars, screen)
	}
}

package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestPaletteDoesWhatItsRowSays(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		want       []string
	}{
		{"an action by its title", ": r u n space a l l enter", []string{"run all"}},
		{"an action by a few letters", ": rnal enter", []string{"run all"}},
		{"an action by a word of its help", ": exactly enter", []string{"run failed"}},
		{"a burst that opens it and types", ":check enter", []string{"recheck tests/load.clnrm.toml"}},
		{"esc does nothing", ": rnal esc", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			at120(t, testkit.Failed()).press(c.keys).wished(c.want...)
		})
	}
}

func TestPaletteGoesToScenariosThroughAnyFilter(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press("/ mallory enter : paystw")
	d.shows("order_flow.clnrm.tera › pays twice")
	d.press("enter r").wished("run [{tests/orders/order_flow.clnrm.tera pays twice}]")
}

func TestPaletteSaysWhyAnActionIsNotPossible(t *testing.T) {
	d := at120(t, testkit.Green())
	d.press(": exactly").shows("nothing is failing")
	d.press("enter").wished()
	if d.chooser == nil {
		t.Error("the palette is closed although nothing was done")
	}
}

func TestPaletteShowsKeysAndTheLastUsedFirst(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press(": zoom enter esc :")
	rows := d.chooser.rows
	if rows[0].title != "zoom" || rows[0].key != "z" {
		t.Errorf("the first row is %q with key %q, want zoom with z", rows[0].title, rows[0].key)
	}
}

// An action of another panel gets its panel first.
func TestPaletteReachesActionsOfOtherPanels(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press("4 : collapse space all enter")
	if d.prefs.Focus != layout.Templates {
		t.Errorf("the focus is on panel %d", d.prefs.Focus+1)
	}
	d.hides("ada logs in")
}

func TestChooserObeysTheMouse(t *testing.T) {
	d := at120(t, testkit.Failed()).press(": rnal")
	at := d.chooser.bounds
	d.send(tea.MouseMsg{X: at.X + 3, Y: at.Y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	d.wished("run all")
	d.press(":")
	d.send(tea.MouseMsg{X: 0, Y: 0, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	if d.chooser != nil {
		t.Error("a click beside the palette leaves it open")
	}
}

func TestHelpIsSearchedAndObeyed(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press("? / zoom").hides("run exactly")
	d.press("backspace backspace backspace backspace screen enter").shows("give the panel the whole screen")
	d.press("z")
	if !d.prefs.Zoom || d.help != nil {
		t.Error("a key that is pressed in the help does not do what the help says")
	}
	d.press("z ? / qqqq").shows("no key does that")
	d.press("esc").shows("run exactly")
	d.press("esc")
	if d.help != nil {
		t.Error("esc does not close the help")
	}
}

func BenchmarkPaletteAt10000Templates(b *testing.B) {
	d := open(b, testkit.Many(10000, 10), 120, 40, uncolored)
	d.openPalette()
	letters := strings.Split("area042case", "")
	for b.Loop() {
		query := ""
		for _, l := range letters {
			query += l
			d.chooser.rows = d.chooser.list(query)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(letters)), "ms/key")
	if len(d.chooser.rows) == 0 {
		b.Fatal("nothing was found")
	}
}

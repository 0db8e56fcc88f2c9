package tui

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"

	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestDiffShowsWhatASaveDid(t *testing.T) {
	d := open(t, testkit.Diffed(), 80, 24, uncolored).press("G d z")
	d.shows("2 tightened  1 loosened  1 renamed  1 undecided  1/4")
	d.shows("every value that was accepted lies below the new bound")
	d.press("] ]").shows("▌  + graph.must_include")
	d.press("[ [ [").shows("▌  - window[0]") // round and round
	d.press("o")
	if got := d.paper.lent[0]; got != "vim +call cursor(18,1) /home/ada/shop/tests/orders/order_flow.clnrm.tera" {
		t.Errorf("the editor is opened as %q", got)
	}
	same := testkit.Diffed()
	same.Templates[2].Diff.Changes = nil
	d.send(frameMsg{same})
	d.shows("the expectations are as they were")
	open(t, testkit.Failed(), 80, 24, uncolored).press("G d z").shows("No save of this template to compare in this session.")
}

func TestHistoryComparesRuns(t *testing.T) {
	d := open(t, testkit.Failed(), 80, 24, uncolored).press("G h z")
	d.shows("6 of 8 runs passed  1 flaky  3 flips")
	d.shows("1h → 2m").shows("+ order.charge").shows("- order.receipt")
	d.press("j j").shows("3h → 2h").shows("same test, same spans")
	d.press("space g").shows("2h → 2m") // others are compared with the marked run
	d.press("j j space").shows("3h → 2h")
	open(t, testkit.Green(), 80, 24, uncolored).press("j j j h z").shows("No run is remembered.")
}

func TestTheTreeShowsRunsAndFlakiness(t *testing.T) {
	open(t, testkit.Failed(), 80, 24, uncolored).press("G k").shows("✗▆▇█▅✗").shows("pays twice  flaky")
}

func TestCertainFixesAreAskedForAndTakenBack(t *testing.T) {
	s := testkit.Invalid()
	s.Templates[1].Diagnostics[0].Fix = &diag.Fix{Title: "rename `scenaro_name` to `scenario_name`"}
	d := at120(t, s).press("j j").shows("fix:  rename `scenaro_name` to `scenario_name`")
	d.press(".").shows("Change tests/login.clnrm.toml.tera? line 5")
	d.press("n").wished()
	d.press(". y").wished("fix tests/login.clnrm.toml.tera")
	d.press(",").wished("fix tests/login.clnrm.toml.tera", "undo tests/login.clnrm.toml.tera")
	at120(t, testkit.Green()).press(".").shows("nothing in this template can certainly be fixed")
}

func TestAPassSaysHowMuchItIsWorth(t *testing.T) {
	d := at120(t, testkit.Green()).press("G k z 2 z").shows("83%  25 of 30 changes to the recorded spans would be noticed")
	d.shows("│   strength 83%") // below the verdict, or beside it where there is room
	d.shows("not noticed  order.create: drop attribute order.id")
	open(t, testkit.Green(), 200, 60, uncolored).press("G k 2 z").shows("2m ago  ·  strength 83%")
	at120(t, testkit.Failed()).press("G 2 z").hides("Strength").hides("strength") // it is measured on a green trace
}

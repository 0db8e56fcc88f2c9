package tui

import (
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// Marks gather through filters; those that the present one hides are run, too, and
// are told of before and after.
func TestMarksThatAFilterHidesAreRunAndTold(t *testing.T) {
	d := at120(t, testkit.Failed()).press("j j space space")
	d.shows("2 marked").shows("run marked (2)").hides("hidden")
	d.press("/ p a y s enter G space").shows("3 marked, 2 hidden").shows("run marked (3, 2 hidden)")
	d.press("r").shows("run 3 marked rows, 2 of them hidden")
	d.wished("run [{tests/login.clnrm.toml.tera } {tests/orders/order_flow.clnrm.tera pays twice}]")
	d.press("esc").shows("3 marked").hides("hidden")
	d.press("F").shows("3 marked, 2 hidden")
	open(t, testkit.Failed(), 80, 24, uncolored).press("j j space / z z z enter").shows("1 marked, 1 hidden")
}

// "Run all" is all of what is shown.
func TestRunAllRunsWhatIsShown(t *testing.T) {
	d := at120(t, testkit.Failed()).press("/ s t a t u s : f a i l enter").shows("a run shown")
	d.press("a").shows("run 1 of 4 scenarios: what is shown")
	d.press("esc a").shows("run all")
	d.press("/ l o g i n enter a").shows("run 2 of 4 scenarios")
	d.press("esc / h a m m e r enter a").shows("nothing that is shown can run")
	d.wished("run [{tests/orders/order_flow.clnrm.tera pays twice}]", "run all", "run [{tests/login.clnrm.toml.tera }]")
	at120(t, testkit.Many(30, 5)).press("/ 0 0 0 0 enter a").shows("Run the 50 scenarios shown, of 150?")
}

func TestRunAllAsksWhereItTakesLong(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.engine.Takes = 125 * time.Second
	d.press("a").shows("Run all 4 scenarios? It takes about 2m05s by earlier runs.").press("n").wished()
	d.press("a y").wished("run all")
}

// The cache panel shows the caches of the template engine with their bounds, too.
func TestTheCachePanelShowsEveryCache(t *testing.T) {
	s := testkit.Failed()
	s.Cache.Templates = []engine.TemplateCache{{Name: "linked", Entries: 7, Bound: 512, Hits: 40, Misses: map[string]int64{"an imported file changed": 2}, Dropped: 3}}
	at120(t, s).press("c z").shows("linked       7 of 512  ·  40 hits  ·  2 an imported file changed  ·  3 evicted")
}

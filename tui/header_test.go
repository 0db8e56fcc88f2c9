package tui

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// The header says less where there is less room, before it says anything in
// abbreviations; what fails stands there at every width.
func TestTheHeaderReadsWellAtEachWidth(t *testing.T) {
	large := testkit.Failed()
	large.Root = "/home/ada/a-project-with-a-long-name"
	large.Counts = engine.Counts{Templates: 12000, Errors: 34, Warnings: 17, Scenarios: 120000, Passed: 118000, Failed: 56, Stale: 700, Never: 1244}
	idle, busy := testkit.Failed(), testkit.Running()
	for _, c := range []struct {
		snap *engine.Snapshot
		w    int
		want string
	}{
		{idle, 200, " clnrm shop │ 3 templates │ 5 scenarios ✓ 3 ✗ 1 ○ 1 │ inotify 14 dirs │ save→screen 38ms p95 71ms │ cache 91% │ containers 0/8"},
		{idle, 80, " shop │ 3 templates │ 5 scenarios ✓3 ✗1 ○1 │ 14 dirs │ save p95 71ms │ cache 91%"},
		{idle, 60, " shop │ 3 templates │ 5 scenarios ✓3 ✗1 ○1 │ 14 dirs"},
		{busy, 80, " shop │ 3 templates │ 5 scenarios ✓2 ●1 ◌1 ○1 │ run 0/2 │ containers 2/8"},
		{large, 120, " a-project-with-a-long-name │ 12000 templates ✗34 ▲17 │ 120000 scenarios ✓118000 ✗56 ~700 ○1244 │ 14 dirs"},
		{large, 80, " a-p…ong-name │ 12000 tpl ✗34 ▲17 │ 120000 scn ✓118000 ✗56 ~700 ○1244"},
		{large, 60, " a-p…ong-name │ 12000 tpl ✗34 ▲17 │ 120000 scn ✓118000 ✗56"},
	} {
		header, _, _ := strings.Cut(open(t, c.snap, c.w, 40, uncolored).screen(), "\n")
		if got := strings.TrimRight(header, " "); got != c.want {
			t.Errorf("%d wide:\n%q, want\n%q", c.w, got, c.want)
		}
	}
}

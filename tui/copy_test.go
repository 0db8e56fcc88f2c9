package tui

import (
	"errors"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestCopyMenuCopiesWhatItsRowSays(t *testing.T) {
	const file = "tests/orders/order_flow.clnrm.tera"
	for _, c := range []struct{ key, want string }{
		{"n", "pays twice"},
		{"p", file + ":"},
		{"e", file + ":"},
		{"c", "clnrm-tui run " + file + " --only 'pays twice'"},
		{"l", "\n"},
		{"f", "Templates"},
	} {
		d := at120(t, testkit.Failed()).press("G y")
		d.shows("path:line")
		_, cmd := d.Update(keyMsg(c.key))
		if cmd == nil {
			t.Errorf("%s does nothing", c.key)
			continue
		}
		d.send(cmd())
		if len(d.paper.copied) != 1 || !strings.Contains(d.paper.copied[0], c.want) {
			t.Errorf("%s copies %q, want %q", c.key, d.paper.copied, c.want)
		}
		if strings.Contains(strings.Join(d.paper.copied, ""), "Copy") {
			t.Errorf("%s: the menu is in the copy", c.key)
		}
		d.shows("by hand")
	}
}

func TestCopyMenuSaysWhatThereIsNot(t *testing.T) {
	d := at120(t, testkit.Green()).press("y e")
	d.shows("error: there is none")
	if len(d.paper.copied) != 0 {
		t.Errorf("copied %q", d.paper.copied)
	}
}

func TestExportWritesReportsAndTheScreen(t *testing.T) {
	d := at120(t, testkit.Failed())
	var kinds, exts []string
	var picture string
	d.exports = Exports{
		Report: func(kind string) (string, error) { kinds = append(kinds, kind); return "out/report", nil },
		Frame: func(ext string, data []byte) (string, error) {
			exts = append(exts, ext)
			picture = string(data)
			return "", errors.New("disk full")
		},
	}
	run := func(keys string) {
		d.press(strings.TrimSuffix(keys, keys[len(keys)-1:]))
		_, cmd := d.Update(keyMsg(keys[len(keys)-1:]))
		d.send(cmd())
	}
	for _, k := range []string{"x j", "x u", "x m", "x h"} {
		run(k)
		d.shows("wrote out/report")
	}
	if strings.Join(kinds, " ") != strings.Join(ReportKinds(), " ") {
		t.Errorf("reports %q", kinds)
	}
	run("x t")
	d.shows("disk full")
	if !strings.Contains(picture, "Templates") || strings.Contains(picture, "Export") {
		t.Errorf("the text is\n%s", picture)
	}
	d.press("esc")
	run("x s")
	if !strings.HasPrefix(picture, "<svg") || strings.Join(exts, " ") != "txt svg" {
		t.Errorf("%q: the picture begins %.40q", exts, picture)
	}
}

func TestCompleteLogOpensInThePager(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.env["PAGER"] = "less -S"
	d.press("O").shows("select a scenario: logs belong to one")
	d.press("G O").shows("no complete log of pays twice")
	d.engine.LogFile = "/project/.clnrm/log.txt"
	d.press("O")
	if got := strings.Join(d.paper.lent, "|"); got != "less -S /project/.clnrm/log.txt" {
		t.Errorf("lent to %q", got)
	}
}

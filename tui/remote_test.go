package tui

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/control"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// remotely sends an action as a client of the socket does.
func (d *desk) remotely(name string, args control.Args) error {
	done := make(chan error, 1)
	d.send(remoteMsg{name, args, done})
	return <-done
}

func TestClientsDoWhatThePaletteDoes(t *testing.T) {
	d := at120(t, testkit.Failed())
	for _, c := range []struct {
		name string
		args control.Args
		want string // of the error
	}{
		{"run", control.Args{}, ""},
		{"filter", control.Args{Text: "status:fail"}, ""},
		{"until-fail", control.Args{}, ""},
		{"fail-fast", control.Args{Text: "on"}, ""},
		{"fail-fast", control.Args{}, "takes text, on or off"},
		{"retries", control.Args{Times: 2}, ""},
		{"retries", control.Args{Times: -1}, "0 or more"},
		{"zoom", control.Args{}, ""},
		{"theme", control.Args{Text: "dark"}, ""},
		{"fly", control.Args{}, `no action is called "fly"`},
		{"stop", control.Args{}, "nothing is running"},
		{"theme", control.Args{Text: "mauve"}, "text is one of neutral"},
		{"filter", control.Args{Text: "dur:x"}, "write a time"},
		{"repeat", control.Args{Times: 1}, "times, 2 or more"},
		{"export", control.Args{Kind: "pdf"}, "kind is one of json"},
		{"copy", control.Args{At: "gone.toml"}, "is no test file"},
	} {
		err := d.remotely(c.name, c.args)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %+v: %v, want %q", c.name, c.args, err, c.want)
		}
	}
	d.wished("run [{tests/load.clnrm.toml }]", "run [{tests/orders/order_flow.clnrm.tera pays twice}] 0 times, until it fails: true",
		"course {FailFast:true Retries:0 RetryFailures:false Repeat:0 UntilFail:false}",
		"course {FailFast:true Retries:2 RetryFailures:true Repeat:0 UntilFail:false}")
	if !d.prefs.Zoom || d.picked != theme.Dark || d.prefs.Focus != layout.Templates {
		t.Errorf("zoom %v, theme %q, focus %d", d.prefs.Zoom, d.picked, d.prefs.Focus)
	}
	if err := d.remotely("detail", control.Args{At: "tests/orders/order_flow.clnrm.tera:9999"}); err != nil {
		t.Fatal(err)
	}
	if d.tree.Node().Scenario != "pays twice" || d.prefs.Focus != layout.Detail {
		t.Errorf("at %+v in panel %d", d.tree.Node(), d.prefs.Focus+1)
	}
}

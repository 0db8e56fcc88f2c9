package tui

import (
	"errors"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestStateSurvivesARestart(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press("I i i j j - = j left | > > esc / status:pass enter 7 z : mouse enter")
	data := d.remember()

	again := at120(t, testkit.Failed())
	again.recall(func() ([]byte, error) { return data, nil })
	again.press("esc") // out of zoom
	d.press("esc")
	if got, want := string(again.remember()), string(d.remember()); got != want {
		t.Errorf("after a restart the state is\n%s\nwant\n%s", got, want)
	}
	again.shows("▸7 Performance")
	again.shows("/status:")
	if !again.tree.Grouped() {
		t.Error("the folders are gone")
	}
	if got, want := again.pane(layout.Templates), d.pane(layout.Templates); got != want {
		t.Errorf("the tree is at %+v, want %+v", got, want)
	}
	again.press("1 esc").shows("by duration")
}

func TestStateThatCannotBeReadIsSaidAndLeftAside(t *testing.T) {
	for _, c := range []struct {
		data, want string
		err        error
	}{
		{`{"version":1,"panel":`, "damaged and not used", nil},
		{`{"version":99}`, "version 99", nil},
		{"", "permission denied", errors.New("read what the dashboard remembers: permission denied")},
		{`{"version":1,"panel":"gone","sort":"size","recent":["x","logs"],"splits":{"wide":{"tree":-5,"x":1},"no":{}},"folds":[{"path":"gone","open":true}]}`, "", nil},
	} {
		d := at120(t, testkit.Failed())
		d.recall(func() ([]byte, error) { return []byte(c.data), c.err })
		d.press("j k")
		if c.want == "" && d.notice != nil {
			t.Errorf("%s: %s", c.data, d.notice.text)
		} else if !strings.Contains(d.screen(), c.want) {
			t.Errorf("%s: the screen does not say %q", c.data, c.want)
		}
		d.shows("▸1 Templates")
	}
}

func TestStateIsKeptOnlyWhenItChanged(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.kept = d.remember()
	saved := 0
	save := func([]byte) error { saved++; return nil }
	d.press("j j k")
	if err := d.keep(save); err != nil || saved != 0 {
		t.Errorf("moving the cursor saves the state (%d, %v)", saved, err)
	}
	d.press("4")
	if err := d.keep(save); err != nil || saved != 1 {
		t.Errorf("another panel is not saved (%d, %v)", saved, err)
	}
}

func FuzzRecall(f *testing.F) {
	f.Add([]byte(`{"version":1,"panel":"logs","zoom":true,"splits":{"wide":{"tree":999}},"filter":"!x","focus":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := at120(t, testkit.Failed())
		d.recall(func() ([]byte, error) { return data, nil })
		d.press("j")
		checkFrame(t, d.grid, 120, 40)
		if err := d.guard.crash(); err != nil {
			t.Fatal(err)
		}
	})
}

package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// settingsOf are the settings of a project with that file.
func settingsOf(t *testing.T, text string) (*engine.Settings, []diag.Diagnostic) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cleanroom.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said []diag.Diagnostic
	e, err := engine.New(engine.Options{Dir: dir, Env: func(string) (string, bool) { return "", false },
		CheckSettings: func(s *engine.Settings) []diag.Diagnostic {
			said = CheckSettings(s)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return e.Settings(), said
}

func TestWrongSettingsAreNamedWithTheirPlace(t *testing.T) {
	for _, c := range []struct {
		text, want string
		severity   diag.Severity
	}{
		{"[theme]\nname = \"drak\"\n", `cleanroom.toml:2:8: there is no theme "drak"`, diag.Error},
		{"[theme.colors]\nokay = \"red\"\n", "cleanroom.toml:2:1: no part of the dashboard is called `okay`", diag.Error},
		{"[theme.colors]\nok = \"redd\"\n", "cleanroom.toml:2:1: `ok`: a colour is a name", diag.Error},
		{"[keys]\nfly = \"x\"\n", "cleanroom.toml:2:1: no action is called `fly`", diag.Error},
		{"[keys]\nrun = \"ctrl+i\"\n", "terminals keep ctrl+i", diag.Error},
		{"[keys]\nrun = \"a\"\n", "the key \"a\" of `run` is the key of `run-all` in the same panel", diag.Warning},
	} {
		_, said := settingsOf(t, c.text)
		if len(said) != 1 || !strings.Contains(said[0].Error(), c.want) || said[0].Severity != c.severity {
			t.Errorf("%q: %v, want %s %s", c.text, said, c.severity, c.want)
		}
	}
	if _, said := settingsOf(t, "[theme]\nname = \"auto\"\n[theme.colors]\nfail = \"#ff0000\"\n[keys]\nrun = [\"X\", \"f5\"]\nzoom = []\n"); len(said) != 0 {
		t.Errorf("good settings: %v", said)
	}
}

func TestSettingsTakeEffectWhileTheDashboardRuns(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.look.depth = theme.Sixteen
	s := testkit.Failed()
	s.Settings, _ = settingsOf(t, "[keys]\nrun = \"X\"\n[theme.colors]\nfail = \"blue\"\n[dashboard]\nglyphs = \"ascii\"\nmouse = false\neditor = \"hx\"\n")
	d.send(frameMsg{s})
	d.press("r").wished()
	d.press("X").wished("run [{tests/load.clnrm.toml }]")
	d.press("?").shows(" X         run the selected")
	d.press("esc").shows("+*1 Templates")
	if got := d.theme.SGR(theme.Fail); got != "\x1b[0;34m" {
		t.Errorf("a failure is written as %q", got)
	}
	if d.mouse || d.paper.mouse {
		t.Error("the mouse is still on")
	}
	d.press("o")
	if len(d.paper.lent) != 1 || !strings.HasPrefix(d.paper.lent[0], "hx ") {
		t.Errorf("the editor is %q", d.paper.lent)
	}
}

func TestThemesAreShownWhileOneIsLookedFor(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.look.depth = theme.Sixteen
	before := d.theme.SGR(theme.OK)
	d.press(": theme enter")
	d.press("j")
	preview := d.theme.SGR(theme.OK)
	if preview == before {
		t.Error("the theme under the cursor is not shown")
	}
	d.press("esc")
	if d.theme.SGR(theme.OK) != "\x1b[0;32m" {
		t.Error("esc leaves the theme that was only looked at")
	}
	d.press(": theme enter j enter")
	if d.theme.SGR(theme.OK) != preview || d.picked != theme.Dark {
		t.Error("the theme that was picked is not used")
	}
	s := testkit.Failed()
	s.Settings, _ = settingsOf(t, "[theme]\nname = \"light\"\n")
	d.send(frameMsg{s})
	if d.themeName() != theme.Light {
		t.Errorf("the theme is %s although the settings were changed last", d.themeName())
	}
}

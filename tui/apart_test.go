package tui

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestServiceWithoutTheAgentInItsContainerSaysSoInItsEvidence(t *testing.T) {
	snap := testkit.Green()
	for _, f := range snap.Templates {
		for _, s := range f.Scenarios {
			if s.Last().Result == nil {
				continue
			}
			for i := range s.Last().Result.Evidence.Containers {
				c := &s.Last().Result.Evidence.Containers[i]
				c.Way, c.Because, c.Missing = "exec", "a read-only root", []string{"a process of its own to kill"}
			}
		}
	}
	screen := open(t, snap, 120, 60, theme.Make(theme.Dark, nil, theme.TrueColor, theme.Unicode())).press("j j j 2 z").screen()
	for _, text := range []string{"by way of exec (a read-only root)", "not given:"} {
		if !strings.Contains(screen, text) {
			t.Errorf("the screen does not say %q:\n%s", text, screen)
		}
	}
}

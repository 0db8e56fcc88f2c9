package tui

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

func TestTheTreeIsSortedByKeyAndSaysSo(t *testing.T) {
	d := at120(t, testkit.Failed()).press("i")
	d.shows("by status  3").shows("sorted by status")
	d.press("i i").shows("by recent").press("i").hides("by recent").shows("sorted by path")
}

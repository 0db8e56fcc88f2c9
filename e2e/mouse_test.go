package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// mouse is tried as a terminal reports it: a click on a row selects it, the wheel
// scrolls what is under it, and the line between two panels follows a drag.
func mouse(t *testing.T) {
	x := inTmux(t, "clnrm-tui tests")
	x.ready()
	report := func(button, col, row int, final string) {
		x.keys("-l", fmt.Sprintf("\x1b[<%d;%d;%d%s", button, col, row, final))
	}
	report(0, 10, 6, "M") // below the header and the title: the fourth file
	report(0, 10, 6, "m")
	x.cursor("shop3")
	edge := func(screen string) int {
		line := strings.Split(screen, "\n")[1]
		return len([]rune(line[:max(strings.Index(line, "╮"), 0)])) + 1
	}
	at := edge(x.screen())
	report(0, at, 15, "M")
	for col := at + 1; col <= at+12; col++ {
		report(32, col, 15, "M")
	}
	report(0, at+12, 15, "m")
	x.until("the line between the panels where it was dragged to", func(s string) bool { return edge(s) >= at+10 })
	report(0, 10, 3, "M")
	report(0, 10, 3, "m")
	x.cursor("shop0")
	x.do("resize-window", "-t", "x", "-x", "80", "-y", "14")
	x.until("a short list", func(s string) bool { return strings.Contains(s, "shop0") && !strings.Contains(s, "shop5") })
	report(65, 10, 4, "M")
	x.shows("shop5")
}

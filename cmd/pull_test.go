package cmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// Bars that do not fit a terminal would be drawn below each other again and again.
func TestBarsFitTheTerminal(t *testing.T) {
	for _, c := range []struct{ layers, width, height int }{{3, 80, 24}, {40, 80, 24}, {40, 30, 10}, {2, 1, 1}} {
		t.Run(fmt.Sprintf("%d layers on %d×%d", c.layers, c.width, c.height), func(t *testing.T) {
			var b strings.Builder
			p := &pullBars{w: &b, image: "shop/payments:1", live: true, space: func() (int, int) { return c.width, c.height }}
			for i := range c.layers {
				p.show(engine.Layer{ID: fmt.Sprintf("%012d", i), Status: "Downloading", Current: int64(i) * 1e5, Total: 1e7})
			}
			p.draw()
			lines := p.lines()
			if p.drawn != len(lines) || len(lines) > max(c.height-2, 2) {
				t.Errorf("%d lines are drawn, and said to be %d", len(lines), p.drawn)
			}
			for _, l := range lines {
				if n := len([]rune(l)); n >= c.width && n > 0 {
					t.Errorf("%d cells: %q", n, l)
				}
			}
			if c.layers == 3 && (len(lines) != 4 || !strings.Contains(lines[3], "000000000002 [........................] Downloading        0.2/10.0 MB")) {
				t.Errorf("%q", lines)
			}
			if hidden := c.layers - (len(lines) - 1); c.width == 80 && hidden > 0 && !strings.HasSuffix(lines[0], fmt.Sprintf(", and %d more layers", hidden)) {
				t.Errorf("%q", lines[0])
			}
			if err := p.done(); err != nil || !strings.HasSuffix(b.String(), fmt.Sprintf("\x1b[%dA\x1b[J", len(lines))) {
				t.Errorf("%v, %q", err, b.String())
			}
		})
	}
}

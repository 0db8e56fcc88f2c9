package panel

import (
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestATimeIsHeldAgainstItsBudget(t *testing.T) {
	g := theme.Unicode()
	for _, c := range []struct {
		d     time.Duration
		want  string
		style string
	}{
		{0, "           of 200ms", "text"},
		{100 * time.Millisecond, "█████      of 200ms", "text"},
		{200 * time.Millisecond, "██████████ of 200ms", "text"},
		{201 * time.Millisecond, "██████████ over 200ms", "warn"},
		{time.Hour, "██████████ over 200ms", "warn"},
	} {
		var b strings.Builder
		style := "text"
		for _, s := range Against(c.d, 200*time.Millisecond, 10, &g) {
			b.WriteString(s.Text)
			if s.Style == theme.Warn {
				style = "warn"
			}
		}
		if b.String() != c.want || style != c.style {
			t.Errorf("%v: %q in %s, want %q in %s", c.d, b.String(), style, c.want, c.style)
		}
	}
}

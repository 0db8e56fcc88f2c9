package theme

import (
	"fmt"
	"strconv"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
)

// fixed are colours for the palette of the terminal where there is no terminal.
var fixed = [16]string{
	"#3b4048", "#e06c75", "#98c379", "#d9b36c", "#6cacf0", "#c58be0", "#56b6c2", "#d4d7dd",
	"#6f7683", "#ef8891", "#aed78f", "#eccb8b", "#8cc0f5", "#d7a8ec", "#7fcdd8", "#ffffff",
}

// Color returns the colour of a style as "#rrggbb", "" for the usual
// foreground.
func (t *Theme) Color(s grid.Style) string {
	token := s.Token()
	if token >= int(tokens) {
		token = int(Text)
	}
	return hex(t.colors[token])
}

// Background returns the background of the theme as "#rrggbb", "" when it has
// none of its own.
func (t *Theme) Background() string { return hex(t.background) }

// hex turns a colour of a palette into "#rrggbb".
func hex(c string) string {
	n, err := strconv.Atoi(c)
	if err != nil {
		return c // "#rrggbb" or nothing
	}
	switch {
	case n < 16:
		return fixed[n]
	case n >= 232:
		grey := 8 + 10*(n-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	n -= 16
	level := func(i int) int {
		if i == 0 {
			return 0
		}
		return 55 + 40*i
	}
	return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
}

package widget

import "strings"

// Bar returns a bar that shows part of whole in w cells, with the glyphs of
// bars, which run from empty to full. Anything above nothing shows at least the
// smallest sign. Trailing empty cells are drawn only where empty is not a space.
func Bar(part, whole int64, w int, bars []string) string {
	if w <= 0 || len(bars) < 2 {
		return ""
	}
	steps := int64(len(bars) - 1)
	var fill int64
	if part > 0 && whole > 0 {
		fill = max(min(part, whole)*int64(w)*steps/whole, 1)
	}
	full := int(fill / steps)
	b := strings.Repeat(bars[steps], full)
	if rest := fill % steps; rest > 0 {
		b += bars[rest]
		full++
	}
	if bars[0] != " " {
		b += strings.Repeat(bars[0], w-full)
	}
	return b
}

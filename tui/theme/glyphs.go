package theme

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
)

// Glyphs is a set of signs. Each takes one cell and has no emoji form, so
// that no terminal draws it two cells wide.
type Glyphs struct {
	OK, Fail, Error, Warn, Info   string
	Run, Queued, Never, Stale     string
	Replayed, Skipped, Stopped    string
	Pending, Open, Closed, Marker string
	Focus, Mark                   string
	Pipe, Dot, Ellipsis, Arrow    string
	More, Caret                   string
	Light, Heavy, Dashed          string // lines of bars: ordinary, stressed, of what is not there
	Box                           grid.Edges
	Bars                          []string // from empty to full, in equal parts
	Levels                        []string // from low to high, of a chart one cell high
	Rule                          rune     // the line between two panels without frames

	lines *strings.Replacer // what Lines does; nil changes nothing
	keys  *strings.Replacer // what Keys does; nil changes nothing
}

// Lines replaces the line-drawing characters of s, which explanations are drawn
// with, where the set has none.
func (g *Glyphs) Lines(s string) string {
	if g.lines == nil {
		return s
	}
	return g.lines.Replace(s)
}

// Keys replaces the arrows in the names of keys, where the set has none.
func (g *Glyphs) Keys(name string) string {
	if g.keys == nil {
		return name
	}
	return g.keys.Replace(name)
}

// arrowNames are the words for arrow keys.
var arrowNames = strings.NewReplacer("↑", "up", "↓", "down", "←", "left", "→", "right")

// toASCII stands in for the characters that trees are drawn with.
var toASCII = strings.NewReplacer("├", "|", "└", "`", "│", "|", "─", "-", "→", ">")

// Unicode is the set for terminals with a UTF-8 locale.
func Unicode() Glyphs {
	return Glyphs{
		OK: "✓", Fail: "✗", Error: "⊗", Warn: "▲", Info: "·",
		Run: "●", Queued: "◌", Never: "○", Stale: "~",
		Replayed: "↻", Skipped: "–", Stopped: "■",
		Pending: "◌", Open: "▾", Closed: "▸", Marker: "▌",
		Focus: "▸", Mark: "+",
		Pipe: "│", Dot: "·", Ellipsis: "…", Arrow: "→",
		More: "›", Caret: "^",
		Light: "─", Heavy: "━", Dashed: "┄",
		Box:    grid.Edges{'─', '│', '╭', '╮', '╰', '╯'},
		Bars:   []string{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
		Levels: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		Rule:   '│',
	}
}

// ASCII is the set for the Linux console, for other locales and on request.
func ASCII() Glyphs {
	return Glyphs{
		OK: "+", Fail: "x", Error: "E", Warn: "!", Info: "-",
		Run: "*", Queued: ".", Never: "o", Stale: "~",
		Replayed: "@", Skipped: "-", Stopped: "#",
		Pending: ".", Open: "v", Closed: ">", Marker: ">",
		Focus: "*", Mark: "+",
		Pipe: "|", Dot: "-", Ellipsis: "~", Arrow: "->",
		More: ">", Caret: "^",
		Light: "-", Heavy: "=", Dashed: ".",
		Box:    grid.Edges{'-', '|', '+', '+', '+', '+'},
		Bars:   []string{".", "#"},
		Levels: []string{"_", ".", "-", "=", "#"},
		Rule:   '|',
		lines:  toASCII,
		keys:   arrowNames,
	}
}

// Choose returns ASCII when asked to, on the Linux console or where the locale
// is not UTF-8, and Unicode elsewhere. getenv looks variables up, as os.Getenv.
func Choose(ascii bool, getenv func(string) string) Glyphs {
	if ascii || getenv("TERM") == "linux" || !utf8Locale(getenv) {
		return ASCII()
	}
	return Unicode()
}

// Package theme holds what things look like: tokens instead of colours, and the
// glyphs that carry meaning without any colour.
//
// A colour profile flows in; escape sequences that are built once per theme
// flow out, so that drawing never computes a style. The neutral theme uses only
// the terminal's own foreground and background and the six plain hues of the
// 16-colour palette: no bright black, no faint text, nothing that needs to know
// whether the background is light or dark. Other themes are chosen by name. The
// package imports tui/grid only.
package theme

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
)

// The tokens: what a character means. A grid.Style is one of them, possibly
// with grid.Bold, grid.Reverse or grid.Underline.
const (
	Text grid.Style = iota
	Border
	BorderFocus
	OK
	Fail
	Warn
	Run
	Stale
	Replayed
	Key
	Accent
	Match
	tokens // the number of tokens
)

// Compounds that several panels share.
const (
	Strong   = Text | grid.Bold
	Selected = Text | grid.Reverse
	Chip     = Accent | grid.Bold | grid.Reverse
)

// Theme turns styles into escape sequences. It is immutable.
type Theme struct {
	Glyphs     Glyphs
	sgr        [tokens << 3]string
	colors     [tokens]string // none at depth None
	background string
}

// New builds the neutral theme. With color false no colour is ever written;
// bold, reverse and underline stay, since they are no colours and selection
// would be harder to see without them (NO_COLOR asks for no more).
func New(color bool, glyphs Glyphs) *Theme {
	depth := None
	if color {
		depth = Sixteen
	}
	return Make(Neutral, nil, depth, glyphs)
}

// build turns colours into escape sequences.
func build(colors [tokens]string, background string, depth Depth, glyphs Glyphs) *Theme {
	// The renderer writes nowhere and has a fixed profile: it never looks at
	// the terminal.
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(depth.profile())
	t := &Theme{Glyphs: glyphs}
	if depth != None {
		t.colors, t.background = colors, background
	}
	for token, color := range colors {
		style := r.NewStyle()
		if color != "" {
			style = style.Foreground(lipgloss.Color(color))
		}
		if background != "" {
			style = style.Background(lipgloss.Color(background))
		}
		for mods := range 1 << 3 {
			t.sgr[token<<3|mods] = sequence(parameters(style), mods)
		}
	}
	return t
}

// SGR returns the escape sequence that selects s and nothing else, whatever was
// selected before.
func (t *Theme) SGR(s grid.Style) string {
	token := s.Token()
	if token >= int(tokens) {
		token = int(Text)
	}
	return t.sgr[token<<3|int(s>>8)&7]
}

// parameters returns what a style writes between "ESC[" and "m".
func parameters(s lipgloss.Style) string {
	before, _, _ := strings.Cut(s.Render("x"), "x")
	return strings.TrimSuffix(strings.TrimPrefix(before, "\x1b["), "m")
}

// sequence joins a reset, modifiers and colour parameters to one sequence.
func sequence(color string, mods int) string {
	b := strings.Builder{}
	b.WriteString("\x1b[0")
	for i, code := range [...]string{";1", ";7", ";4"} {
		if mods&(1<<i) != 0 {
			b.WriteString(code)
		}
	}
	if color != "" {
		b.WriteString(";" + color)
	}
	b.WriteByte('m')
	return b.String()
}

package panel

import (
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/widget"
)

// Sheet is the part of a panel that shows text: a document that is scrolled
// over, without a cursor. Panels embed it and write Doc before they draw.
type Sheet struct {
	Doc    widget.Document
	Top    int // first line on the screen
	Height int // of the last DrawDoc
}

// DrawDoc shows the document, as far down as it was scrolled.
func (s *Sheet) DrawDoc(v *View, r grid.Region) {
	s.Height = r.H
	s.clamp()
	s.Doc.Draw(r, s.Top, v.Theme.Glyphs.More)
}

func (s *Sheet) clamp() { s.Top = max(min(s.Top, len(s.Doc.Lines)-s.Height), 0) }

// Move implements Panel: it scrolls.
func (s *Sheet) Move(_ *View, m widget.Motion) {
	switch m {
	case widget.Down:
		s.Top++
	case widget.Up:
		s.Top--
	case widget.Left, widget.Right:
	default:
		l := widget.List{Cursor: s.Top}
		l.Move(m, len(s.Doc.Lines), s.Height)
		s.Top = l.Cursor
	}
	s.clamp()
}

// Scroll implements Panel.
func (s *Sheet) Scroll(_ *View, rows int) {
	s.Top += rows
	s.clamp()
}

// Click implements Panel: there is nothing to select.
func (s *Sheet) Click(*View, int, int) {}

// Joined joins what is not empty with the separator of the glyph set of v.
func (v *View) Joined(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			out += "  " + v.Theme.Glyphs.Dot + "  "
		}
		out += p
	}
	return out
}

package widget

import (
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

func TestListKeepsTheCursorInsideAndVisible(t *testing.T) {
	for _, c := range []struct {
		name        string
		start       List
		m           Motion
		n, h        int
		cursor, top int
	}{
		{"down", List{}, Down, 10, 5, 1, 0},
		{"down scrolls before the edge", List{2, 0}, Down, 10, 5, 3, 1},
		{"up at the start stays", List{}, Up, 10, 5, 0, 0},
		{"last", List{}, Last, 10, 5, 9, 5},
		{"first", List{9, 5}, First, 10, 5, 0, 0},
		{"half a page", List{}, HalfDown, 100, 20, 10, 0},
		{"a page keeps one row", List{0, 0}, PageDown, 100, 20, 19, 2},
		{"empty", List{3, 2}, Down, 0, 5, 0, 0},
		{"no room", List{3, 2}, Down, 10, 0, 4, 4},
		{"one row", List{3, 3}, Down, 10, 1, 4, 4},
		{"list shrank", List{50, 45}, Up, 3, 5, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := c.start
			l.Move(c.m, c.n, c.h)
			if l.Cursor != c.cursor || l.Top != c.top {
				t.Errorf("cursor %d top %d, want %d and %d", l.Cursor, l.Top, c.cursor, c.top)
			}
		})
	}
}

func FuzzListStaysInBounds(f *testing.F) {
	f.Add(0, 0, uint8(0), 10, 5)
	f.Fuzz(func(t *testing.T, cursor, top int, m uint8, n, h int) {
		const limit = 1 << 20
		if n < 0 || h < 0 || n > limit || h > limit || cursor > limit || cursor < -limit || top > limit || top < -limit {
			t.Skip()
		}
		l := List{cursor, top}
		l.Move(Motion(m%10), n, h)
		if l.Cursor < 0 || l.Cursor >= max(n, 1) || l.Top < 0 || l.Top > max(n-1, 0) {
			t.Fatalf("%+v with %d rows", l, n)
		}
		if h > 0 && n > 0 && (l.Cursor < l.Top || l.Cursor >= l.Top+h) {
			t.Fatalf("the cursor %d is not in the window %d+%d", l.Cursor, l.Top, h)
		}
	})
}

func TestBarsShowPartsOfAWhole(t *testing.T) {
	eighths := []string{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}
	for _, c := range []struct {
		part, whole int64
		w           int
		bars        []string
		want        string
	}{
		{0, 10, 4, eighths, ""},
		{10, 10, 4, eighths, "████"},
		{20, 10, 4, eighths, "████"},
		{5, 10, 3, eighths, "█▌"},
		{1, 1000, 4, eighths, "▏"},
		{1, 0, 4, eighths, ""},
		{1, 2, 4, []string{".", "#"}, "##.."},
		{1, 1000, 4, []string{".", "#"}, "#..."},
		{1, 2, 0, eighths, ""},
		{1, 2, -3, eighths, ""},
	} {
		if got := Bar(c.part, c.whole, c.w, c.bars); got != c.want {
			t.Errorf("Bar(%d, %d, %d) = %q, want %q", c.part, c.whole, c.w, got, c.want)
		}
	}
}

func TestDocumentWrapsUnderItsLeadAndMarksCutLines(t *testing.T) {
	var d Document
	d.Blank()
	d.Wrap(12, Line{{0, "> "}}, 0, "aaaa bbbb cccc")
	d.Blank()
	d.Blank()
	d.Add(Span{0, "0123456789"}, Span{0, "abcdef"})
	g := grid.New(12, 5)
	d.Draw(g.All(), 0, "»")
	if got, want := g.String(), "> aaaa bbbb\n  cccc\n\n0123456789a»\n\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	d.Draw(grid.Region{}, 3, "»")
	for _, l := range d.Lines {
		for _, s := range l {
			if text.Clean(s.Text) != s.Text {
				t.Errorf("unclean %q", s.Text)
			}
		}
	}
}

func TestFieldEditsAsReadlineDoes(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"insert in the middle", "left left X", "abX c"},
		{"home and end", "home X end Y", "Xab cY"},
		{"ctrl keys", "ctrl+a ctrl+f X ctrl+e ctrl+b Y", "aXb Yc"},
		{"backspace", "backspace backspace", "ab"},
		{"backspace at the start", "home backspace", "ab c"},
		{"delete", "home delete", "b c"},
		{"delete at the end", "delete", "ab c"},
		{"to the start", "left ctrl+u", "c"},
		{"to the end", "home right ctrl+k", "a"},
		{"a word", "ctrl+w", "ab "},
		{"two words", "ctrl+w ctrl+w", ""},
		{"too far", "left left left left left left X", "Xab c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := NewField("ab c")
			for _, k := range strings.Fields(c.keys) {
				if !f.Key(k) {
					f.Insert([]rune(k))
				}
			}
			if f.String() != c.want {
				t.Errorf("%q, want %q", f.String(), c.want)
			}
		})
	}
}

func TestFieldTakesNoControlCharactersAndKeepsTheCursorVisible(t *testing.T) {
	f := NewField("")
	f.Insert([]rune("a\x1b[31mb\nlong text 日本"))
	if f.String() != "ab long text 日本" {
		t.Errorf("%q", f.String())
	}
	g := grid.New(6, 1)
	f.Draw(g.All(), 0, grid.Reverse)
	if got := g.String(); got != " 日本\n" {
		t.Errorf("%q", got)
	}
	if c := g.Row(0)[5]; c.Style != grid.Reverse {
		t.Errorf("the cursor is not at the end: %+v", g.Row(0))
	}
	f.Draw(grid.New(0, 0).All(), 0, 0)
}

package grid

import (
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

func TestTextIsClippedToItsRegion(t *testing.T) {
	g := New(8, 3)
	g.All().Fill(0, '.')
	r := g.All().Sub(2, 1, 3, 1)
	if x := r.Text(-1, 0, 0, "abcdef"); x != 5 {
		t.Errorf("Text returned %d, want 5", x)
	}
	r.Text(0, 1, 0, "below")
	r.Text(0, -1, 0, "above")
	if got, want := g.String(), "........\n..bcd...\n........\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWideCharactersNeverLeaveHalves(t *testing.T) {
	for _, c := range []struct {
		name string
		draw func(Region)
		want string
	}{
		{"fits", func(r Region) { r.Text(1, 0, 0, "日") }, ".日..\n"},
		{"cut at the right edge", func(r Region) { r.Text(4, 0, 0, "日本") }, "....\n"},
		{"cut at the left edge", func(r Region) { r.Text(-1, 0, 0, "日本") }, " 本..\n"},
		{"second half overwritten", func(r Region) { r.Text(0, 0, 0, "日"); r.Text(1, 0, 0, "x") }, " x...\n"},
		{"first half overwritten", func(r Region) { r.Text(0, 0, 0, "日"); r.Text(0, 0, 0, "x") }, "x ...\n"},
		{"overwritten by the next", func(r Region) { r.Text(0, 0, 0, "日"); r.Text(1, 0, 0, "本") }, " 本..\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := New(5, 1)
			g.All().Fill(0, '.')
			c.draw(g.All())
			if got := g.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMarksStayWithTheirLetter(t *testing.T) {
	g := New(4, 1)
	g.All().Text(0, 0, 0, "e\u0301\u0323x")
	if got := g.String(); got != "e\u0301\u0323x\n" {
		t.Errorf("got %q", got)
	}
}

func TestControlCharactersAreNeverStored(t *testing.T) {
	g := New(4, 1)
	g.All().Text(0, 0, 0, "a\x1b\u009bb")
	if got := g.String(); got != "a??b\n" {
		t.Errorf("got %q", got)
	}
}

func TestTinyRegionsDrawNothingOutside(t *testing.T) {
	g := New(3, 3)
	for _, r := range []Region{{}, g.All().Sub(0, 0, 0, 5), g.All().Sub(9, 9, 1, 1), g.All().Sub(-5, 0, 3, 1)} {
		r.Text(0, 0, 0, "x")
		r.Fill(0, 'x')
		r.Box(0, Edges{'-', '|', '+', '+', '+', '+'})
	}
	if got, want := g.String(), "\n\n\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func FuzzRowsKeepTheirWidth(f *testing.F) {
	f.Add("日本e\u0301", -1, 3, "x日")
	f.Fuzz(func(t *testing.T, a string, x, w int, b string) {
		if x < -50 || x > 50 || len(a) > 500 || len(b) > 500 {
			t.Skip()
		}
		g := New(12, 2)
		g.All().Sub(1, 0, w, 2).Text(x, 0, 0, text.Clean(a))
		g.All().Text(x/2, 0, 0, b)
		got := 0
		for _, c := range g.Row(0) {
			if c.Rune == 0 {
				continue
			}
			s := g.AppendRune(nil, c.Rune)
			got += text.Width(string(s))
		}
		if got != g.W {
			t.Fatalf("row of %d cells is %d wide: %q", g.W, got, g.String())
		}
	})
}

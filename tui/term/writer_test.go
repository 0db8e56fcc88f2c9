package term

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// glass is the least terminal that can show what the writer writes: it knows
// cursor movement, colours and synchronized output, and nothing else.
type glass struct {
	t          *testing.T
	w, h, x, y int
	cells      []string // style and text of each cell; "" is the second half of a wide one
	style      string
	open       bool // inside the brackets of synchronized output
	written    int  // characters
}

func newGlass(t *testing.T, w, h int) *glass {
	return &glass{t: t, w: w, h: h, cells: make([]string, w*h)}
}

func (g *glass) show(p []byte) {
	g.t.Helper()
	for len(p) > 0 {
		if p[0] == 0x1b {
			p = p[g.control(p):]
			continue
		}
		r, n := utf8.DecodeRune(p)
		p = p[n:]
		w := text.RuneWidth(r)
		if !g.open {
			g.t.Fatalf("%q is written outside of the brackets", r)
		}
		if w == 0 { // a mark joins the character before it
			i := g.y*g.w + g.x - 1
			for g.cells[i] == "" {
				i--
			}
			g.cells[i] += string(r)
			continue
		}
		if g.x+w > g.w || g.y >= g.h {
			g.t.Fatalf("%q is written at %d,%d of %dx%d", r, g.x, g.y, g.w, g.h)
		}
		g.cells[g.y*g.w+g.x] = g.style + string(r)
		if w == 2 {
			g.cells[g.y*g.w+g.x+1] = ""
		}
		g.x += w
		g.written++
	}
}

// control obeys one control sequence and returns its length.
func (g *glass) control(p []byte) int {
	end := bytes.IndexFunc(p[2:], func(r rune) bool { return r >= 0x40 }) + 2
	body := string(p[2:end])
	switch p[end] {
	case 'H':
		if _, err := fmt.Sscanf(body, "%d;%d", &g.y, &g.x); err != nil {
			g.t.Fatalf("cursor movement %q: %v", body, err)
		}
		g.x, g.y = g.x-1, g.y-1
	case 'm':
		g.style = body + "|"
	case 'h', 'l':
		if body != "?2026" {
			g.t.Fatalf("mode %q in a frame", body)
		}
		g.open = p[end] == 'h'
	default:
		g.t.Fatalf("unknown sequence %q", p[:end+1])
	}
	return end + 1
}

// want is what the glass must show for a frame.
func want(g *grid.Grid, th *theme.Theme) []string {
	var out []string
	for y := range g.H {
		for _, c := range g.Row(y) {
			if c.Rune == 0 {
				out = append(out, "")
				continue
			}
			sgr := strings.TrimSuffix(strings.TrimPrefix(th.SGR(c.Style), "\x1b["), "m")
			out = append(out, sgr+"|"+string(g.AppendRune(nil, c.Rune)))
		}
	}
	return out
}

func TestTerminalShowsEveryFrameExactly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	th := theme.New(true, theme.Unicode())
	pieces := []string{"ok", "日本語", "e\u0301", "──", " ", "a very long line of text that fills", "█▌", "\U0001f4bb!"}
	styles := []grid.Style{theme.Text, theme.OK, theme.Fail | grid.Bold, theme.Selected}
	g := grid.New(0, 0)
	var w writer
	var screen *glass
	for i := range 3000 {
		if i%300 == 0 { // a resize: the terminal holds anything
			g.Reset(1+rng.IntN(60), 1+rng.IntN(12))
			screen = newGlass(t, g.W, g.H)
			for i := range screen.cells {
				screen.cells[i] = "garbage"
			}
			w.forget()
		}
		if rng.IntN(3) == 0 {
			g.All().Fill(theme.Text, ' ')
		}
		for range 1 + rng.IntN(4) {
			g.All().Text(rng.IntN(g.W+4)-4, rng.IntN(g.H), styles[rng.IntN(len(styles))], pieces[rng.IntN(len(pieces))])
		}
		frame := w.frame(g, th)
		screen.show(frame)
		if screen.open {
			t.Fatalf("frame %d does not close its brackets", i)
		}
		for j, c := range want(g, th) {
			if screen.cells[j] != c {
				t.Fatalf("frame %d, cell %d,%d shows %q, want %q", i, j%g.W, j/g.W, screen.cells[j], c)
			}
		}
	}
}

func TestUnchangedFrameWritesNothing(t *testing.T) {
	th := theme.New(true, theme.Unicode())
	g := grid.New(40, 10)
	g.All().Text(3, 3, theme.OK, "passed")
	var w writer
	if len(w.frame(g, th)) == 0 {
		t.Fatal("the first frame is empty")
	}
	g.Reset(40, 10)
	g.All().Text(3, 3, theme.OK, "passed")
	if p := w.frame(g, th); len(p) != 0 {
		t.Errorf("the same frame writes %q", p)
	}
}

func TestOnlyChangedCellsAreWritten(t *testing.T) {
	th := theme.New(true, theme.Unicode())
	g := grid.New(200, 60)
	g.All().Fill(theme.Text, 'x')
	var w writer
	screen := newGlass(t, 200, 60)
	screen.show(w.frame(g, th))
	screen.written = 0
	g.All().Text(10, 5, theme.Fail, "abc")
	g.All().Text(150, 5, theme.Fail, "d")
	screen.show(w.frame(g, th))
	if screen.written != 4 {
		t.Errorf("%d characters were written for 4 changed cells", screen.written)
	}
}

func BenchmarkFrameBytes(b *testing.B) {
	th := theme.New(true, theme.Unicode())
	g := grid.New(200, 60)
	var w writer
	w.frame(g, th)
	b.ReportAllocs()
	n := 0
	for i := 0; b.Loop(); i++ {
		g.All().Sub(0, i%60, 60, 1).Fill(theme.OK, rune('a'+i%26))
		n += len(w.frame(g, th))
	}
	b.ReportMetric(float64(n)/float64(b.N), "bytes/frame")
}

package shot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// read returns the texts of a picture, and fails unless it is well-formed.
func read(t *testing.T, picture []byte) (texts []string) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		if c, ok := token.(xml.CharData); ok && strings.TrimSpace(string(c)) != "" {
			texts = append(texts, string(c))
		}
	}
}

func TestPictureHoldsTheTextAndTheColours(t *testing.T) {
	g := grid.New(30, 3)
	g.All().Text(1, 0, theme.OK|grid.Bold, "passed <1> & \"2\"")
	g.All().Text(0, 1, theme.Selected, "chosen")
	g.All().Text(0, 2, theme.Fail|grid.Underline, "日本")
	var b bytes.Buffer
	if err := SVG(&b, g, theme.Make(theme.Dark, nil, theme.TrueColor, theme.Unicode())); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(read(t, b.Bytes()), "|")
	if want := "passed <1> & \"2\"|chosen|日本"; got != want {
		t.Errorf("the texts are %q, want %q", got, want)
	}
	for _, want := range []string{`fill="#7fd88f" font-weight="bold"`, `fill="#ff7b72" text-decoration="underline"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.String())
		}
	}
	if n := strings.Count(b.String(), "<rect"); n != 2 {
		t.Errorf("%d rectangles, want the paper and the selection", n)
	}
}

func FuzzSVG(f *testing.F) {
	f.Add("a<b>\x00\x1b[31m日\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		g := grid.New(20, 2)
		g.All().Text(0, 0, theme.Fail, s)
		var b bytes.Buffer
		if err := SVG(&b, g, theme.New(true, theme.Unicode())); err != nil {
			t.Fatal(err)
		}
		read(t, b.Bytes())
	})
}

func TestPictureReportsItsWriter(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	if err := SVG(w, grid.New(1, 1), theme.New(false, theme.ASCII())); err == nil {
		t.Error("a writer that fails is no error")
	}
}

// TestFramesAreLines draws a frame around a word: the word is text, what is
// around it meets from cell to cell.
func TestFramesAreLines(t *testing.T) {
	g := grid.New(4, 3)
	for y, line := range []string{"╭──╮", "│ok│", "╰──╯"} {
		g.All().Text(0, y, theme.Text, line)
	}
	var b bytes.Buffer
	if err := SVG(&b, g, theme.New(true, theme.Unicode())); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(strings.Join(read(t, b.Bytes()), "|")); got != "ok" {
		t.Errorf("the texts are %q, want the word only", got)
	}
	// The left side: from the middle of the corner to its lower end, the whole
	// height of the cell below, and on.
	for _, want := range []string{"M16.2 30.0L16.2 21.0", "M16.2 30.0V48.0", "M16.2 48.0L16.2 57.0"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no line %s in\n%s", want, b.String())
		}
	}
}

package tui

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/shot"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// The pictures of the documentation are frames of the tests: what they show is
// what the program draws.
func TestPicturesOfTheDocumentationAreUpToDate(t *testing.T) {
	th := theme.Make(theme.Dark, nil, theme.TrueColor, theme.Unicode())
	for _, c := range []struct {
		name, keys string
		snap       *engine.Snapshot
	}{
		{"failed", "G", testkit.Failed()},
		{"running", "G 4", testkit.Running()},
		{"diff", "G 3 z", testkit.Diffed()},
		{"trace", "G 5 z", testkit.Failed()},
		{"performance", "7 z", testkit.Failed()},
		{"commands", "G : re", testkit.Failed()},
		{"help", "?", testkit.Failed()},
	} {
		d := open(t, c.snap, 120, 34, th).press(c.keys)
		var b bytes.Buffer
		if err := shot.SVG(&b, d.grid, th); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("..", "docs", "screens", c.name+".svg")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s is out of date: task pictures", file)
		}
	}
}

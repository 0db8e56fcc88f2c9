package layout

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pictures")

// picture draws a plan with one letter per cell, scaled down to be readable.
func picture(p Plan, w, h, sx, sy int) string {
	canvas := make([][]byte, h)
	for y := range canvas {
		canvas[y] = []byte(strings.Repeat("?", w))
	}
	fill := func(r Rect, c byte) {
		for y := r.Y; y < r.Y+r.H; y++ {
			for x := r.X; x < r.X+r.W; x++ {
				if canvas[y][x] != '?' {
					c = '!' // two rectangles share a cell
				}
				canvas[y][x] = c
			}
		}
	}
	fill(p.Header, 'h')
	fill(p.Footer, 'f')
	fill(p.Status, 's')
	for _, r := range p.Rules {
		fill(r, '|')
	}
	for _, q := range p.Panes {
		fill(q.Rect, '1'+byte(q.Panel)) // the key that goes there
	}
	var b strings.Builder
	for y := range canvas {
		if y%sy != 0 && y != h-1 && y != 1 {
			continue
		}
		for x := 0; x < w; x += sx {
			b.WriteByte(canvas[y][x])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestPictures(t *testing.T) {
	for _, c := range []struct {
		w, h int
		p    Prefs
		name string
	}{
		{20, 5, Prefs{}, "tiny"},
		{200, 12, Prefs{Focus: Logs}, "short"},
		{200, 12, Prefs{Focus: Logs, Zoom: true}, "short-zoom"},
		{40, 10, Prefs{Focus: Detail}, "micro"},
		{60, 50, Prefs{}, "narrow"},
		{80, 23, Prefs{Recent: []Panel{Problems}}, "narrow-low"},
		{120, 40, Prefs{}, "wide"},
		{120, 40, Prefs{Focus: Detail, Recent: []Panel{Problems, Logs}}, "wide-problems"},
		{120, 40, Prefs{Focus: Logs, Zoom: true}, "wide-zoom"},
		{120, 40, Prefs{Focus: Templates, Recent: []Panel{Templates, Trace, Logs}}, "wide-trace"},
		{200, 60, Prefs{}, "full"},
		{200, 60, Prefs{Focus: Problems}, "full-problems"},
		{200, 60, Prefs{Focus: Cache}, "full-cache"},
		{200, 60, Prefs{Focus: History, Zoom: true}, "full-zoom"},
		{180, 45, Prefs{}, "full-low"},
		{180, 45, Prefs{Focus: Perf}, "full-low-perf"},
		{80, 24, Prefs{Focus: Diff}, "narrow-diff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := Arrange(c.w, c.h, c.p)
			got := fmt.Sprintf("%dx%d %s\n%s", c.w, c.h, plan.Mode, picture(plan, c.w, c.h, 4, 3))
			file := filepath.Join("testdata", c.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestEverySizeIsCoveredExactlyOnce(t *testing.T) {
	prefs := []Prefs{
		{},
		{Focus: Logs, Zoom: true},
		{Focus: Problems, Recent: []Panel{Problems, Templates}},
		{Focus: Detail, Recent: []Panel{Detail, Problems, Logs}},
	}
	for p := range Panels {
		prefs = append(prefs, Prefs{Focus: p, Recent: []Panel{p, Problems, Trace}})
	}
	for _, share := range []int{1, 370, 999} {
		p := Prefs{Focus: Detail}
		for m := range p.Ratios {
			p.Ratios[m] = Ratios{share, 1000 - share, share, share}
		}
		prefs = append(prefs, p)
	}
	cover := make([]uint8, 250*80)
	for w := 1; w <= 250; w++ {
		for h := 1; h <= 80; h++ {
			for _, p := range prefs {
				if msg := check(Arrange(w, h, p), w, h, p, cover); msg != "" {
					t.Fatalf("%dx%d %+v: %s", w, h, p, msg)
				}
			}
		}
	}
}

// check returns what is wrong with a plan.
func check(plan Plan, w, h int, p Prefs, cover []uint8) string {
	cover = cover[:w*h]
	clear(cover)
	all := append([]Rect{plan.Header, plan.Footer, plan.Status}, plan.Rules...)
	for _, q := range plan.Panes {
		if q.W <= 0 || q.H <= 0 {
			return fmt.Sprintf("panel %d has no room: %+v", q.Panel, q.Rect)
		}
		all = append(all, q.Rect)
	}
	cells := 0
	for _, r := range all {
		if r.W < 0 || r.H < 0 || r.X < 0 || r.Y < 0 || r.X+r.W > w || r.Y+r.H > h {
			return fmt.Sprintf("%+v leaves the screen", r)
		}
		for y := r.Y; y < r.Y+r.H; y++ {
			for x := r.X; x < r.X+r.W; x++ {
				if cover[y*w+x]++; cover[y*w+x] > 1 {
					return fmt.Sprintf("cell %d,%d is covered twice", x, y)
				}
			}
		}
		cells += r.W * r.H
	}
	if cells != w*h {
		return fmt.Sprintf("%d of %d cells are covered", cells, w*h)
	}
	shown := slices.ContainsFunc(plan.Panes, func(q Pane) bool { return q.Panel == p.Focus })
	if !shown && plan.Mode != Tiny {
		return "the focused panel is not on the screen"
	}
	return ""
}

func TestSizesThatDoNotExistAreHarmless(t *testing.T) {
	for _, c := range [][2]int{{0, 0}, {-1, -5}, {0, 40}, {200, 0}} {
		if got := Arrange(c[0], c[1], Prefs{}).Mode; got != Tiny {
			t.Errorf("%v is %s", c, got)
		}
	}
}

func BenchmarkArrange(b *testing.B) {
	p := Prefs{Focus: Logs, Recent: []Panel{Logs, Templates}}
	b.ReportAllocs()
	for b.Loop() {
		Arrange(200, 60, p)
	}
}

package tui

import (
	"slices"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// BenchmarkFrame builds a complete frame.
func BenchmarkFrame(b *testing.B) {
	for _, c := range []struct {
		name string
		w, h int
		snap *engine.Snapshot
	}{
		{"120x40", 120, 40, testkit.Failed()},
		{"200x60", 200, 60, testkit.Failed()},
		{"200x60-many", 200, 60, testkit.Many(10000, 10)},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := open(b, c.snap, c.w, c.h, theme.New(true, theme.Unicode()))
			d.press("G")
			b.ReportAllocs()
			for b.Loop() {
				d.draw()
			}
		})
	}
}

// BenchmarkScroll is a key in a list of 10,000 templates with 10 scenarios each,
// from the message to the finished frame.
func BenchmarkScroll(b *testing.B) {
	for _, c := range []struct{ name, before string }{{"folded", ""}, {"unfolded", "="}} {
		b.Run(c.name, func(b *testing.B) {
			d := open(b, testkit.Many(10000, 10), 120, 40, theme.New(true, theme.Unicode()))
			d.press(c.before)
			key := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'j'}}
			b.ReportAllocs()
			for b.Loop() {
				d.Update(key)
			}
		})
	}
}

// BenchmarkSnapshot is the arrival of a new state of 10,000 templates, one of
// which has changed, from the message to the finished frame.
func BenchmarkSnapshot(b *testing.B) {
	one := testkit.Many(10000, 10)
	two := *one
	two.Templates = slices.Clone(one.Templates)
	changed := *two.Templates[5000]
	two.Templates[5000] = &changed
	for _, c := range []struct{ name, keys string }{{"plain", ""}, {"unfolded", "="}, {"filtered", "/ c a s e _ 0 0 9 enter"}} {
		b.Run(c.name, func(b *testing.B) {
			d := open(b, one, 120, 40, theme.New(true, theme.Unicode()))
			d.press(c.keys)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%2 == 0 {
					d.Update(frameMsg{&two})
				} else {
					d.Update(frameMsg{one})
				}
			}
		})
	}
}

// BenchmarkFilter is a letter typed into the filter over 10,000 templates.
func BenchmarkFilter(b *testing.B) {
	d := open(b, testkit.Many(10000, 10), 120, 40, theme.New(true, theme.Unicode()))
	d.press("/ c a s e")
	letter, back := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'_'}}, tea.KeyMsg{Type: tea.KeyBackspace}
	b.ReportAllocs()
	for b.Loop() {
		d.Update(letter)
		d.Update(back)
	}
}

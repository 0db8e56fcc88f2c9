package tui

import (
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestExpectationsLeadToTheirSpansAndBack(t *testing.T) {
	d := at120(t, testkit.Traced()).press("G 2 enter")
	if d.prefs.Focus != layout.Trace {
		t.Fatalf("focus %d", d.prefs.Focus)
	}
	d.shows("▌  ▾ ✗ order.charge")
	d.press("2 ] ] enter").shows("▌      ◌ order.receipt")
	d.shows("Expected, and no such span was collected.")
	d.press("enter")
	if d.prefs.Focus != layout.Detail {
		t.Fatalf("focus %d", d.prefs.Focus)
	}
	d.shows("▌✗ expect.graph.must_include[order.charge -> order.receipt]")
	d.press("t g enter").shows("no expectation is about this span")
}

// Every expectation about a span stands beside it with its verdict, and each leads
// to the detail and back.
func TestSpansListTheExpectationsAboutThem(t *testing.T) {
	d := open(t, testkit.Traced(), 120, 60, uncolored).press("G t j j j j z")
	d.shows("▌✗ expect.span[order.charge].attrs.all ").shows("   expected \"charge.count\" = 1").shows(" ✗ expect.graph.must_include[order.charge -> order.receipt]")
	d.shows("✓ of all spans: expect.status.all")
	d.press("]").shows("▌✗ expect.graph.must_include").press("z enter").shows("▌✗ expect.graph.must_include[order.charge -> order.receipt]")
	d.press("[ enter").shows("▌✗ expect.span[order.charge].attrs.all ")
	d.press("2 ] ] ] ] enter").shows("this is about no single span").press("[ enter") // one that holds
	if d.prefs.Focus != layout.Trace {
		t.Fatalf("focus %d", d.prefs.Focus)
	}
	d.shows("▌✓ expect.span[order.create]")
}

func TestJumpsFromATemplateSelectTheScenarioThatIsShown(t *testing.T) {
	d := at120(t, testkit.Traced()).press("G left t g j enter")
	if d.tree.Node().Scenario != "pays twice" || d.prefs.Focus != layout.Detail {
		t.Errorf("%+v, focus %d", d.tree.Node(), d.prefs.Focus)
	}
}

func TestSpansLeadToTheLogAndLinesToTheirSpan(t *testing.T) {
	d := at120(t, testkit.Traced()).press("G t j j j j @")
	if d.prefs.Focus != layout.Logs {
		t.Fatalf("focus %d", d.prefs.Focus)
	}
	if got := d.logs.Time(d.view(layout.Logs)); got.Before(testkit.TraceStart.Add(190*time.Millisecond)) || got.After(testkit.TraceStart.Add(300*time.Millisecond)) {
		t.Errorf("the log is at %v", got.Sub(testkit.TraceStart))
	}
	d.press("/ a l r e a d y enter enter")
	if d.prefs.Focus != layout.Trace {
		t.Fatalf("focus %d", d.prefs.Focus)
	}
	d.shows("▌        ⊗ INSERT charges") // the deepest that was open when that line was written
}

func TestSpansFoldAndUnfold(t *testing.T) {
	d := at120(t, testkit.Traced()).press("G t j j j j left")
	d.shows("▸ ✗ order.charge")
	d.hides("◌ order.receipt")
	d.press("right").shows("POST /charges")
	d.press("j left").shows("▌  ▾ ✗ order.charge") // a leaf leads to what it is in
	d.press("-").hides("order.create")
	d.press("=").shows("order.create")
	d.press("- / i n s e r t enter").shows("INSERT orders") // a search unfolds what it finds
}

func TestOnlyTheBiggestOrTheFailuresCanBeShown(t *testing.T) {
	d := at120(t, testkit.Traced()).press("G t b").hides("cache.get")
	d.shows("biggest 7 of 8 spans")
	d.press("b").hides("order.create").shows("failures 4 of 8 spans")
	d.shows("◌ order.receipt")
	d.press("b").shows("cache.get")
}

func TestTraceWaitsForItsSpans(t *testing.T) {
	d := at120(t, testkit.Traced())
	d.engine.SetSpans(testkit.PaysTwice, nil)
	d.press("G 2 enter").shows("Reading the spans")
	d.engine.SetSpans(testkit.PaysTwice, testkit.Waterfall())
	next := testkit.Traced()
	next.Seq = 9
	d.send(frameMsg{next})
	d.shows("▌  ▾ ✗ order.charge") // what was asked for before they were there
}

// BenchmarkTrace is a key in a waterfall of 50,000 spans, from the message to
// the finished frame.
func BenchmarkTrace(b *testing.B) {
	for _, c := range []struct {
		name, keys string
		w, h       int
	}{{"120x40", "G t", 120, 40}, {"200x60", "G t", 200, 60}, {"120x40-search", "G t / 7 enter", 120, 40}} {
		b.Run(c.name, func(b *testing.B) {
			d := open(b, testkit.Traced(), c.w, c.h, theme.New(true, theme.Unicode()))
			d.engine.SetSpans(testkit.PaysTwice, testkit.ManySpans(50_000))
			d.press(c.keys)
			key := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{'j'}}
			b.ReportAllocs()
			for b.Loop() {
				d.Update(key)
			}
		})
	}
}

func TestLogsAreSearchedByRegularExpressionAndFiltered(t *testing.T) {
	d := at120(t, testkit.Traced()).press("G 4 / c h a r g e . 4 2 | o r d e r enter").shows("/charge.42|order 1/2")
	d.press("/ ( enter").shows("0/0") // what is no expression is looked for as it stands
	d.press("esc !").shows("stderr only").shows("already paid").hides("listening on")
	d.press("T").shows("15:07:23.320").press("!").shows("listening on")
}

package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// says appends numbered lines to the output of the failing scenario.
func (d *desk) says(from, n int) {
	for i := from; i < from+n; i++ {
		d.engine.AddLog(testkit.PaysTwice, engine.LogLine{Service: "shop", Stream: "stdout", Text: fmt.Sprintf("tick %04d.", i)})
	}
	d.send(frameMsg{testkit.Failed()})
}

func TestAPausedLogStaysAndCountsWhatComes(t *testing.T) {
	d := open(t, testkit.Failed(), 80, 24, uncolored).press("G 4 z")
	d.says(0, 100)
	d.shows("tick 0099.").press("P").shows("paused  106/106")
	d.says(100, 128)
	d.shows("paused  +128 new").shows("tick 0099.").hides("tick 0100.")
	d.press("pgup pgdown pgdown").shows("tick 0099.").hides("tick 0100.") // scrolling does not end it
	d.engine.DropLog(testkit.PaysTwice, 50)
	d.send(frameMsg{testkit.Failed()})
	d.shows("tick 0099.").hides("tick 0100.") // what is read stays where it is
	d.press("P").shows("tick 0227.").shows("last 184 of 234").hides("paused").hides("new  ")
	d.press("P")
	d.says(228, 3)
	d.press("G").shows("tick 0230.").hides("paused") // the end is the end
	d.press("P")
	d.says(231, 50)
	d.press("/ 0 2 8 0 enter").shows("tick 0280.").hides("paused") // a match that came meanwhile
}

func TestAPausedLogWhoseLinesAreGoneShowsWhatIsLeft(t *testing.T) {
	d := open(t, testkit.Failed(), 80, 24, uncolored).press("G 4 z")
	d.says(0, 30)
	d.press("P")
	d.says(30, 100)
	d.engine.DropLog(testkit.PaysTwice, 60)
	d.send(frameMsg{testkit.Failed()})
	d.shows("tick 0054.").shows("+100 new").hides("paused")
}

func TestAReaderWhoScrolledUpKeepsTheLineWhileTheRingTurns(t *testing.T) {
	d := open(t, testkit.Failed(), 80, 24, uncolored).press("G 4 z")
	d.says(0, 100)
	d.press("pgup pgup").shows("tick 0060.")
	d.engine.DropLog(testkit.PaysTwice, 40)
	d.says(100, 40)
	d.shows("tick 0060.").shows("+40 new")
}

func TestLongLinesAreWrappedOnRequest(t *testing.T) {
	d := open(t, testkit.Failed(), 60, 24, uncolored).press("G 4 z")
	long := strings.Repeat("0123456789", 12) + "世界needle"
	d.engine.AddLog(testkit.PaysTwice, engine.LogLine{Service: "shop", Stream: "stdout", Text: long})
	d.send(frameMsg{testkit.Failed()})
	d.hides("needle").press("W").shows("世界needle").shows("wrap  follow  7")
	d.press("/ n e e d l e enter").shows("世界needle").shows("/needle 1/1")
	d.press("esc G T").shows("世界needle") // the column of times takes room of its own
	d.press("T W").hides("needle")

	// At the end, the last row of the last line is the last row of the screen.
	tall := open(t, testkit.Failed(), 60, 24, uncolored).press("G 4 z W")
	tall.engine.AddLog(testkit.PaysTwice, engine.LogLine{Service: "shop", Stream: "stdout", Text: "beginning" + strings.Repeat("x", 3000) + "end."})
	tall.send(frameMsg{testkit.Failed()})
	tall.shows("end.").hides("beginning")
	tall.press("g").shows("container 9f8e7d6c5b4a is ready")
	tall.press("j j j j j j").shows("end.")
	tall.press("k").hides("end.")
}

func TestOnlyTheScreenIsWrapped(t *testing.T) {
	d := open(t, testkit.Failed(), 60, 24, uncolored).press("G 4 z W")
	d.says(0, 5000)
	d.press("g").shows("container 9f8e7d6c5b4a is ready")
	asked := 0
	v := d.view(d.prefs.Focus)
	log := v.Log
	v.Log = func(id engine.ScenarioID, from, n int) engine.LogWindow {
		asked += n
		return log(id, from, n)
	}
	d.logs.Draw(v, d.grid.All())
	if asked > 100 {
		t.Errorf("a frame of 24 rows asks for %d lines", asked)
	}
}

func TestTheOutputIsReadStepByStep(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G 4")
	d.shows("listening on :8080").press("]").shows("Logs · pays twice › start").shows("order 42 created").hides("listening on")
	d.press("]").shows("Logs · pays twice › charge").shows("exit status 3").hides("order 42 created")
	d.press("[ [").shows("Logs · pays twice ─").shows("listening on")
	d.press("[").shows("Logs · pays twice › ")
	at120(t, testkit.Failed()).press("j j j 4 ]").shows("there are no steps to go through")
}

// levelled appends lines with levels to the output of the failing scenario.
func (d *desk) levelled() *desk {
	line := func(stream, text string) engine.LogLine {
		return engine.LogLine{Service: "shop", Stream: stream, Text: text}
	}
	d.engine.AddLog(testkit.PaysTwice,
		line("stdout", `{"time":"2026-01-02T03:04:05Z","level":"debug","msg":"pool of 4"}`),
		line("stdout", `{"time":"2026-01-02T03:04:05Z","level":"info","msg":"order 43"}`),
		line("stderr", `time=2026-01-02T03:04:06Z level=warn msg="stock is low"`),
		line("stderr", "2026/01/02 03:04:07 \x1b[31mERROR\x1b[0m no answer from the bank"),
		line("stdout", `in between`),
		line("stderr", "\tat bank.Charge(bank.go:12)"),
		line("stdout", `panic: runtime error: index out of range`),
	)
	d.send(frameMsg{testkit.Failed()})
	return d
}

func TestLevelsOfLogsAreCountedAndNarrowed(t *testing.T) {
	d := open(t, testkit.Failed(), 100, 24, uncolored).press("G 4 z")
	d.press("L").shows("no line of this log has a level").shows("order 42 created")
	d.levelled().shows("✗3  ▲1  follow  13") // the line of the stack belongs to its error
	golden(t, "levels-100x24", d.screen())
	d.press("L").shows("error  ✗3").shows("no answer from the bank").shows("at bank.Charge").shows("panic:").
		shows("exit status 3"). // what the runner says stays
		hides("stock is low").hides("in between").hides("order 42 created")
	d.press("L").shows("warn or worse").shows("stock is low").hides("order 43")
	d.press("L").shows("info or worse").shows("order 43").hides("pool of 4")
	d.press("L").shows("pool of 4").shows("order 42 created").hides("or worse  ")

	d.press("L / b a n k enter").shows("/bank 1/2").press("esc")
	d.engine.DropLog(testkit.PaysTwice, 10) // up to the error
	d.send(frameMsg{testkit.Failed()})
	d.shows("✗2  ").hides("▲1").hides("no answer from the bank").shows("at bank.Charge")
	d.press("]").shows("No line has the level error or a worse one.")
}

func TestLevelsAreColoured(t *testing.T) {
	th := theme.New(true, theme.Unicode())
	d := open(t, testkit.Failed(), 100, 24, th).press("G 4 z").levelled()
	golden(t, "levels-100x24-ansi16", styled(d.grid, th))
}

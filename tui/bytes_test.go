package tui

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/term"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// recorder is a real screen whose writes are kept.
func recorder(t testing.TB, th *theme.Theme) (*term.Screen, func() []byte) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close(); null.Close() })
	s := term.NewScreen(null, file, th, false)
	if err := s.Enter(); err != nil {
		t.Fatal(err)
	}
	at := int64(0)
	return s, func() []byte {
		data, err := io.ReadAll(io.NewSectionReader(file, at, 1<<20))
		if err != nil {
			t.Fatal(err)
		}
		at += int64(len(data))
		return data
	}
}

// maxBytes is what a frame may take in which one row has changed.
const maxBytes = 600

// changedRow is a dashboard on a recorded screen, and the state in which the
// verdict of another scenario than the selected one has turned.
func changedRow(t testing.TB, w, h int) (d *desk, written func() []byte, next *engine.Snapshot) {
	t.Helper()
	th := theme.New(true, theme.Unicode())
	d = open(t, testkit.Failed(), w, h, th)
	screen, written := recorder(t, th)
	d.term = screenOf{d.paper, screen}
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	written()

	next = testkit.Failed()
	login := *next.Templates[1]
	turned := *login.Scenarios[1]
	result := *turned.Last().Result
	result.Duration = 4567 * time.Millisecond
	run := turned.Last()
	run.Result = &result
	turned.Verdict, turned.Run = engine.VerdictFail, &run
	login.Scenarios = []*engine.Scenario{login.Scenarios[0], &turned}
	next.Templates[1] = &login
	return d, written, next
}

func TestOneChangedRowTakesFewBytes(t *testing.T) {
	d, written, next := changedRow(t, 120, 40)
	d.send(frameMsg{next})
	frame := written()
	if len(frame) == 0 || len(frame) > maxBytes {
		t.Errorf("a row that changes takes %d bytes, want at most %d:\n%q", len(frame), maxBytes, frame)
	}
	if n := bytes.Count(frame, []byte("\x1b[?2026h")); n != 1 {
		t.Errorf("the frame is bracketed %d times", n)
	}
	d.send(tickMsg{})
	if again := written(); len(again) != 0 {
		t.Errorf("nothing changed and %q was written", again)
	}
}

// screenOf draws on a real screen and leaves everything else to the paper.
type screenOf struct {
	*paper
	screen *term.Screen
}

func (s screenOf) Draw(g *grid.Grid) error { return s.screen.Draw(g) }

// Package term owns the terminal while the dashboard runs: raw mode, the
// alternate screen, cursor, mouse and paste modes, and the writing of frames.
//
// Frames (tui/grid) flow in; bytes for the terminal flow out, each frame in one
// write that holds only the cells that differ from the frame before, inside the
// brackets of synchronized output (mode 2026). There is no renderer that ticks:
// a frame reaches the terminal when it is drawn, and nothing is written while
// nothing changes. The package also knows how to give the terminal away, to an
// editor or to the shell, and how to take it back.
package term

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/charmbracelet/x/term"

	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// The control sequences, by what they do.
const (
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[0m\x1b[2J"
	leaveScreen = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?1049l"
	mouseOn     = "\x1b[?1002h\x1b[?1006h"
	mouseOff    = "\x1b[?1006l\x1b[?1002l"
	syncBegin   = "\x1b[?2026h"
	syncEnd     = "\x1b[?2026l"
)

// Screen is the terminal. Its methods are safe for concurrent use, so that a
// goroutine that panics can restore the terminal while another one draws.
type Screen struct {
	in, out *os.File
	theme   *theme.Theme
	mouse   bool
	onLend  func(bool) // nil does nothing

	mu      sync.Mutex
	entered bool
	busy    bool        // the task bar shows progress
	saved   *term.State // nil when the input is no terminal
	writer  writer
}

// NewScreen returns the screen on a pair of files, usually standard input and
// output. Nothing is written before Enter.
func NewScreen(in, out *os.File, th *theme.Theme, mouse bool) *Screen {
	return &Screen{in: in, out: out, theme: th, mouse: mouse}
}

// Enter puts the terminal into raw mode and shows the alternate screen. It does
// nothing when that was done already.
func (s *Screen) Enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entered {
		return nil
	}
	if term.IsTerminal(s.in.Fd()) {
		saved, err := term.MakeRaw(s.in.Fd())
		if err != nil {
			return fmt.Errorf("set the terminal to raw mode: %w", err)
		}
		s.saved = saved
	}
	s.entered = true
	s.writer.forget()
	modes := saveTitle + enterScreen + focusOn
	if s.mouse {
		modes += mouseOn
	}
	return s.write([]byte(modes))
}

// Leave gives the terminal back as Enter found it. It does nothing when that
// was done already.
func (s *Screen) Leave() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.entered {
		return nil
	}
	s.entered = false
	modes := mouseOff + focusOff + leaveScreen + restoreTitle
	if s.busy {
		modes += noProgress
	}
	err := s.write([]byte(modes))
	if s.saved != nil {
		if e := term.Restore(s.in.Fd(), s.saved); e != nil {
			err = errors.Join(err, fmt.Errorf("restore the terminal's mode: %w", e))
		}
		s.saved = nil
	}
	return err
}

// SetMouse switches mouse reports on or off, now and for later Enters.
func (s *Screen) SetMouse(on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mouse = on
	if !s.entered {
		return nil
	}
	if on {
		return s.write([]byte(mouseOn))
	}
	return s.write([]byte(mouseOff))
}

// SetTheme changes how styles are written. The next Draw writes a complete
// frame.
func (s *Screen) SetTheme(th *theme.Theme) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.theme = th
	s.writer.forget()
}

// Size returns the size of the terminal in cells. A terminal that does not know
// its size (some report 0 by 0 while they start) counts as 80 by 24.
func (s *Screen) Size() (w, h int) {
	w, h, err := term.GetSize(s.out.Fd())
	if err != nil || w <= 0 || h <= 0 {
		return 80, 24
	}
	return w, h
}

// Draw shows a frame. The cells that the terminal shows already are left out.
// While the terminal is given away nothing is written.
func (s *Screen) Draw(g *grid.Grid) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.entered {
		return nil
	}
	frame := s.writer.frame(g, s.theme)
	if len(frame) == 0 {
		return nil
	}
	if err := s.write(frame); err != nil {
		s.writer.forget()
		return err
	}
	return nil
}

// write sends p to the terminal in one call.
func (s *Screen) write(p []byte) error {
	if _, err := s.out.Write(p); err != nil {
		return fmt.Errorf("write to the terminal: %w", err)
	}
	return nil
}

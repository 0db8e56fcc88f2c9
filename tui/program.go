package tui

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/tui/early"
	"github.com/seanchatmangpt/clnrm-tui/tui/term"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// The terminal libraries are initialised by now, without a question to the
// terminal: what package early hid from them is put back before main starts.
func init() { early.Restore() }

// Options say how the dashboard runs. The zero Options are the usual ones.
type Options struct {
	In, Out *os.File // terminal; nil means standard input and output
	NoMouse bool     // start with mouse reports off
	ASCII   bool     // draw with ASCII characters only
	NoColor bool     // write no colours; bold and reverse stay
	// CrashDir is where the stack goes if the dashboard panics; "" means the
	// system's directory for temporary files.
	CrashDir string
	// Getenv looks up $VISUAL, $EDITOR, $TERM and the locale; nil means
	// os.Getenv.
	Getenv func(string) string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.CrashDir == "" {
		o.CrashDir = os.TempDir()
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Run shows the dashboard until the user quits or ctx ends, which both are no
// error. When it returns, the terminal is as it was, with a summary of what was
// last known left on it. The error is that of a terminal which failed, or names
// the crash file after a panic. Run handles no signals but the change of the
// terminal's size; INT, TERM and HUP are the caller's, through ctx.
func Run(ctx context.Context, e Engine, o Options) error {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	th := theme.New(!o.NoColor, theme.Choose(o.ASCII, o.Getenv))
	screen := term.NewScreen(o.In, o.Out, th, !o.NoMouse)
	g := &guard{dir: o.CrashDir, now: o.Now, stop: cancel}
	m := newModel(e, screen, th, o.Now, o.Getenv, g)
	m.mouse = !o.NoMouse

	p := tea.NewProgram(m, tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithoutRenderer(),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics())
	b := newBridge(e, p.Send)
	m.wake = b.wake

	err := show(ctx, cancel, m, screen, p, b)
	if crash := g.crash(); crash != nil {
		err = crash
	}
	writeSummary(o.Out, th, e.Snapshot())
	return err
}

// show owns the terminal from Enter to Leave, and the goroutines in between.
func show(ctx context.Context, cancel func(), m *model, screen *term.Screen, p *tea.Program, b *bridge) (err error) {
	if err := screen.Enter(); err != nil {
		return err
	}
	var wg sync.WaitGroup
	defer func() {
		r := recover()
		cancel()
		wg.Wait()
		err = errors.Join(err, screen.Leave())
		if r != nil {
			err = m.guard.crashed("the dashboard", r)
		}
	}()
	resized := make(chan os.Signal, 1) // one pending signal is enough: the size is read afterwards
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	m.resize(screen.Size())
	m.refresh(true)
	if m.err != nil {
		return m.err
	}
	wg.Go(func() { m.guard.run("the bridge", func() { b.run(ctx) }) })
	wg.Go(func() { m.guard.run("the size watcher", func() { watchSize(ctx, resized, screen, p.Send) }) })
	// bubbletea is asked to quit, not handed ctx: when its context ends it leaves
	// the goroutine that reads the input behind.
	wg.Go(func() { m.guard.run("the end", func() { <-ctx.Done(); p.Quit() }) })
	_, err = p.Run()
	return errors.Join(m.err, err)
}

// watchSize tells the program the size of the terminal each time it changes.
func watchSize(ctx context.Context, resized <-chan os.Signal, screen *term.Screen, send func(tea.Msg)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-resized:
			w, h := screen.Size()
			send(tea.WindowSizeMsg{Width: w, Height: h})
		}
	}
}

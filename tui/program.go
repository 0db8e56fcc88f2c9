package tui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/control"
	"github.com/seanchatmangpt/clnrm-tui/tui/early"
	"github.com/seanchatmangpt/clnrm-tui/tui/term"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
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
	// Theme is the name of a theme, one of ThemeNames, above the settings; "" is none.
	Theme string
	// CrashDir is where the stack goes if the dashboard panics; "" means the
	// system's directory for temporary files.
	CrashDir string
	// Getenv looks up $VISUAL, $EDITOR, $TERM and the locale; nil means
	// os.Getenv.
	Getenv func(string) string
	// Memory keeps splits, folds, filter and the like between starts; nil
	// functions keep nothing.
	Memory Memory
	// Exports writes reports and pictures; nil functions write nothing.
	Exports Exports
	// Socket lets editors and scripts use the dashboard.
	Socket Socket
	// OnLend is called with true before the terminal is given to an editor or a
	// pager, and with false when it is back; nil does nothing.
	OnLend func(lent bool)
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

	lk := look{ascii: o.ASCII, theme: o.Theme}
	if !o.NoColor {
		lk.depth = theme.DepthOf(o.Getenv)
	}
	th := theme.Make(o.Theme, nil, lk.depth, theme.Choose(o.ASCII, o.Getenv))
	mouse := !o.NoMouse
	if s := e.Snapshot().Settings; s != nil {
		mouse = mouse && s.Mouse
	}
	screen := term.NewScreen(o.In, o.Out, th, mouse)
	g := &guard{dir: o.CrashDir, now: o.Now, stop: cancel}
	m := newModel(e, screen, th, o.Now, o.Getenv, g)
	m.mouse, m.look, m.exports = mouse, lk, o.Exports
	if o.OnLend != nil {
		screen.OnLend(o.OnLend)
	}
	m.kept = m.remember()
	if o.Memory.Load != nil {
		m.recall(o.Memory.Load)
	}

	if m.themeName() == theme.Auto {
		m.look.background = background(o)
	}
	m.useTheme(m.themeName())

	p := tea.NewProgram(m, tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithoutRenderer(),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics())
	b := newBridge(e, p.Send)
	m.wake = b.wake

	var server *control.Server
	if o.Socket.Path != "" {
		var err error
		if server, err = listen(o.Socket.Path, e, p.Send); err != nil {
			if !o.Socket.Optional {
				return err
			}
			m.say(diag.Warning, "Editors cannot use this dashboard: "+err.Error())
		}
	}
	var served sync.WaitGroup
	var serveErr error
	if server != nil {
		served.Go(func() {
			g.run("the control socket", func() { serveErr = m.serve(ctx, server, o.Socket.Follow) })
		})
	}
	err := show(ctx, cancel, m, screen, p, b)
	cancel()
	served.Wait()
	err = errors.Join(err, serveErr)
	if crash := g.crash(); crash != nil {
		err = crash
	}
	writeSummary(o.Out, th, e.Snapshot())
	if o.Memory.Save != nil && err == nil {
		if e := m.keep(o.Memory.Save); e != nil {
			// Nothing that was tested depends on it, so it fails nothing either.
			fmt.Fprintf(o.Out, "clnrm-tui: %s\n", text.Clean(e.Error()))
		}
	}
	return err
}

// background is the theme for the background of the terminal, "" when nobody
// knows it.
func background(o Options) string {
	dark, known := term.Background(o.In, o.Out, o.Getenv)
	switch {
	case !known:
		return ""
	case dark:
		return theme.Dark
	}
	return theme.Light
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

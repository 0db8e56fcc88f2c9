package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui"
)

// closeTimeout bounds the removal of containers at the end of a command.
const closeTimeout = 30 * time.Second

// warmInDashboard is how many scenarios have their containers created ahead in
// the dashboard: the one that somebody looks at and one that failed.
const warmInDashboard = 2

// dashboardFlags are the options of the full-screen dashboard.
type dashboardFlags struct {
	ascii   bool
	noMouse bool
	plain   bool
	fresh   bool
	backend backendFlags
	theme   string
	socket  string
}

func (d *dashboardFlags) register(c *cobra.Command) {
	d.backend.register(c, warmInDashboard)
	f := c.Flags()
	f.BoolVar(&d.ascii, "ascii", false, "draw with ASCII characters only")
	f.BoolVar(&d.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	f.BoolVar(&d.fresh, "fresh", false, "forget the splits, folds and filter of the last time")
	f.StringVar(&d.theme, "theme", "", "the colours, by `NAME`: "+strings.Join(tui.ThemeNames(), ", ")+"; default: as in the settings, or neutral")
	f.StringVar(&d.socket, "socket", "", "let editors and scripts use the dashboard through the socket `PATH`, see docs/socket.md")
	f.BoolVar(&d.plain, "plain", false, "print lines instead of the full screen, as watch does")
}

// dashboard opens the full screen over paths; where that cannot be, it watches
// line by line.
func (a *app) dashboard(ctx context.Context, paths []string, d dashboardFlags) (err error) {
	if d.plain || os.Getenv("CI") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(a.stdin) || !isTerminal(a.stdout) {
		d.backend.warm = 0 // nobody looks at a scenario there
		return a.watch(ctx, paths, watchFlags{format: "human", backend: d.backend})
	}
	if d.theme != "" {
		if err := oneOf("theme", d.theme, tui.ThemeNames()...); err != nil {
			return err
		}
	}
	color, err := a.colors(a.stdout)
	if err != nil {
		return err
	}
	o, err := a.global.options(paths)
	if err != nil {
		return err
	}
	lean(&o)
	if err := d.backend.apply(&o); err != nil {
		return err
	}
	o.CheckSettings = tui.CheckSettings
	e, err := engine.New(o)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	ctx, cancel := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { watched <- e.Watch(ctx) }()
	go func() {
		select {
		case <-e.Crashed():
			cancel() // the terminal is given back before anything is said
		case <-ctx.Done():
		}
	}()
	memory := tui.Memory{Load: e.LoadUI, Save: e.SaveUI}
	if d.fresh {
		memory.Load = nil
	}
	socket := tui.Socket{Path: d.socket, Follow: follow(e)}
	if s := e.Settings().Socket; d.socket == "" && s != "" {
		// A second dashboard over the same project is no fault.
		socket.Path, socket.Optional = s, true
		// The first start makes the state folder. Where that fails, listening does,
		// too, and the dashboard says so.
		_ = os.MkdirAll(filepath.Dir(s), 0o755)
	}
	e.Probe()
	err = tui.Run(ctx, e, tui.Options{
		In: a.stdin.(*os.File), Out: a.stdout.(*os.File),
		ASCII: d.ascii, NoMouse: d.noMouse, NoColor: !color, Theme: d.theme, Memory: memory,
		Socket:  socket,
		Exports: exports(e), OnLend: a.keyboard.leave,
	})
	interrupted := ctx.Err() != nil
	cancel()
	if werr := <-watched; err == nil {
		err = werr
	}
	if crashed := e.Err(); crashed != nil {
		return &exitError{status: exitEnvironment, err: crashed}
	}
	if interrupted && err == nil {
		return silently(exitInterrupted)
	}
	return err
}

// follow tells about every change of the engine's state.
func follow(e *engine.Engine) func(context.Context, func()) {
	return func(ctx context.Context, changed func()) {
		sub := e.Subscribe()
		changed()
		for {
			if _, ok := sub.Next(ctx); !ok {
				return
			}
			changed()
		}
	}
}

// closeEngine closes e, waiting for everything it started to be gone, and joins
// a failure of that to err.
func closeEngine(e *engine.Engine, err error) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if cerr := e.Close(ctx); cerr != nil {
		return errors.Join(err, &exitError{status: exitEnvironment, err: cerr})
	}
	return err
}

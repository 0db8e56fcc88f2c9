package cmd

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui"
)

// closeTimeout bounds the removal of containers at the end of a command.
const closeTimeout = 30 * time.Second

// dashboardFlags are the options of the full-screen dashboard.
type dashboardFlags struct {
	ascii   bool
	noMouse bool
	plain   bool
}

func (d *dashboardFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&d.ascii, "ascii", false, "draw with ASCII characters only")
	f.BoolVar(&d.noMouse, "no-mouse", false, "leave the mouse to the terminal")
	f.BoolVar(&d.plain, "plain", false, "print lines instead of the full screen, as watch does")
}

// dashboard opens the full screen over paths; where that cannot be, it watches
// line by line.
func (a *app) dashboard(ctx context.Context, paths []string, d dashboardFlags) (err error) {
	if d.plain || os.Getenv("CI") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(a.stdin) || !isTerminal(a.stdout) {
		return a.watch(ctx, paths, watchFlags{format: "human"})
	}
	color, err := a.colors(a.stdout)
	if err != nil {
		return err
	}
	o, err := a.global.options(paths)
	if err != nil {
		return err
	}
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
	e.Probe()
	err = tui.Run(ctx, e, tui.Options{
		In: a.stdin.(*os.File), Out: a.stdout.(*os.File),
		ASCII: d.ascii, NoMouse: d.noMouse, NoColor: !color,
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

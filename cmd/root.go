// Package cmd is the command line: one file per command, the output formats,
// and the exit statuses.
//
// Arguments flow in; results flow out on standard output, everything else on
// standard error. It sees the engine's façade and the report formats only: it
// never starts a container, opens a file of the user's or reads a cache itself.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// The exit statuses. They are part of the contract with scripts.
const (
	exitOK          = 0   // all that was asked holds
	exitFailed      = 1   // something was judged and falls short
	exitUsage       = 2   // the request itself is wrong
	exitEnvironment = 3   // the environment failed
	exitInterrupted = 130 // interrupted; everything started was removed first
	exitUnheard     = 141 // nobody reads the output any more, as a shell says it; likewise
)

// exitError ends the program with a status. A nil err means that everything
// there was to say has been printed.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// silently ends the program with a status after everything was printed.
func silently(status int) error {
	if status == exitOK {
		return nil
	}
	return &exitError{status: status}
}

// usage reports that the request itself is wrong.
func usage(format string, args ...any) error {
	return &exitError{status: exitUsage, err: fmt.Errorf(format, args...)}
}

// app is what every command works with.
type app struct {
	keyboard *interrupts
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	global   globalFlags
	began    bool // the request was understood and its command has begun
}

// Execute runs the command line and returns the exit status.
func Execute(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, keyboard, stop := untilInterrupted()
	defer stop()
	a := &app{keyboard: keyboard, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if keyboard.endedUnheard(err) {
		return exitUnheard // and there is nobody to tell
	}
	status := a.statusOf(ctx, err)
	var ee *exitError
	var se *engine.SettingsError
	if errors.As(err, &se) {
		a.printSettings(se.Diagnostics)
	} else if err != nil && (!errors.As(err, &ee) || ee.err != nil) && status != exitInterrupted {
		fmt.Fprintf(stderr, "clnrm-tui: %s\n", printable(err.Error()))
		if status == exitUsage {
			fmt.Fprintf(stderr, "Run 'clnrm-tui --help' for the commands and their options.\n")
		}
	}
	return status
}

// statusOf maps the end of a command to an exit status.
func (a *app) statusOf(ctx context.Context, err error) int {
	var ee *exitError
	var re *engine.RequestError
	var se *engine.SettingsError
	switch {
	case errors.As(err, &ee):
		return ee.status
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &re), errors.As(err, &se):
		return exitUsage
	case engine.IsEnvironment(err):
		return exitEnvironment
	case !a.began:
		return exitUsage // an unknown flag, a malformed value, a missing path
	default:
		return exitEnvironment
	}
}

func (a *app) rootCommand() *cobra.Command {
	var ui dashboardFlags
	root := &cobra.Command{
		Use:   "clnrm-tui [PATH...]",
		Short: "Hermetic integration tests whose proof is telemetry",
		Long: `clnrm-tui runs integration tests of services in fresh containers and judges
them by the OpenTelemetry spans that come out.

Without a command it opens the dashboard over PATH (default "."): a live tree of
templates and scenarios that is right again before you look up from a save.
Without a terminal on standard output it behaves as "watch".`,
		Args:             cobra.ArbitraryArgs,
		PersistentPreRun: func(*cobra.Command, []string) { a.began = true },
		SilenceErrors:    true,
		SilenceUsage:     true,
		RunE: func(c *cobra.Command, args []string) error {
			if err := unknownCommand(c, args); err != nil {
				return err
			}
			return a.dashboard(c.Context(), args, ui)
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	a.global.register(root)
	ui.register(root)
	root.AddCommand(a.validateCommand(), a.lintCommand(), a.watchCommand(), a.runCommand(), a.recordCommand(), a.reproCommand(), a.redGreenCommand(), a.renderCommand(), a.explainCommand(), a.cleanCommand(), a.versionCommand(),
		a.analyzeCommand(), a.strengthCommand(), a.learnCommand(), a.spansCommand(), a.graphCommand(), a.schemaCommand(), a.diffCommand(), a.reportCommand(), a.configCommand(),
		a.pullCommand(), a.healthCommand(), a.servicesCommand(), a.cacheCommand(), a.pluginsCommand())
	fitHelp(root)
	return root
}

// unknownCommand catches a mistyped command, which would otherwise be taken for
// a path that does not exist.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 || strings.ContainsAny(args[0], "/.") {
		return nil
	}
	if _, err := os.Lstat(args[0]); err == nil {
		return nil
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if n := diag.Nearest(args[0], names); n != "" {
		return usage("no such path and no such command: %s (did you mean %q?)", args[0], n)
	}
	return nil
}

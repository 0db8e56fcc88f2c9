package cmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui"
)

func (a *app) configCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "config",
		Short: "The settings of the project and of the user",
	}
	show := &cobra.Command{
		Use:   "show [PATH]",
		Short: "Every setting with its value and where it came from",
		Long: `List every setting with its value and where it came from.

Settings come from the built-in defaults, from cleanroom/cleanroom.toml in the
folder of the user's configuration, from the nearest cleanroom.toml (or
clnrm.toml) at or above PATH (default "."), from environment variables, and from
the options of a command; each of these wins over the ones before it.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "human", "json"); err != nil {
				return err
			}
			o, err := a.global.options(args)
			if err != nil {
				return err
			}
			o.CheckSettings = tui.CheckSettings // no other command looks at the dashboard's
			r, err := engine.ShowSettings(o)
			if err != nil {
				return err
			}
			if format == "json" {
				return a.writeSettingsJSON(r)
			}
			return a.writeSettings(r)
		},
	}
	show.Flags().StringVar(&format, "format", "human", "output `human|json`")
	c.AddCommand(show)
	return c
}

// writeSettings writes the settings as a table for people.
func (a *app) writeSettings(r *engine.SettingsReport) error {
	wide, wider := 0, 0
	for _, row := range r.Rows {
		wide, wider = max(wide, len(row.Key)), max(wider, min(len(row.Value), 40))
	}
	for _, row := range r.Rows {
		line := fmt.Sprintf("%-*s  %-*s  %s", wide, row.Key, wider, row.Value, row.Origin)
		if row.Unused != "" && row.Origin != "built in" {
			line += "  (no effect: " + row.Unused + ")"
		}
		if _, err := fmt.Fprintln(a.stdout, diag.Printable(strings.TrimRight(line, " "))); err != nil {
			return err
		}
	}
	a.warnSettings(r.Warnings)
	return nil
}

// shownSettings is the JSON form of config show.
type shownSettings struct {
	Schema   string         `json:"schema"`
	File     string         `json:"file"`
	Settings []shownSetting `json:"settings"`
	Warnings []string       `json:"warnings"`
}

type shownSetting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Origin  string `json:"origin"`
	Env     string `json:"env"`
	Meaning string `json:"meaning"`
	Unused  string `json:"unused"`
}

func (a *app) writeSettingsJSON(r *engine.SettingsReport) error {
	out := shownSettings{Schema: "clnrm.config/1", File: r.File, Settings: []shownSetting{}, Warnings: []string{}}
	for _, row := range r.Rows {
		out.Settings = append(out.Settings, shownSetting(row))
	}
	for _, w := range r.Warnings {
		out.Warnings = append(out.Warnings, w.Error())
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// open makes an engine for a command that is to end by itself and says on standard
// error which settings have no effect. A cache that cannot be used is an error.
func (a *app) open(o engine.Options) (*engine.Engine, error) {
	e, err := a.openAnyhow(o)
	if err == nil && e.CacheProblem() != nil {
		return nil, closeEngine(e, e.CacheProblem())
	}
	return e, err
}

// openAnyhow is open, but it goes on without a cache that cannot be used.
func (a *app) openAnyhow(o engine.Options) (*engine.Engine, error) {
	e, err := engine.New(o)
	if err == nil {
		a.warnSettings(e.SettingsWarnings())
	}
	return e, err
}

// tellNotices says on standard error what an engine has noticed after the notice
// with the number seen.
func (a *app) tellNotices(e *engine.Engine, seen uint64) {
	for _, n := range e.Snapshot().Notices {
		if n.Seq > seen && n.Level >= diag.Warning {
			a.progressf("%s: %s", n.Level, n.Text)
		}
	}
}

// printSettings writes what is wrong with the settings to standard error.
func (a *app) printSettings(ds []diag.Diagnostic) {
	if err := a.printDiagnostics(a.stderr, ds); err != nil {
		a.progressf("%v", err)
	}
	a.progressf("clnrm-tui: the settings cannot be used; nothing was done")
}

// shownWarnings is how many warnings about settings are worth a line each.
const shownWarnings = 3

// warnSettings says on standard error what of the settings has no effect.
func (a *app) warnSettings(ds []diag.Diagnostic) {
	if len(ds) > shownWarnings {
		files := []string{}
		for _, d := range ds {
			if d.Pos.File != "" && !slices.Contains(files, d.Pos.File) {
				files = append(files, d.Pos.File)
			}
		}
		a.progressf("warning: %d settings have no effect (%s); `clnrm-tui config show` says which and why", len(ds), strings.Join(files, ", "))
		return
	}
	for _, d := range ds {
		a.progressf("warning: %s", d.Error())
	}
}

package cmd

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

func (a *app) healthCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "health",
		Aliases: []string{"doctor"},
		Short:   "Look for everything that runs need, and say what is missing",
		Long: `Look for everything that runs need, and say what to do about what is missing.

Everything is tried for real: the daemon is asked, the agent is built, and two
containers are started in a network that must be sealed. The exit status is 3
when scenarios cannot run.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "human", "json"); err != nil {
				return err
			}
			var all []engine.Finding
			var printErr error
			ok, err := engine.Health(c.Context(), func(f engine.Finding) {
				all = append(all, f)
				if format == "human" {
					printErr = errors.Join(printErr, a.printFinding(f))
				}
			})
			if err = errors.Join(err, printErr); err != nil {
				return err
			}
			if format == "json" {
				if err := a.printHealth(ok, all); err != nil {
					return err
				}
			}
			if !ok {
				return silently(exitEnvironment)
			}
			return nil
		},
	}
	c.Flags().StringVar(&format, "format", "human", "output `human|json`")
	return c
}

// levelWord names a level in machine-readable output.
func levelWord(f engine.Finding) string {
	switch f.Level {
	case engine.Bad:
		return "error"
	case engine.Poor:
		return "warning"
	default:
		return "ok"
	}
}

// printFinding writes one finding for people, and below it what to do.
func (a *app) printFinding(f engine.Finding) error {
	color, err := a.colors(a.stdout)
	if err != nil {
		return err
	}
	word := fmt.Sprintf("%-7s", levelWord(f))
	if color {
		word = map[string]string{"ok": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m"}[levelWord(f)] + word + "\x1b[0m"
	}
	if _, err := fmt.Fprintf(a.stdout, "%s  %-14s %s\n", word, f.Name, f.Detail); err != nil {
		return err
	}
	if f.Remedy != "" {
		_, err = fmt.Fprintf(a.stdout, "%25s%s\n", "→ ", f.Remedy)
	}
	return err
}

// printHealth writes all findings as one object.
func (a *app) printHealth(ok bool, all []engine.Finding) error {
	type finding struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		Detail string `json:"detail"`
		Remedy string `json:"remedy,omitempty"`
	}
	out := struct {
		Schema   string    `json:"schema"`
		OK       bool      `json:"ok"`
		Findings []finding `json:"findings"`
	}{Schema: "clnrm.health/1", OK: ok}
	for _, f := range all {
		out.Findings = append(out.Findings, finding{f.Name, levelWord(f), f.Detail, f.Remedy})
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

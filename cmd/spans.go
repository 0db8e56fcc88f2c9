package cmd

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// traceFormats is what the commands over recorded traces say of their input.
const traceFormats = `A trace file is JSON: OTLP/JSON as a collector writes it, spans as objects with
keys in either style, one document or one per line, plain or packed with gzip; or
a recorded run below .clnrm/runs. Several files are taken together.`

func (a *app) spansCommand() *cobra.Command {
	var grep, format string
	var attrs, events, lenient bool
	c := &cobra.Command{
		Use:   "spans TRACE...",
		Short: "List the spans of a recorded trace",
		Long: `List the spans of a recorded trace, or search them.

` + traceFormats + `

The exit status is 1 when no span is found.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "human", "json"); err != nil {
				return err
			}
			t, err := engine.ReadTrace(args, lenient)
			if err != nil {
				return traceError(err)
			}
			found, err := engine.SearchTrace(t, grep)
			if err != nil {
				return err
			}
			if format == "json" {
				err = report.WriteSpansJSON(a.stdout, found)
			} else {
				var human report.Human
				if human, err = a.human(a.stdout); err == nil {
					err = human.Spans(a.stdout, found, attrs, events)
				}
			}
			if err == nil && len(found.Matched) == 0 {
				return silently(exitFailed)
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&grep, "grep", "", "only spans whose name matches the regular expression `REGEX`")
	f.BoolVar(&attrs, "show-attrs", false, "show attributes (JSON always has them)")
	f.BoolVar(&events, "show-events", false, "show events (JSON always has them)")
	f.StringVar(&format, "format", "human", "output `human|json`")
	registerLenient(c, &lenient)
	return c
}

func registerLenient(c *cobra.Command, lenient *bool) {
	c.Flags().BoolVar(lenient, "lenient", false, "leave out what cannot be read in a trace file instead of refusing it")
}

// traceError gives a trace that cannot be used its exit status.
func traceError(err error) error {
	var te *engine.TraceError
	if errors.As(err, &te) {
		return &exitError{status: exitFailed, err: err}
	}
	return err
}

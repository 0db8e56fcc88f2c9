package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// traceFormats is what the commands over recorded traces say of their input.
const traceFormats = `A trace file is JSON: OTLP/JSON as a collector writes it, spans as objects with
keys in either style, one document or one per line, plain or packed with gzip;
or a recorded run below .clnrm/runs, or the folder of one, or of artifacts below
.clnrm/artifacts. Several files are taken together.`

// ofLastRuns is what spans and graph say of --of.
const ofLastRuns = `With --of, the spans are those that the last recorded runs of a test file's
scenarios were judged over.`

// traceSource is where spans and graph take spans from.
type traceSource struct {
	of      string
	lenient bool
}

func (s *traceSource) register(c *cobra.Command) {
	c.Flags().StringVar(&s.of, "of", "", "read the last recorded runs of the test `FILE`")
	registerLenient(c, &s.lenient)
}

// trace reads the traces of these names, or those of the last runs of a file.
func (a *app) trace(ctx context.Context, names []string, s traceSource) (t *report.Trace, err error) {
	switch {
	case s.of != "" && len(names) > 0:
		return nil, usage("read trace files or the last runs of a file, not both")
	case s.of == "" && len(names) == 0:
		return nil, usage("name a trace, or a test file with --of")
	case s.of == "":
		t, err = engine.ReadTrace(names, a.leftOut(s.lenient))
		if err != nil {
			return nil, traceError(err)
		}
		return t, nil
	}
	e, err := a.scan(ctx, []string{s.of})
	if err != nil {
		return nil, err
	}
	defer func() { err = closeEngine(e, err) }()
	if t, err = e.ReadRuns(s.of); err != nil {
		return nil, a.recordedError(err)
	}
	return t, nil
}

func (a *app) spansCommand() *cobra.Command {
	var grep, format string
	var attrs, events bool
	var from traceSource
	c := &cobra.Command{
		Use:   "spans TRACE... | --of FILE",
		Short: "List the spans of a recorded trace",
		Long: `List the spans of a recorded trace, or search them.

` + traceFormats + `

` + ofLastRuns + `

The exit status is 1 when no span is found.`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "human", "json"); err != nil {
				return err
			}
			t, err := a.trace(c.Context(), args, from)
			if err != nil {
				return err
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
	from.register(c)
	return c
}

func registerLenient(c *cobra.Command, lenient *bool) {
	c.Flags().BoolVar(lenient, "lenient", false, "leave out what cannot be read in a trace file, and say so, instead of refusing it")
}

// leftOut tells on standard error what --lenient leaves out; without it, what
// cannot be read is an error.
func (a *app) leftOut(lenient bool) engine.LeftOut {
	if !lenient {
		return nil
	}
	return func(what string) { a.progressf("warning: %s", what) }
}

// traceError gives a trace that cannot be used its exit status.
func traceError(err error) error {
	var te *engine.TraceError
	if errors.As(err, &te) {
		return &exitError{status: exitFailed, err: err}
	}
	return err
}

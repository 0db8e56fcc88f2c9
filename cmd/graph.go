package cmd

import (
	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func (a *app) graphCommand() *cobra.Command {
	var format, filter string
	var highlight bool
	var from traceSource
	c := &cobra.Command{
		Use:   "graph TRACE... | --of FILE",
		Short: "Draw a recorded trace as a tree",
		Long: `Draw a recorded trace as a tree. Spans whose parent was not collected hang below
a place that says so.

` + traceFormats + `

` + ofLastRuns + `

The exit status is 1 when the filter leaves no span.`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, report.GraphFormats...); err != nil {
				return err
			}
			t, err := a.trace(c.Context(), args, from)
			if err != nil {
				return err
			}
			human, err := a.human(a.stdout)
			if err != nil {
				return err
			}
			g := report.NewGraph(t, filter)
			g.Highlight = highlight
			if err := g.Write(a.stdout, format, human); err != nil {
				return err
			}
			if g.Empty() {
				return silently(exitFailed)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&format, "format", "ascii", "output `ascii|dot|json|mermaid`")
	f.StringVar(&filter, "filter", "", "only spans whose name contains `TEXT`, and what lies above them")
	f.BoolVar(&highlight, "highlight-missing", false, "mark spans without children and parents that were not collected (ascii)")
	from.register(c)
	return c
}

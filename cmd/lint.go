package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func (a *app) lintCommand() *cobra.Command {
	var deny, pure bool
	var format string
	c := &cobra.Command{
		Use:   "lint PATH...",
		Short: "Check templates without containers, with the rules of style on",
		Long: `lint says what validate says and, on top, what is a matter of style: files
without a description, names with special characters, variables that nothing
reads. Warnings fail only with --deny-warnings.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "human", "json", "github"); err != nil {
				return err
			}
			return a.lint(c.Context(), args, format, deny, pure)
		},
	}
	f := c.Flags()
	f.BoolVar(&deny, "deny-warnings", false, "warnings fail too")
	f.BoolVar(&pure, "pure-tera", false, "warn of each use of the template dialect that Tera itself does not read")
	f.StringVar(&format, "format", "human", "output `human|json|github`")
	return c
}

func (a *app) lint(ctx context.Context, paths []string, format string, deny, pure bool) (err error) {
	start := time.Now()
	e, err := a.scan(ctx, paths)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	var files []report.File
	for _, t := range e.Snapshot().Templates {
		files = append(files, e.Lint(ctx, t, pure))
	}
	v := report.NewValidation(files, time.Since(start))
	return a.writeValidation(v, format, deny, false)
}

package cmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

func (a *app) validateCommand() *cobra.Command {
	var strict, timing, fix bool
	var format string
	c := &cobra.Command{
		Use:   "validate PATH...",
		Short: "Check templates without containers",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := oneOf("format", format, "human", "json", "github", "sarif"); err != nil {
				return err
			}
			if fix {
				if err := a.fix(c.Context(), args); err != nil {
					return err
				}
			}
			return a.validate(c.Context(), args, format, strict, timing)
		},
	}
	f := c.Flags()
	f.BoolVar(&strict, "strict", false, "warnings fail too")
	f.BoolVar(&fix, "fix", false, "first mend in the files what can be mended with certainty")
	f.BoolVar(&timing, "timing", false, "show how long each stage took")
	f.StringVar(&format, "format", "human", "output `human|json|github|sarif`")
	return c
}

func (a *app) validate(ctx context.Context, paths []string, format string, strict, timing bool) (err error) {
	start := time.Now()
	e, err := a.scan(ctx, paths)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	var files []report.File
	for _, t := range e.Snapshot().Templates {
		files = append(files, e.FileReport(t))
	}
	v := report.NewValidation(files, time.Since(start))
	return a.writeValidation(v, format, strict, timing)
}

// writeValidation writes the result of a dry run; the error carries the exit
// status that it stands for. strict lets warnings fail.
func (a *app) writeValidation(v *report.Validation, format string, strict, timing bool) (err error) {
	switch format {
	case "json":
		err = report.WriteValidationJSON(a.stdout, v)
	case "github":
		err = report.WriteValidationGitHub(a.stdout, v)
	case "sarif":
		err = report.WriteValidationSARIF(a.stdout, v)
	default:
		var human report.Human
		if human, err = a.human(a.stdout); err == nil {
			err = human.Validation(a.stdout, v, timing)
		}
	}
	if err != nil {
		return err
	}
	if v.Summary.Errors > 0 || strict && v.Summary.Warnings > 0 {
		return silently(exitFailed)
	}
	return nil
}

// fix makes the certain changes to every test file and says on standard error
// what it changed.
func (a *app) fix(ctx context.Context, paths []string) (err error) {
	e, err := a.scan(ctx, paths)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	total := 0
	for _, t := range e.Snapshot().Templates {
		done, err := e.Fix(ctx, t.Path)
		if err != nil {
			return err
		}
		for _, d := range done {
			a.progressf("fixed %s: %s", d.Pos, d.Title)
		}
		total += len(done)
	}
	if total == 0 {
		a.progressf("nothing to fix with certainty")
	}
	return nil
}

// scan opens an engine over paths and checks every template once. No test file
// at all is an error of the request.
func (a *app) scan(ctx context.Context, paths []string) (*engine.Engine, error) {
	o, err := a.global.options(paths)
	if err != nil {
		return nil, err
	}
	return a.scanWith(ctx, o)
}

func (a *app) scanWith(ctx context.Context, o engine.Options) (*engine.Engine, error) {
	e, err := a.open(o)
	if err != nil {
		return nil, err
	}
	noticed := uint64(len(e.Snapshot().Notices))
	if err := e.Scan(ctx); err != nil {
		return nil, closeEngine(e, err)
	}
	a.tellNotices(e, noticed)
	if len(e.Snapshot().Templates) == 0 {
		return nil, closeEngine(e, usage("no test files (*.clnrm.toml, *.clnrm.toml.tera, *.clnrm.tera) in %s", quoteAll(o.Paths)))
	}
	return e, nil
}

// quoteAll lists paths for a message.
func quoteAll(paths []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	return fmt.Sprintf("%q", paths)
}

// human is the writer of text for people, coloured as the flags and w say.
func (a *app) human(w io.Writer) (report.Human, error) {
	color, err := a.colors(w)
	return report.Human{Options: report.Options{Color: color}}, err
}

// printDiagnostics writes complaints about a template for people.
func (a *app) printDiagnostics(w io.Writer, ds []diag.Diagnostic) error {
	human, err := a.human(w)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if err := human.Diagnostic(w, d); err != nil {
			return err
		}
	}
	return nil
}

package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// diffFlags are the options of the diff command.
type diffFlags struct {
	tree        bool
	format      string
	strategy    string
	onlyChanges bool
	failOn      string
	git         string
	width       int
	explain     bool
	verbose     bool
	given       func(flag string) bool

	ignore   []string
	presence bool
	depth    int
	noise    time.Duration
	lenient  bool
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	c := &cobra.Command{
		Use:   "diff OLD NEW | --git REV FILE",
		Short: "Show what an edit did to the expectations, or compare traces",
		Long: `Compare two test files, or two recorded traces; their content decides which.

For test files every change is said to tighten (whatever the new file accepts,
the old one accepted), to loosen (the other way round) or to be neutral. This is
proved from the expectations, never guessed from the text; where no proof is
found the change is neutral and says that it is undecided.

Strategies: "set" takes expectations of the same name for the same;
"levenshtein" also pairs names that differ in a few characters; "semantic"
ignores different ways of writing the same and pairs renamed expectations by
what they ask for.

The exit status is 0 when nothing differs, 1 when something does, 2 when it
cannot be told because a file cannot be used. --fail-on makes 1 depend on what
the changes do.`,
		Example: `  clnrm-tui diff old.clnrm.toml new.clnrm.toml --strategy semantic
  clnrm-tui diff --git main tests/shop.clnrm.toml --fail-on loosened
  clnrm-tui diff monday.ndjson tuesday.ndjson --ignore order.id`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			f.given = c.Flags().Changed
			if err := f.check(args); err != nil {
				return err
			}
			return a.diff(c.Context(), args, f)
		},
	}
	fs := c.Flags()
	fs.BoolVar(&f.tree, "tree", false, "the same as --format tree")
	fs.StringVar(&f.format, "format", "tree", "output as `FORMAT`: "+strings.Join(engine.DiffFormats, ", "))
	fs.StringVar(&f.strategy, "strategy", engine.DiffStrategies()[0], "compare test files by `STRATEGY`: "+strings.Join(engine.DiffStrategies(), ", "))
	fs.BoolVar(&f.onlyChanges, "only-changes", false, "leave out what is the same, and the summary")
	fs.StringVar(&f.failOn, "fail-on", "different", "exit with 1 when something is `WHAT`: different, loosened or unproved (loosened, or not shown to be harmless)")
	fs.StringVar(&f.git, "git", "", "compare the one FILE with itself at the git revision `REV`")
	fs.IntVar(&f.width, "width", 0, "`COLUMNS` of side-by-side output (default 120)")
	fs.StringSliceVar(&f.ignore, "ignore", nil, "of traces: attribute `KEYS` to leave out")
	fs.BoolVar(&f.presence, "ignore-values", false, "of traces: compare which attributes there are, not their values")
	fs.DurationVar(&f.noise, "noise", 5*time.Millisecond, "of traces: the least difference of a duration that counts; it must be twofold, too")
	registerLenient(c, &f.lenient)
	fs.BoolVar(&f.explain, "explain", false, "ask the language model of "+engine.ModelURL+", "+engine.ModelName+" and "+engine.ModelKey+" to put the changes into words")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "with --explain: print what is sent, and where")
	c.MarkFlagsMutuallyExclusive("tree", "format")
	return c
}

// check refuses combinations that mean nothing.
func (f *diffFlags) check(args []string) error {
	if err := oneOf("format", f.format, engine.DiffFormats...); err != nil {
		return err
	}
	if err := oneOf("strategy", f.strategy, engine.DiffStrategies()...); err != nil {
		return err
	}
	if err := oneOf("fail-on", f.failOn, "different", "loosened", "unproved"); err != nil {
		return err
	}
	switch {
	case f.git != "" && len(args) != 1:
		return usage("--git compares one FILE with itself at a revision, not %d files", len(args))
	case f.noise <= 0:
		return usage("--noise is a duration above 0")
	}
	return nil
}

func (a *app) diff(ctx context.Context, args []string, f diffFlags) error {
	d, err := a.compare(ctx, args, &f)
	if err != nil {
		return a.diffError(err)
	}
	color, err := a.colors(a.stdout)
	if err != nil {
		return err
	}
	if err := d.Write(a.stdout, f.format, engine.DiffText{Color: color, OnlyChanges: f.onlyChanges, Width: f.width, Depth: f.depth}); err != nil {
		return err
	}
	if err := a.explainDiff(ctx, d, f); err != nil {
		return err
	}
	failed := !d.Equal()
	switch f.failOn {
	case "loosened":
		failed = d.Loosened() > 0
	case "unproved":
		failed = d.Loosened() > 0 || d.Undecided() > 0
	}
	if failed {
		return silently(exitFailed)
	}
	return nil
}

// explainDiff asks a language model about a diff that is printed already. JSON
// on standard output is followed by nothing: the words go to standard error.
func (a *app) explainDiff(ctx context.Context, d *engine.Difference, f diffFlags) error {
	if !f.explain {
		return nil
	}
	x, err := engine.NewExplainer(os.LookupEnv)
	if err != nil {
		return err
	}
	question, any := d.Question()
	if !any {
		return nil
	}
	if f.verbose {
		a.progressf("sent to %s:\n%s", x.Endpoint(), question)
	}
	text, err := x.Explain(ctx, question)
	if err != nil {
		return err
	}
	out := a.stdout
	if f.format == "json" || f.format == "github" {
		out = a.stderr
	}
	_, err = fmt.Fprintf(out, "\nIn the words of %s, which proves nothing:\n%s\n", diag.Printable(x.Model()), printable(text))
	return err
}

// compare chooses what is compared with what.
func (a *app) compare(ctx context.Context, args []string, f *diffFlags) (d *engine.Difference, err error) {
	if len(args) == 1 && f.git == "" {
		if args, err = a.withBaseline(args[0]); err != nil {
			return nil, err
		}
	}
	old, new := args[0], args[len(args)-1]
	kind, err := engine.DiffKindOf(old, new)
	if err != nil {
		return nil, err
	}
	if kind == engine.DiffTrace {
		switch {
		case f.git != "":
			return nil, usage("--git compares test files; %s is %s", old, kind)
		case f.failOn != "different":
			return nil, usage("--fail-on %s is about test files; %s is %s", f.failOn, old, kind)
		}
		if err := a.settleDiff(f); err != nil {
			return nil, err
		}
		return engine.DiffTraces(old, new, engine.TraceDiff{Ignore: f.ignore, Presence: f.presence, Noise: f.noise, LeftOut: a.leftOut(f.lenient)})
	}
	e, err := a.scan(ctx, args)
	if err != nil {
		return nil, err
	}
	defer func() { err = closeEngine(e, err) }()
	f.settle(e.Settings().Diff)
	if f.git != "" {
		return e.DiffRevision(ctx, f.git, new, f.strategy)
	}
	return e.DiffFiles(old, new, f.strategy)
}

// withBaseline puts the trace that the settings of the working directory name
// before the only one that is given.
func (a *app) withBaseline(new string) ([]string, error) {
	s, err := a.settingsHere()
	if err != nil {
		return nil, err
	}
	if s.Diff.Baseline == "" {
		return nil, usage("diff needs OLD and NEW, or --git REV and one FILE; or a trace, when diff.baseline_path of the settings names another one")
	}
	return []string{s.Diff.Baseline, new}, nil
}

// settle takes from the settings what the command line leaves open.
func (f *diffFlags) settle(s engine.DiffSettings) {
	if !f.given("strategy") {
		f.strategy = s.Strategy
	}
	if !f.given("only-changes") {
		f.onlyChanges = s.OnlyChanges
	}
	if !f.given("ignore") {
		f.ignore = s.Ignore
	}
	if !f.given("ignore-values") {
		f.presence = s.Presence
	}
	f.depth = s.Depth
}

// settleDiff is settle for traces, which belong to no project: the settings are
// those of the working directory.
func (a *app) settleDiff(f *diffFlags) error {
	s, err := a.settingsHere()
	if err != nil {
		return err
	}
	f.settle(s.Diff)
	return nil
}

// settingsHere are the settings of the working directory.
func (a *app) settingsHere() (*engine.Settings, error) {
	o, err := a.global.options([]string{"."})
	if err != nil {
		return nil, err
	}
	e, err := a.openAnyhow(o)
	if err != nil {
		return nil, err
	}
	return e.Settings(), closeEngine(e, nil)
}

// diffError gives what cannot be compared the exit status 2, for 1 means that
// there is a difference. The complaints about a file go to standard error.
func (a *app) diffError(err error) error {
	var invalid *engine.InvalidError
	var unusable *engine.TraceError
	switch {
	case errors.As(err, &invalid):
		if perr := a.printDiagnostics(a.stderr, invalid.Diagnostics); perr != nil {
			return perr
		}
	case !errors.As(err, &unusable):
		return err
	}
	return &exitError{status: exitUsage, err: err}
}

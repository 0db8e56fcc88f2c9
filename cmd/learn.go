package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// learnFlags are the options of learn.
type learnFlags struct {
	of, write string
	lenient   bool
}

func (a *app) learnCommand() *cobra.Command {
	var f learnFlags
	c := &cobra.Command{
		Use:   "learn TRACE...",
		Short: "Write the expectations that a trace supports",
		Long: `Write the block of expectations that pins what is stable in a trace: names,
contents, tree, counts, order and status. Each trace file is one run of the same
behaviour: what differs between them is left out, and a comment says so. From
one trace alone, values that look like ids, times or paths are left out.

A trace file has one of the forms that "spans" reads, or is a recorded run below
.clnrm/runs. Read what was learnt before you believe it: it says what the
program did, not what it should have done.

With --write the block goes to the end of a test file, between two marks;
learning again replaces it, and nothing else in the file changes. A file that
has an [expect] of its own is left alone, with exit status 1.`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.learn(c.Context(), args, f)
		},
	}
	fs := c.Flags()
	fs.StringVar(&f.of, "of", "", "learn from the last recorded runs of the test `FILE`")
	fs.StringVar(&f.write, "write", "", "put the block into the test `FILE`; without a trace and --of, learn from its own last runs")
	registerLenient(c, &f.lenient)
	return c
}

func (a *app) learn(ctx context.Context, traces []string, f learnFlags) (err error) {
	if f.of == "" && len(traces) == 0 {
		f.of = f.write
	}
	switch {
	case f.of != "" && len(traces) > 0:
		return usage("learn from trace files or from the last runs of a file, not both")
	case f.of == "" && len(traces) == 0:
		return usage("name a trace, or a test file with --of")
	}
	if f.of == "" && f.write == "" {
		block, err := engine.LearnTraces(traces, a.leftOut(f.lenient))
		if err != nil {
			return a.recordedError(err)
		}
		_, err = a.stdout.Write(block)
		return err
	}
	file := f.of
	if file == "" {
		file = f.write
	}
	paths := []string{file}
	if f.write != "" && f.write != file {
		paths = append(paths, f.write)
	}
	e, err := a.scan(ctx, paths)
	if err != nil {
		return err
	}
	defer func() { err = closeEngine(e, err) }()
	block, err := e.Learn(file, traces, a.leftOut(f.lenient))
	if err != nil {
		return a.recordedError(err)
	}
	if f.write == "" {
		_, err = a.stdout.Write(block)
		return err
	}
	if err := e.WriteLearnt(ctx, f.write, block); err != nil {
		return a.recordedError(err)
	}
	a.progressf("%s: what was learnt stands between its marks", f.write)
	return nil
}

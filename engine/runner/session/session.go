// Package session is what every backend that runs an agent beside each service
// has to do for a scenario, whatever the agents run in.
//
// Commands, the end of a scenario and requests for files come in, with the
// services that they are for; exits, the account of telemetry and files come out.
// A set of sessions sees to it that none is opened after the backend is closed,
// and none left open. The package starts no agents and makes no places for them.
package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/artifact"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
)

const (
	// StepGrace is what a step gets between TERM and KILL at its deadline.
	StepGrace = 500 * time.Millisecond
	// AnswerLate is how late an answer is in most cases at the most: the agent gives
	// up on a process that cannot be killed after 10 s.
	AnswerLate = 12 * time.Second
	// KillWait bounds how long the end of a killed step is awaited; the agent
	// itself gives up after about as long.
	KillWait = 15 * time.Second
	// drainWait is what an agent may take to drain beyond the grace.
	drainWait = 15 * time.Second
)

// Stream names an output stream of a process.
func Stream(stderr bool) runner.Stream {
	if stderr {
		return runner.Stderr
	}
	return runner.Stdout
}

// Find returns the service of that name.
func Find(nodes []*readiness.Node, service string) (*readiness.Node, error) {
	i := slices.IndexFunc(nodes, func(n *readiness.Node) bool { return n.Spec.Name == service })
	if i < 0 {
		return nil, fmt.Errorf("there is no service %q in this scenario", service)
	}
	return nodes[i], nil
}

// Between is what stands between this program and an agent.
type Between struct {
	Who  string        // to blame when no answer comes
	Late time.Duration // how long after a step's own deadline its end may be told
}

// Exec executes a step where n is. At the end of ctx the step is ended, and the
// error is that of ctx.
func Exec(ctx context.Context, n *readiness.Node, c runner.Command, out runner.Sink, b Between) (runner.Exit, error) {
	proc, err := n.Start(c.Argv, c.Env, c.Workdir, c.Timeout, false, func(stderr bool, p []byte) {
		out.Output(c.Service, c.Step, Stream(stderr), p)
	})
	if err != nil {
		return runner.Exit{}, n.Lost(err)
	}
	wctx, cancel := b.patience(ctx, c.Timeout)
	defer cancel()
	exit, err := proc.Wait(wctx)
	switch {
	case err == nil:
		return readiness.Exit(exit), nil
	case ctx.Err() != nil:
		return Abandon(ctx, n, proc)
	case wctx.Err() != nil:
		err = fmt.Errorf("%s does not answer: the end of the step was due %s ago", b.Who, b.Late)
	}
	return runner.Exit{}, n.Lost(err)
}

// patience bounds the wait for a step that has a deadline: the agent keeps it,
// but what stands between may keep the agent's answer back (docs/faults.md, F8).
func (b Between) patience(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout+StepGrace+b.Late)
}

// Abandon kills a process whose caller gave up and waits until all of it is gone.
func Abandon(ctx context.Context, n *readiness.Node, proc readiness.Process) (runner.Exit, error) {
	if err := proc.Kill(StepGrace); err != nil {
		return runner.Exit{}, n.Lost(err)
	}
	kctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), KillWait)
	defer cancel()
	exit, err := proc.Wait(kctx)
	if err != nil {
		return runner.Exit{}, n.Lost(err)
	}
	return readiness.Exit(exit), ctx.Err()
}

// Finish ends what runs in services, which come in the order of their start, and
// returns the account of their telemetry. They end in the reverse order, so that
// what they say at the end can still be said to those they depend on.
func Finish(ctx context.Context, nodes []*readiness.Node, grace time.Duration) (runner.Telemetry, error) {
	t := runner.Telemetry{Complete: true}
	for _, n := range nodes {
		if death := n.Death(); death != "" {
			t.Died = append(t.Died, runner.Death{Service: n.Spec.Name, How: death, Log: n.Log.String()})
		}
	}
	var details []string
	for _, n := range slices.Backward(nodes) {
		details = append(details, finish(ctx, n, grace, &t)...)
	}
	t.Detail = strings.Join(details, "; ")
	return t, ctx.Err()
}

// finish ends what the agent of n has started and adds its account to t.
func finish(ctx context.Context, n *readiness.Node, grace time.Duration, t *runner.Telemetry) []string {
	limit := grace + drainWait
	if n.Ending != nil {
		limit += 2*grace + KillWait // what steps have left, and the service's own process
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var details []string
	if n.Ending != nil {
		details = n.Ending(ctx, grace, t)
	}
	f, err := n.Agent.Finish(ctx, grace)
	if err != nil {
		t.Complete, t.Unseen = false, true
		return append(details, n.Lost(err).Error())
	}
	return append(details, t.Account(n.Spec.Name, f, n.Agent.Received(), grace)...)
}

// Fetch copies files of a service out over its agent's stream, as runner.Fetcher
// has it.
func Fetch(ctx context.Context, n *readiness.Node, pattern string, keep func(path string) io.Writer) (runner.Fetched, error) {
	var to io.Writer = io.Discard
	var failed error
	r, err := n.Agent.Fetch(ctx, wire.Fetch{Pattern: pattern, MaxFiles: artifact.MaxFiles, MaxBytes: artifact.MaxBytes},
		func(f wire.File) { to = keep(f.Path) },
		func(p []byte) {
			if _, werr := to.Write(p); werr != nil {
				failed, to = errors.Join(failed, werr), io.Discard
			}
		})
	if err != nil {
		return runner.Fetched{Files: r.Files}, n.Lost(err)
	}
	if r.Problem != "" {
		return runner.Fetched{Files: r.Files}, errors.New(r.Problem)
	}
	out := runner.Fetched{Files: r.Files, Missing: r.Skipped}
	if rest := r.SkippedFiles - len(r.Skipped); rest > 0 {
		out.Missing = append(out.Missing, fmt.Sprintf("and %d more", rest))
	}
	return out, failed
}

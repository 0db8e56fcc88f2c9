package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// stepGrace is what a step gets between TERM and KILL at its deadline.
	stepGrace = 500 * time.Millisecond
	// killWait bounds how long the end of a killed step is awaited.
	killWait = 15 * time.Second
	// drainWait is what an agent may take to drain beyond the grace.
	drainWait = 15 * time.Second
)

// session implements runner.Session.
type session struct {
	b     *Backend
	req   runner.Request
	out   runner.Sink
	token string
	nodes []*node // in the order of the request: dependencies first
	ports []int   // that this session holds

	closing sync.Once
	closed  error
}

var _ runner.Session = (*session)(nil)

// Open implements runner.Backend.
func (b *Backend) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	if err := b.Ready(ctx); err != nil {
		return nil, err
	}
	if level := r.File.NetworkOf(r.Scenario); level != "" && level != spec.NetworkOpen {
		return nil, &runner.EnvironmentError{
			What:   fmt.Sprintf("the local backend cannot keep a scenario to a network that is %s", level),
			Remedy: "run it with --backend docker",
		}
	}
	if r.Scenario != nil && len(r.Scenario.Chaos) > 0 {
		return nil, &runner.EnvironmentError{What: "the local backend cannot inject faults into services", Remedy: "run it with --backend docker"}
	}
	s := &session{b: b, req: r, out: out, token: owner.Token()}
	ctx, done, err := b.enter(ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// open does what Open does, and leaves the clearing to it.
func (s *session) open(ctx context.Context) error {
	if len(s.req.Services) == 0 {
		return errors.New("a scenario needs at least one service")
	}
	for _, svc := range s.req.Services {
		if err := refused(s.req.File, svc); err != nil {
			return err
		}
		s.nodes = append(s.nodes, &node{svc: svc, ready: make(chan struct{})})
	}
	build, bctx := errgroup.WithContext(ctx)
	for _, n := range s.nodes {
		if n.svc.Plugin != "go_binary" {
			continue // stands in: it has no program
		}
		build.Go(func() (err error) {
			n.program, err = s.b.program(bctx, s.req.Dir, n.svc, s.out.Progress)
			return err
		})
	}
	if err := build.Wait(); err != nil {
		return err
	}
	if err := s.reserve(ctx); err != nil {
		return err
	}
	if m := s.req.Limits.CPUMillicores; m > 0 {
		s.out.Progress(fmt.Sprintf("the limit of %d CPU millicores is not enforced by the local backend", m))
	}
	s.out.Progress("starting processes")
	for _, n := range s.nodes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.launch(ctx, n); err != nil {
			return err
		}
	}
	up, uctx := errgroup.WithContext(ctx)
	for _, n := range s.nodes {
		up.Go(func() error { return s.bringUp(uctx, n) })
	}
	return up.Wait()
}

// Evidence implements runner.Session.
func (s *session) Evidence() runner.Evidence {
	e := runner.Evidence{Backend: Name, Network: "host"}
	for _, n := range s.nodes {
		c := runner.Container{
			Service: n.svc.Name, Image: n.program.Image.Name, Digest: n.program.Image.ID, Agent: true,
			Inputs: n.program.Image.Inputs, Fingerprint: n.program.Image.Fingerprint,
		}
		if n.cmd != nil {
			c.ID = "pid-" + strconv.Itoa(n.cmd.Process.Pid)
		}
		if c.Image == "" {
			c.Image = "this machine"
		}
		e.Containers = append(e.Containers, c)
	}
	return e
}

// node returns the node of a service, or nil.
func (s *session) node(service string) *node {
	i := slices.IndexFunc(s.nodes, func(n *node) bool { return n.svc.Name == service })
	if i < 0 {
		return nil
	}
	return s.nodes[i]
}

// Exec implements runner.Session. At the end of ctx the error is that of ctx.
func (s *session) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	n := s.node(c.Service)
	if n == nil {
		return runner.Exit{}, fmt.Errorf("execute %s: there is no service %q in this scenario", c.Step, c.Service)
	}
	proc, err := n.start(c.Argv, c.Env, c.Workdir, c.Timeout, func(stderr bool, p []byte) {
		s.out.Output(c.Service, c.Step, stream(stderr), p)
	})
	if err != nil {
		return runner.Exit{}, n.lost(err)
	}
	exit, err := proc.Wait(ctx)
	if err == nil {
		return exitOf(exit), nil
	}
	if ctx.Err() == nil {
		return runner.Exit{}, n.lost(err)
	}
	if err := proc.Kill(stepGrace); err != nil {
		return runner.Exit{}, n.lost(err)
	}
	kctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killWait)
	defer cancel()
	if exit, err = proc.Wait(kctx); err != nil {
		return runner.Exit{}, n.lost(err)
	}
	return exitOf(exit), ctx.Err()
}

// Finish implements runner.Session: services end in the reverse of the order in
// which they were started.
func (s *session) Finish(ctx context.Context, grace time.Duration) (runner.Telemetry, error) {
	t := runner.Telemetry{Complete: true}
	for _, n := range s.nodes {
		if death := n.death(); death != "" {
			t.Died = append(t.Died, runner.Death{Service: n.svc.Name, How: death, Log: n.log.String()})
		}
	}
	var details []string
	for _, n := range slices.Backward(s.nodes) {
		details = append(details, n.finish(ctx, grace, &t)...)
	}
	t.Detail = strings.Join(details, "; ")
	return t, ctx.Err()
}

// finish ends what the agent of n has started and adds its account to t.
func (n *node) finish(ctx context.Context, grace time.Duration, t *runner.Telemetry) []string {
	ctx, cancel := context.WithTimeout(ctx, grace+drainWait)
	defer cancel()
	f, err := n.client.Finish(ctx, grace)
	if err != nil {
		t.Complete = false
		return []string{n.lost(err).Error()}
	}
	return t.Account(n.svc.Name, f, n.client.Received(), grace)
}

// Close implements runner.Session. It waits for the agents, each of which kills
// what it started and removes its directory first.
func (s *session) Close(context.Context) error {
	s.closing.Do(func() {
		var g errgroup.Group
		for _, n := range s.nodes {
			g.Go(n.takeDown)
		}
		s.closed = g.Wait()
		s.b.giveBack(s.ports)
		s.b.leave(s)
	})
	return s.closed
}

// exitOf translates how a process ended.
func exitOf(e wire.Exit) runner.Exit {
	return runner.Exit{
		Code: e.Code, Signal: e.Signal, TimedOut: e.TimedOut, OOM: e.OOM, StartError: e.StartError,
		Lingering: e.Lingering, Duration: time.Duration(e.DurationNS),
	}
}

// stream names an output stream.
func stream(stderr bool) runner.Stream {
	if stderr {
		return runner.Stderr
	}
	return runner.Stdout
}

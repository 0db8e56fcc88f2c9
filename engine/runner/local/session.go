package local

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/cgroup"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// session implements runner.Session.
type session struct {
	b     *Backend
	req   runner.Request
	out   runner.Sink
	token string
	nodes []*node         // in the order of the request: dependencies first
	away  []*spec.Service // those that run elsewhere
	ports []int           // that this session holds

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
	ctx, done, err := b.sessions.Enter(ctx, s)
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
	away, actx := errgroup.WithContext(ctx)
	for _, svc := range s.req.Services {
		if !svc.Contained() {
			if svc.Endpoint != "" {
				s.away = append(s.away, svc)
				away.Go(func() error { return shared.Reach(actx, svc, s.out.Progress) })
			}
			continue // a collector is built in
		}
		n := newNode(svc)
		s.nodes = append(s.nodes, n)
		if err := s.admit(n); err != nil {
			return errors.Join(shared.Optional(ctx, svc, err), away.Wait())
		}
	}
	if err := away.Wait(); err != nil {
		return err
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
	s.out.Progress("starting processes")
	for _, n := range s.nodes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.launch(ctx, n); err != nil {
			return err
		}
	}
	for _, text := range s.unlimited() {
		s.out.Progress(text)
	}
	up, uctx := errgroup.WithContext(ctx)
	awaits := s.awaits()
	for i, n := range s.nodes {
		up.Go(func() error { // dependencies come first
			return n.await.BringUp(uctx, awaits[:i], n.program.Image.Command(n.svc.Args), func(stderr bool, p []byte) {
				s.out.Output(n.svc.Name, "", shared.Stream(stderr), p)
			}, s.out.Progress)
		})
	}
	return up.Wait()
}

// admit refuses a service that cannot run here, or not within its limits.
func (s *session) admit(n *node) error {
	if err := refused(s.req.File, n.svc); err != nil {
		return err
	}
	n.asked = s.req.LimitsOf(n.svc)
	return tooLittle(n.svc.Name, n.asked.MemoryMB, s.b.groups.Lacks(cgroup.Memory))
}

// unlimited says which limits of the test do not hold as they do for a container.
func (s *session) unlimited() (list []string) {
	for _, n := range s.nodes {
		list = append(list, n.unheld...)
	}
	return list
}

// Evidence implements runner.Session.
func (s *session) Evidence() runner.Evidence {
	e := runner.Evidence{Backend: Name, Network: "host", Exceptions: s.unlimited()}
	for _, svc := range s.away {
		e.Exceptions = append(e.Exceptions, shared.Elsewhere(svc))
	}
	for _, n := range s.nodes {
		c := runner.Container{
			Service: n.svc.Name, Image: n.program.Image.Name, Digest: n.program.Image.ID, Agent: true,
			Inputs: n.program.Image.Inputs, Fingerprint: n.program.Image.Fingerprint, Limits: n.limits,
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

// awaits are the services of s, in the order of their start.
func (s *session) awaits() []*readiness.Node {
	list := make([]*readiness.Node, len(s.nodes))
	for i, n := range s.nodes {
		list[i] = n.await
	}
	return list
}

// Exec implements runner.Session. At the end of ctx the error is that of ctx.
func (s *session) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	n, err := shared.Find(s.awaits(), c.Service)
	if err != nil {
		return runner.Exit{}, fmt.Errorf("execute %s: %w", c.Step, err)
	}
	return shared.Exec(ctx, n, c, s.out, shared.Between{Who: "the agent", Late: shared.AnswerLate})
}

// Finish implements runner.Session.
func (s *session) Finish(ctx context.Context, grace time.Duration) (runner.Telemetry, error) {
	return shared.Finish(ctx, s.awaits(), grace)
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
		s.b.sessions.Leave(s)
	})
	return s.closed
}

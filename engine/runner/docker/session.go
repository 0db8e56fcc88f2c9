package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/environ"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// session implements runner.Session.
type session struct {
	b     *Backend
	c     *connection
	req   runner.Request
	out   runner.Sink
	token string

	agent    string          // the agent's path on this machine
	nodes    []*node         // in the order of the request: dependencies first
	outside  []*spec.Service // services that run elsewhere
	level    spec.NetworkLevel
	network  string // id; "" when there is none
	subnet   netip.Prefix
	hosts    []string // where the host is in networks of others
	proof    string   // what the canary found
	evidence runner.Evidence

	faultsMu sync.Mutex
	faults   []string // injected and taken back
	links    links
	restarts *restarts
	unsure   atomic.Bool // something may have been created that has no handle here
	closing  sync.Once
	closed   error
}

var (
	_ runner.Session = (*session)(nil)
	_ runner.Fetcher = (*session)(nil)
)

// Open implements runner.Backend.
func (b *Backend) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{b: b, c: c, req: r, out: out, token: owner.Token(), links: newLinks(), restarts: newRestarts()}
	ctx, done, err := b.sessions.Enter(ctx, s)
	if err != nil {
		return nil, err
	}
	defer done()
	err = s.prepare(ctx)
	counted := s.countBeside(0)
	if err == nil {
		s, err = b.place(ctx, s)
	}
	if err == nil {
		s.countBeside(counted)
		err = s.begin(ctx)
	}
	if err != nil {
		if clean := s.Close(ctx); clean != nil {
			err = errors.Join(err, clean)
		}
		return nil, err
	}
	return s, nil
}

// prepare finds what the containers are made from.
func (s *session) prepare(ctx context.Context) error {
	if len(s.req.Services) == 0 {
		return errors.New("a scenario needs at least one service")
	}
	prepare, pctx := errgroup.WithContext(ctx)
	for _, svc := range s.req.Services {
		if svc.Contained() {
			s.nodes = append(s.nodes, newNode(svc))
		} else if svc.Endpoint != "" {
			s.outside = append(s.outside, svc)
			prepare.Go(func() error { return shared.Reach(pctx, svc, s.out.Progress) })
		}
	}
	prepare.Go(func() error { return s.c.watched(s.b.owner) })
	prepare.Go(func() error {
		var err error
		s.agent, err = s.c.agent(pctx)
		return err
	})
	for _, n := range s.nodes {
		prepare.Go(func() error { return s.resolve(pctx, n) })
	}
	return prepare.Wait()
}

// create makes the containers, in which nothing but agents runs then.
func (s *session) create(ctx context.Context) error {
	if s.level = levelOf(s.req); s.level != spec.NetworkNone {
		if err := s.createNetwork(ctx); err != nil {
			return err
		}
	}
	return s.launchAll(ctx)
}

// begin has the services start and waits until they are ready.
func (s *session) begin(ctx context.Context) error {
	up, uctx := errgroup.WithContext(ctx)
	up.Go(func() error { return s.canary(uctx) })
	awaits := s.awaits()
	for i, n := range s.nodes {
		up.Go(func() error { return s.bringUp(uctx, n, awaits[:i]) }) // dependencies come first
	}
	if err := up.Wait(); err != nil {
		return err
	}
	s.testify()
	return nil
}

// resolve finds the image of n and what follows from it.
func (s *session) resolve(ctx context.Context, n *node) error {
	var err error
	if n.mounts, err = s.b.mounts(s.req, n.svc); err != nil {
		return err
	}
	img, err := s.c.image(ctx, s.req.Dir, n.svc, s.out.Progress)
	if err != nil {
		return shared.Optional(ctx, n.svc, err)
	}
	n.image = img
	n.user, n.dir = img.User, img.Workdir
	if n.svc.User != "" {
		n.user = n.svc.User
	}
	if n.svc.Workdir != "" {
		n.dir = n.svc.Workdir
	}
	n.limits = s.c.limits(s.req.LimitsOf(n.svc))
	s.c.chooseWay(n)
	n.env, err = environ.Base(s.req.File, n.svc, img.Env, receiver)
	return err
}

// labels mark everything of this session.
func (s *session) labels(service string) map[string]string {
	m := map[string]string{
		labelOwner:   s.b.owner,
		labelSession: s.token,
		labelRun:     s.req.RunID,
		labelProcess: s.c.me.String(),
	}
	if s.req.Scenario != nil {
		m[labelScenario] = s.req.Scenario.Name
	}
	if project := projectOf(s.req); project != "" {
		m[labelProject], m[labelFile] = project, s.req.File.Path
	}
	if service != "" {
		m[labelService] = service
	}
	return m
}

// createNetwork makes the private network of a session.
func (s *session) createNetwork(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	var err error
	s.network, s.subnet, err = s.c.createNetwork(ctx, "clnrm-"+s.token, s.level, len(s.nodes)+relays(s.req), s.labels(""))
	if err != nil {
		s.suspect()
		return &runner.EnvironmentError{What: "the scenario's private network could not be made", Err: err}
	}
	return nil
}

// launchAll creates and starts all containers side by side and greets their agents.
func (s *session) launchAll(ctx context.Context) error {
	s.out.Progress("starting containers")
	s.address()
	var g errgroup.Group // no early end: what was begun must be known
	g.Go(func() (err error) {
		s.hosts, err = s.c.gateways(ctx)
		return err
	})
	for _, n := range s.nodes {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			at := s.placement(n.svc.Name)
			if err := s.settle(ctx, n, at); err != nil {
				return err
			}
			return n.greet(ctx, at)
		})
	}
	return g.Wait()
}

// launch creates and starts one container when it is its turn: the daemon is
// busy with a few at a time anyway, and what it has not been asked for need not
// be removed if this process dies.
func (s *session) launch(ctx context.Context, n *node, at placement) error {
	if err := s.c.starts.Acquire(ctx, 1); err != nil {
		return err
	}
	defer s.c.starts.Release(1)
	err := s.c.launch(ctx, n, at, s.traces(n))
	if n.client != nil {
		s.takeRequests(n)
	}
	if err != nil && n.id == "" {
		s.suspect()
	}
	return err
}

// traces hands the telemetry of n on. Its own span may be awaited.
func (s *session) traces(n *node) client.Traces {
	return func(json bool, body []byte) {
		p := runner.Payload{JSON: json, Body: body}
		s.out.Spans(n.svc.Name, p)
		n.await.See(p)
	}
}

// Evidence implements runner.Session.
func (s *session) Evidence() runner.Evidence {
	s.faultsMu.Lock()
	defer s.faultsMu.Unlock()
	e := s.evidence
	e.Faults = append(slices.Clone(s.faults), undrawn(s.req)...)
	return e
}

// node returns the node of a service, or nil.
func (s *session) node(service string) *node {
	for _, n := range s.nodes {
		if n.svc.Name == service {
			return n
		}
	}
	return nil
}

// Exec implements runner.Session. At the end of ctx the error is that of ctx.
func (s *session) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	n, err := shared.Find(s.awaits(), c.Service)
	if err != nil {
		return runner.Exit{}, fmt.Errorf("execute %s: %w", c.Step, err)
	}
	heal, err := s.inject(ctx, c.Step)
	if err != nil {
		return runner.Exit{}, err
	}
	exit, err := shared.Exec(ctx, n, c, s.out, shared.Between{Who: "the daemon", Late: s.c.late})
	exit.StartError = s.c.unemulated(s.node(c.Service).image, exit.StartError)
	return exit, errors.Join(err, heal())
}

// Finish implements runner.Session.
func (s *session) Finish(ctx context.Context, grace time.Duration) (runner.Telemetry, error) {
	restarted := s.restarts.end()
	t, err := shared.Finish(ctx, s.awaits(), grace)
	t.Restarted = restarted
	return t, err
}

// Fetch implements runner.Fetcher.
func (s *session) Fetch(ctx context.Context, service, pattern string, keep func(string) io.Writer) (runner.Fetched, error) {
	n := s.node(service)
	if n == nil {
		return runner.Fetched{}, fmt.Errorf("there is no service %q in this scenario", service)
	}
	if !path.IsAbs(pattern) {
		pattern = path.Join("/", n.dir, pattern)
	}
	return shared.Fetch(ctx, n.await, pattern, keep)
}

// start asks the agent of n, or else the engine, for a process in the service's
// environment.
func (n *node) start(argv []string, env []spec.EnvVar, dir string, timeout time.Duration, tell bool, out client.Output) (readiness.Process, error) {
	e := n.env.With(env)
	if dir == "" {
		dir = n.dir
	}
	run := wire.Run{
		Argv: argv, Env: e.List(), Dir: dir, User: n.user,
		TimeoutMS: timeout.Milliseconds(), GraceMS: shared.StepGrace.Milliseconds(), Tell: tell,
	}
	if n.way == runner.WayExec {
		return n.body.c.engineExec(n, run, out)
	}
	a, err := n.forSteps()
	if err != nil {
		return nil, err
	}
	return a.Start(run, out)
}

// lost says that the stream to the container of n has ended. When memory had run
// out in it the test is at fault.
func (n *node) lost(err error) error {
	if n.starved != nil && n.starved() {
		return n.await.Fault(n.svc.Pos, fmt.Sprintf("its container was killed: out of memory (limit %d MiB)", n.limits.MemoryMB))
	}
	if n.untold {
		err = fmt.Errorf("%w; Podman does not tell whether its memory ran out (limit %d MiB)", err, n.limits.MemoryMB)
	}
	return errors.Join(fmt.Errorf("the container of service %s is gone: %w", n.svc.Name, err), complaint(n.demux.standardError()))
}

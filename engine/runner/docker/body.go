package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	moby "github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
)

// body is the service's own process as process 1 of its container, which the
// engine watches instead of the agent. It implements readiness.Process.
type body struct {
	n       *node
	c       *connection
	started chan struct{}
	exited  chan struct{}
	exit    wire.Exit
	begun   time.Time

	stop context.CancelFunc // ends the watching
	done chan struct{}      // closed when it has ended
}

// bodyRequest describes the container of a service whose agent is beside it: what
// the image says, in the network of the agent, with the agent as a file where a
// step can execute it.
func (c *connection) bodyRequest(n *node, bind bool) testcontainers.ContainerRequest {
	r := c.request(n, n.place, bind && n.way != runner.WayExec)
	r.Entrypoint, r.Cmd = n.image.Command(n.svc.Args), nil
	r.Labels = bodyLabels(r.Labels, n.svc.Name)
	config, host := r.ConfigModifier, r.HostConfigModifier
	r.ConfigModifier = func(cfg *container.Config) {
		config(cfg)
		cfg.OpenStdin, cfg.StdinOnce, cfg.AttachStdin = false, false, false
		cfg.Cmd, cfg.User, cfg.WorkingDir, cfg.Env = nil, n.user, n.dir, n.env.List()
		cfg.Hostname = "" // the agent's
	}
	r.HostConfigModifier = func(h *container.HostConfig) {
		host(h)
		h.AutoRemove = false // its files are wanted after its end
		h.NetworkMode = container.NetworkMode("container:" + n.side.id)
		h.DNS, h.DNSOptions, h.ExtraHosts, h.Sysctls = nil, nil, nil, nil // the agent's
	}
	r.EndpointSettingsModifier = func(map[string]*network.EndpointSettings) {}
	return r
}

// bodyLabels are those of the service's container.
func bodyLabels(of map[string]string, service string) map[string]string {
	m := map[string]string{}
	for k, v := range of {
		m[k] = v
	}
	m[labelService] = service
	return m
}

// embody creates the container of a service whose agent is beside it, and starts
// it.
func (s *session) embody(ctx context.Context, n *node, out client.Output) (*body, error) {
	lctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	b := &body{n: n, c: s.c, started: make(chan struct{}), exited: make(chan struct{}), done: make(chan struct{})}
	at := n.place
	if len(n.mounts) > 0 {
		var err error
		if at.witness, err = s.c.witness(); err != nil {
			return nil, fmt.Errorf("start service %s: %w", n.svc.Name, err)
		}
		defer os.RemoveAll(at.witness)
	}
	n.place = at
	var ctr testcontainers.Container
	var err error
	if n.way == runner.WayExec {
		ctr, err = s.c.provider.CreateContainer(lctx, s.c.bodyRequest(n, false))
	} else {
		ctr, err = s.c.create(lctx, at.agent, func(bind bool) testcontainers.ContainerRequest { return s.c.bodyRequest(n, bind) })
	}
	if err != nil {
		s.suspect()
		return nil, s.c.explainCreate(n, err)
	}
	if at.witness != "" {
		if err := s.c.witnessSeen(lctx, ctr.GetContainerID()); err != nil {
			return nil, s.c.explainCreate(n, err)
		}
	}
	n.id = ctr.GetContainerID()
	n.starved = sync.OnceValue(func() bool { return s.c.ranOutOfMemory(n.id) })
	if err := s.c.prepareAttach(lctx, n.id); err != nil {
		return nil, s.c.explainCreate(n, err)
	}
	conn, err := s.c.api.ContainerAttach(lctx, n.id, moby.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, fmt.Errorf("attach to the container of %s: %w", n.svc.Name, err)
	}
	var wctx context.Context
	wctx, b.stop = context.WithCancel(context.Background())
	waiting := s.c.api.ContainerWait(wctx, n.id, moby.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	n.body = b
	b.begun = time.Now()
	err = ctr.Start(lctx)
	if err != nil {
		b.exit = wire.Exit{Code: 126, StartError: err.Error()}
		close(b.exited)
	} else {
		close(b.started)
	}
	go b.watch(wctx, conn.HijackedResponse, waiting, out, err != nil)
	return b, nil
}

// watch hands on what the process prints, and tells its end.
func (b *body) watch(ctx context.Context, conn moby.HijackedResponse, waiting moby.ContainerWaitResult, out client.Output, failed bool) {
	defer close(b.done)
	var copying sync.WaitGroup
	copied := make(chan struct{})
	copying.Go(func() {
		defer close(copied)
		_, _ = stdcopy.StdCopy(printer{out, false}, printer{out, true}, conn.Reader) // its end is told by the engine
	})
	defer copying.Wait()
	defer conn.Close()
	if failed {
		return
	}
	var end container.WaitResponse
	select {
	case end = <-waiting.Result:
	case <-waiting.Error: // the daemon is gone, or the watching has ended
		end.StatusCode = -1
	case <-ctx.Done():
		end.StatusCode = -1
	}
	select {
	case <-copied:
	case <-time.After(time.Second): // all that it printed is on its way; nobody else holds its output
	case <-ctx.Done():
	}
	b.exit = wire.Exit{Code: int(end.StatusCode), DurationNS: time.Since(b.begun).Nanoseconds()}
	if end.StatusCode < 0 {
		b.exit.Code, b.exit.Signal = -1, "an unknown cause: the engine did not tell"
	}
	if end.StatusCode == 137 && ctx.Err() == nil && b.n.starved() {
		b.exit.OOM, b.exit.MemoryLimit = true, int64(b.n.limits.MemoryMB)<<20
	}
	close(b.exited)
}

// printer hands on one of the two streams.
type printer struct {
	out    client.Output
	stderr bool
}

// Write implements io.Writer.
func (p printer) Write(text []byte) (int, error) {
	p.out(p.stderr, text)
	return len(text), nil
}

// Started implements readiness.Process.
func (b *body) Started() <-chan struct{} { return b.started }

// Exited implements readiness.Process.
func (b *body) Exited() <-chan struct{} { return b.exited }

// Exit implements readiness.Process.
func (b *body) Exit() wire.Exit { return b.exit }

// Wait implements readiness.Process.
func (b *body) Wait(ctx context.Context) (wire.Exit, error) {
	select {
	case <-b.exited:
		return b.exit, nil
	case <-ctx.Done():
		return wire.Exit{}, ctx.Err()
	}
}

// Kill implements readiness.Process: the image says which signal ends it, TERM as
// a rule; then comes KILL.
func (b *body) Kill(grace time.Duration) error {
	_, err := b.end(context.Background(), grace)
	return err
}

// end ends the container and reports whether KILL was needed.
func (b *body) end(ctx context.Context, grace time.Duration) (forced bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, grace+shared.KillWait)
	defer cancel()
	signal := b.n.image.StopSignal
	if signal == "" {
		signal = "SIGTERM"
	}
	if grace > 0 {
		if err := b.signal(ctx, signal); err != nil {
			return true, err
		}
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-b.exited:
			return false, nil
		case <-t.C:
		}
	}
	select {
	case <-b.exited:
		return false, nil
	default:
	}
	if err := b.signal(ctx, "SIGKILL"); err != nil {
		return true, err
	}
	_, err = b.Wait(ctx)
	return true, err
}

// signal sends a signal, unless the process has ended.
func (b *body) signal(ctx context.Context, signal string) error {
	select {
	case <-b.exited:
		return nil
	default:
	}
	_, err := b.c.api.ContainerKill(ctx, b.n.id, moby.ContainerKillOptions{Signal: signal})
	if err == nil || !strings.Contains(err.Error(), "is not running") {
		return err
	}
	return nil // it has just ended
}

// close ends the watching.
func (b *body) close() {
	b.stop()
	<-b.done
}

// enter starts an agent in the container of a service, beside its process 1: steps
// are its children. It listens to nothing; what is emitted arrives beside.
func (s *session) enter(ctx context.Context, n *node) error {
	ctx, cancel := context.WithTimeout(ctx, greetLimit)
	defer cancel()
	e, err := s.c.api.ExecCreate(ctx, n.id, moby.ExecCreateOptions{
		User: "0:0", AttachStdin: true, AttachStdout: true, AttachStderr: true, WorkingDir: "/", Cmd: []string{agentPath, agent.Arg},
	})
	if err != nil {
		return fmt.Errorf("start the agent in the container of %s: %w", n.svc.Name, err)
	}
	conn, err := s.c.api.ExecAttach(ctx, e.ID, moby.ExecAttachOptions{})
	if err != nil {
		return fmt.Errorf("start the agent in the container of %s: %w", n.svc.Name, err)
	}
	d := &demux{r: conn.Reader}
	inside := client.New(d, conn.Conn, conn.Close, func(bool, []byte) {})
	ready, err := inside.Setup(ctx, wire.Setup{Open: n.tmpfsPaths()})
	if err == nil && ready.Problem != "" {
		err = errors.New(ready.Problem)
	}
	if err != nil {
		inside.Close()
		return errors.Join(fmt.Errorf("start the agent in the container of %s: %w", n.svc.Name, err), complaint(d.standardError()))
	}
	n.inside = inside
	return nil
}

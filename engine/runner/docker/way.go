package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	agentclient "github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// sidecarMemoryMB is what the agent may use in a container of its own: the largest
// payloads, several at a time.
const sidecarMemoryMB = 512

// inits are the names of programs that bring a whole system up and insist on being
// process 1: those of systemd, s6-overlay, runit, OpenRC, busybox and sysvinit.
var inits = []string{"init", "systemd", "runit-init", "s6-svscan", "openrc-init", "s6-linux-init"}

// ownInit says why the process 1 of a container must be the image's own; "" when
// it need not. Images of systemd are also known by the signal that ends it.
func ownInit(argv []string, stopSignal string) string {
	if len(argv) == 0 {
		return ""
	}
	if name := path.Base(argv[0]); slices.Contains(inits, name) {
		return argv[0] + " must be process 1 of its container"
	}
	if stopSignal == "SIGRTMIN+3" {
		return argv[0] + " is ended as systemd is (" + stopSignal + "), which must be process 1 of its container"
	}
	return ""
}

// chooseWay decides how the agent gets to the service, as far as that can be said
// before a container is made.
func (c *connection) chooseWay(n *node) {
	argv := n.image.Command(n.svc.Args)
	n.way, n.because = runner.WayAgent, ownInit(argv, n.image.StopSignal)
	if n.because != "" {
		n.way = runner.WaySidecar
	}
	c.mu.Lock()
	copies := c.copies
	c.mu.Unlock()
	if n.svc.ReadOnly && copies {
		n.engineOnly("the daemon may not see the files of this machine, so the agent would have to be copied under a read-only root")
	}
}

// engineOnly has the commands of the service go through the engine.
func (n *node) engineOnly(because string) {
	n.because = strings.TrimPrefix(n.because+"; "+because, "; ")
	n.way = runner.WayExec
}

// refusal says why a container did not take the agent, judged by what the engine
// said; "" when the agent was not the reason.
func (n *node) refusal(err error) string {
	if err == nil || n.way != runner.WayAgent {
		return ""
	}
	text := err.Error()
	switch {
	case n.svc.ReadOnly && strings.Contains(text, "copy the agent"):
		return "the daemon does not see the files of this machine, and the agent cannot be copied under a read-only root"
	case strings.Contains(text, agentPath) && (strings.Contains(text, "not a directory") || strings.Contains(text, "is a directory")):
		return "something else is in the place of the agent, " + agentPath
	}
	return ""
}

// launchBeside gives the agent of n a container of its own, whose network the
// service will share. The service's container comes when it is its turn.
func (s *session) launchBeside(ctx context.Context, n *node, at placement) error {
	if len(n.image.Command(n.svc.Args)) == 0 {
		return &runner.EnvironmentError{
			What:   fmt.Sprintf("the image %s of service %s cannot take the agent (%s), and without it a command must keep the container running", n.image.Name, n.svc.Name, n.because),
			Remedy: "give the service `args`, or use a daemon and an image that can take the agent",
		}
	}
	for _, c := range s.pressures(n) {
		return &runner.EnvironmentError{
			What:   fmt.Sprintf("the image %s of service %s cannot take the agent (%s), and %s pressure needs it there", n.image.Name, n.svc.Name, n.because, c.Fault),
			Remedy: "use a daemon and an image that can take the agent, or another fault",
		}
	}
	program, err := os.ReadFile(s.agent)
	if err != nil {
		return fmt.Errorf("read the agent: %w", err)
	}
	img, err := s.c.images.Around(ctx, "agent", program)
	if err != nil {
		return &runner.EnvironmentError{What: "no container can be made for the agent of service " + n.svc.Name, Err: err}
	}
	side := &node{svc: &spec.Service{Name: n.svc.Name}, image: img, limits: s.c.limits(spec.Limits{MemoryMB: sidecarMemoryMB, Pids: 1}), await: n.await, address: n.address}
	at.labels = maps.Clone(at.labels)
	at.labels[labelService] = n.svc.Name + " (agent)"
	n.side, n.place = side, at
	err = s.c.launch(ctx, side, at, s.traces(n))
	n.demux, n.client = side.demux, side.client
	if n.client != nil {
		n.client.HandleAsked(func(answer func(wire.Answered)) {
			go answer(wire.Answered{Problem: "service " + n.svc.Name + " cannot be restarted: its own process is process 1, and the container ends with it"})
		})
	}
	n.await.Agent = beside{n.client, n, s.c}
	n.await.Own = func(ctx context.Context, _ []string, out agentclient.Output) (readiness.Process, error) {
		return s.startBeside(ctx, n, out)
	}
	n.await.Ending = func(ctx context.Context, grace time.Duration, t *runner.Telemetry) []string {
		return s.endBeside(ctx, n, grace, t)
	}
	if err != nil && side.id == "" {
		s.suspect()
	}
	return err
}

// countBeside tells of the containers of agents that the session needs beside those
// of its services, of which so many were told before. It returns how many there are.
func (s *session) countBeside(before int) int {
	n := 0
	for _, one := range s.nodes {
		if one.way != runner.WayAgent {
			n++
		}
	}
	if n > before && s.req.Beside != nil {
		s.req.Beside(runner.Demand{Containers: n - before, MemoryMB: (n - before) * sidecarMemoryMB})
	}
	return n
}

// pressures are the faults that need a program of ours in the container of n, which
// the engine alone cannot put there.
func (s *session) pressures(n *node) []*spec.Chaos {
	var out []*spec.Chaos
	if s.req.Scenario == nil || n.way != runner.WayExec {
		return nil
	}
	for _, c := range s.req.Scenario.Chaos {
		if c.Service == n.svc.Name && (c.Fault == spec.ChaosMemory || c.Fault == spec.ChaosCPU) {
			out = append(out, c)
		}
	}
	return out
}

// networkID is the container that has the network of n.
func (n *node) networkID() string {
	if n.side != nil {
		return n.side.id
	}
	return n.id
}

// missing lists what the way to a service does not give.
func (n *node) missing() []string {
	switch n.way {
	case runner.WaySidecar:
		out := []string{
			"signals that end its own process are told as exit statuses above 128",
			"what its process 1 leaves running is killed with it",
		}
		if len(n.tmpfsPaths()) > 0 {
			out = append(out, "files in directories in memory cannot be taken out")
		}
		return out
	case runner.WayExec:
		out := []string{
			"a step at its deadline is ended together with the whole container",
			"signals that end processes are told as exit statuses above 128",
			"TERM at the end reaches process 1 only: other processes make its telemetry incomplete",
			"programs that cannot be started are told from others by the engine's words only",
		}
		if len(n.tmpfsPaths()) > 0 {
			out = append(out, "directories in memory have the mode of the directories that they cover, and files in them cannot be taken out")
		}
		return out
	}
	return nil
}

// beside looks after a service from a container that shares its network, and at
// its files from where they are. It implements readiness.Agent.
type beside struct {
	*agentclient.Client
	n *node
	c *connection
}

// Probe implements readiness.Agent.
func (b beside) Probe(ctx context.Context, p wire.Probe) (wire.Probed, error) {
	switch {
	case p.Kind != wire.ProbeFile:
		return b.Client.Probe(ctx, p)
	case b.n.inside != nil:
		return b.n.inside.Probe(ctx, p)
	}
	if _, err := b.c.api.ContainerStatPath(ctx, b.n.id, client.ContainerStatPathOptions{Path: p.Target}); err != nil {
		return wire.Probed{Detail: err.Error()}, ctx.Err()
	}
	return wire.Probed{OK: true}, nil
}

// forSteps returns the agent in the container of n.
func (n *node) forSteps() (*agentclient.Client, error) {
	switch {
	case n.way == runner.WayAgent:
		return n.client, nil
	case n.inside != nil:
		return n.inside, nil
	}
	return nil, errors.New("there is no agent in the container of service " + n.svc.Name)
}

// unemulated says what it means that a program of an image could not be executed:
// one for another processor needs the kernel's help.
func (c *connection) unemulated(img service.Image, startError string) string {
	if img.Architecture == "" || img.Architecture == c.goarch || !strings.Contains(startError, "exec format error") {
		return startError
	}
	return fmt.Sprintf("%s: the image %s is for %s, and the daemon's machine, which is %s, has no emulation of that (binfmt_misc)",
		startError, img.Name, img.Architecture, c.goarch)
}

// unstartable makes the machine responsible for a service that could not be started
// because its program is for another processor.
func (c *connection) unstartable(n *node, err error) error {
	var se *runner.ServiceError
	if !errors.As(err, &se) || c.unemulated(n.image, se.What) == se.What {
		return err
	}
	return &runner.EnvironmentError{
		What:   "service " + n.svc.Name + ": " + c.unemulated(n.image, se.What),
		Remedy: "register an emulation there, for example with qemu-user-static, or use an image for " + c.goarch,
	}
}

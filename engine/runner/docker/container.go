package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	moby "github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/environ"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// receiver is where the agent listens: where every SDK sends to by default.
var receiver = environ.Receiver{HTTP: "127.0.0.1:4318", GRPC: "127.0.0.1:4317"}

// agentPath is where the agent is in a container.
const agentPath = "/.clnrm-agent"

const (
	// createLimit bounds the creation and the start of one container.
	createLimit = 60 * time.Second
	// greetLimit bounds how long an agent may take to answer after the start.
	greetLimit = 20 * time.Second
)

// The limits of a container for which the test sets none.
const (
	defaultMemoryMB = 1024
	defaultCPUs     = 2
	defaultPids     = 512
	filesLimit      = 4096
)

// nobody is the name server of containers in a private network: their own
// loopback, where none listens. The engine's resolver answers for the services
// itself; for other names it would ask the host's name servers, even on behalf
// of an internal network (CVE-2024-29018).
var nobody = netip.MustParseAddr("127.0.0.1")

// node is one service of a session with its container.
type node struct {
	svc   *spec.Service
	image service.Image
	env   *environ.Vars
	user  string
	dir   string

	mounts []runner.Mount
	limits runner.ContainerLimits
	caps   []string // beyond those that the engine gives

	way     runner.Way
	because string // why way is not runner.WayAgent
	// side is the container of the agent when it is beside the service's; place is
	// where that belongs, body its process 1, and inside the agent that runs steps
	// in it.
	side   *node
	place  placement
	body   *body
	inside *client.Client

	id      string
	address netip.Addr // in the scenario's network, where the engine does not choose it
	// starved reports whether the daemon saw memory run out in the container; nil
	// before there is one.
	starved func() bool
	untold  bool // the daemon does not say whether memory ran out
	demux   *demux
	client  *client.Client
	await   *readiness.Node
	greeted bool // the agent has answered, as process 1 of the container with id
}

func newNode(svc *spec.Service) *node {
	n := &node{svc: svc, way: runner.WayAgent}
	n.await = readiness.New(svc, n.start, n.lost)
	return n
}

// aliases are the names of n in its network.
func (n *node) aliases() []string {
	if n.svc.Name == relayName {
		return nil
	}
	return []string{n.svc.Name}
}

// endpoint is how n takes part in its network.
func (n *node) endpoint() *network.EndpointSettings {
	e := &network.EndpointSettings{Aliases: n.aliases()}
	if n.address.IsValid() {
		e.IPAMConfig = &network.EndpointIPAMConfig{IPv4Address: n.address}
	}
	return e
}

// placement is where a container belongs.
type placement struct {
	labels  map[string]string
	network string   // "" means none
	open    bool     // the network leads out
	hosts   []string // "name:address" of all services, where the engine does not tell names
	agent   string   // the agent's path on this machine
	witness string   // a directory that proves that the daemon sees this machine's; "" for none
}

// launch creates the container of n, attaches to it and starts it. It is not
// cut short: a creation that is given up half way may still take place, with
// nobody to clear it away.
func (c *connection) launch(ctx context.Context, n *node, at placement, traces client.Traces) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	if len(n.mounts) > 0 {
		var err error
		if at.witness, err = c.witness(); err != nil {
			return fmt.Errorf("start service %s: %w", n.svc.Name, err)
		}
		defer os.RemoveAll(at.witness) // in the cache, under a name of its own: one that is left does no harm
	}
	ctr, err := c.create(ctx, at.agent, func(bind bool) testcontainers.ContainerRequest { return c.request(n, at, bind) })
	if err != nil {
		return c.explainCreate(n, err)
	}
	if at.witness != "" {
		if err := c.witnessSeen(ctx, ctr.GetContainerID()); err != nil {
			return c.explainCreate(n, err)
		}
	}
	n.id = ctr.GetContainerID()
	n.starved, n.untold = sync.OnceValue(func() bool { return c.ranOutOfMemory(n.id) }), c.engine == podman
	if err := c.prepareAttach(ctx, n.id); err != nil {
		return c.explainCreate(n, err)
	}
	conn, err := c.api.ContainerAttach(ctx, n.id, moby.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return fmt.Errorf("attach to the container of %s: %w", n.svc.Name, err)
	}
	n.demux = &demux{r: conn.Reader}
	n.client = client.New(n.demux, conn.Conn, conn.Close, traces)
	n.await.Agent = n.client
	if err := ctr.Start(ctx); err != nil {
		return c.explainCreate(n, err)
	}
	return nil
}

// request describes the container. The agent runs as root whatever the image
// says, and starts everything else as the user that the image or the test names.
func (c *connection) request(n *node, at placement, bind bool) testcontainers.ContainerRequest {
	var config *container.Config
	var host *container.HostConfig
	return testcontainers.ContainerRequest{
		Image:      n.image.ID,
		Entrypoint: []string{agentPath},
		Cmd:        []string{agent.Arg},
		Labels:     at.labels,
		ConfigModifier: func(cfg *container.Config) {
			config = cfg
			cfg.OpenStdin, cfg.StdinOnce = true, true
			cfg.AttachStdin, cfg.AttachStdout, cfg.AttachStderr = true, true, true
			cfg.User = "0:0"
			cfg.WorkingDir = "/"
			cfg.Hostname = environ.Hostname(n.svc.Name)
			cfg.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
			cfg.NetworkDisabled = n.alone(at)
		},
		HostConfigModifier: func(h *container.HostConfig) {
			host = h
			c.hostConfig(h, n, at)
			if bind {
				h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, Source: at.agent, Target: agentPath, ReadOnly: true})
			}
			if at.witness != "" && !bind {
				h.Mounts = append(h.Mounts, mount.Mount{Type: mount.TypeBind, Source: at.witness, Target: witnessPath, ReadOnly: true})
			}
		},
		EndpointSettingsModifier: func(m map[string]*network.EndpointSettings) {
			if at.network != "" {
				m[at.network] = n.endpoint()
			}
		},
		LifecycleHooks: []testcontainers.ContainerLifecycleHooks{{
			// The ports that an image exposes would be published on the host.
			PreCreates: []testcontainers.ContainerRequestHook{func(context.Context, testcontainers.ContainerRequest) error {
				config.ExposedPorts, host.PortBindings = nil, nil
				return nil
			}},
		}},
	}
}

// alone reports whether the engine need not know of the container's network,
// because there is nothing but the loopback in it (decision 23). What the engine
// does for a network that it knows of costs as much as all the rest of a start,
// and comes to two files; the agent writes them then, where it can and where they
// are not the test's own.
func (n *node) alone(at placement) bool {
	covers := func(dir string) bool {
		return slices.Contains([]string{"/", "/etc", "/etc/hosts", "/etc/resolv.conf"}, path.Clean(dir))
	}
	return at.network == "" && n.way == runner.WayAgent && !n.svc.ReadOnly &&
		!slices.ContainsFunc(n.mounts, func(m runner.Mount) bool { return covers(m.Container) }) &&
		!slices.ContainsFunc(n.tmpfsPaths(), covers)
}

// hostConfig sets what the container may use.
func (c *connection) hostConfig(h *container.HostConfig, n *node, at placement) {
	h.AutoRemove = true
	h.LogConfig = container.LogConfig{Type: "none"}
	h.NetworkMode = "none"
	if at.network != "" {
		h.NetworkMode = container.NetworkMode(at.network)
	}
	if at.network != "" && !at.open {
		h.DNS = []netip.Addr{nobody}
		h.DNSOptions = []string{"timeout:1", "attempts:2"} // nobody's silence is waited out
	}
	h.ExtraHosts = at.hosts
	h.Sysctls = c.sysctls()
	h.CapAdd = n.caps
	off := false
	h.Init = &off // the agent is process 1, and reaps
	h.Memory = int64(n.limits.MemoryMB) << 20
	h.MemorySwap = h.Memory
	h.NanoCPUs = int64(n.limits.CPUMillicores) * 1e6
	pids := int64(n.limits.Pids) + shared.AgentPids
	h.PidsLimit = &pids
	h.Ulimits = []*container.Ulimit{{Name: "nofile", Soft: filesLimit, Hard: filesLimit}}
	c.storage(h, n)
}

// limits returns what is in force for a service: what the test asks for, or the
// defaults, and never more processors than the daemon has.
func (c *connection) limits(l spec.Limits) runner.ContainerLimits {
	l.CPUMillicores = cmp.Or(l.CPUMillicores, defaultCPUs*1000)
	return runner.ContainerLimits{
		MemoryMB:      cmp.Or(l.MemoryMB, defaultMemoryMB),
		CPUMillicores: shared.Millicores(l, c.cpus),
		Pids:          cmp.Or(l.Pids, defaultPids),
	}
}

// explainCreate says what a failure to create or start a container means.
func (c *connection) explainCreate(n *node, err error) error {
	text := err.Error()
	switch {
	case unseen(err):
		return &runner.EnvironmentError{
			What:   "the daemon does not see the files of this machine, and service " + n.svc.Name + " has volumes",
			Remedy: "copy the files into the image with `build`, or use a daemon on this machine", Err: err,
		}
	case n.svc.ReadOnly && strings.Contains(text, "copy the agent"):
		return &runner.EnvironmentError{
			What:   "the daemon does not see the files of this machine, so the agent must be copied, which `read_only` of service " + n.svc.Name + " does not let",
			Remedy: "use a daemon on this machine, or a root file system that can be written to", Err: err,
		}
	case strings.Contains(text, "exec format error"):
		return &runner.EnvironmentError{
			What: fmt.Sprintf("the image %s is for another architecture than the daemon's, %s", n.image.Name, c.goarch), Err: err,
		}
	case strings.Contains(text, "permission denied") && strings.Contains(text, agentPath):
		return &runner.EnvironmentError{
			What:   "the agent cannot be executed in the container",
			Remedy: "the cache directory must not be on a file system mounted with noexec", Err: err,
		}
	default:
		return &runner.EnvironmentError{What: "the container of service " + n.svc.Name + " could not be started", Err: err}
	}
}

// eventLimit bounds how long the daemon may take to tell what it saw.
const eventLimit = 2 * time.Second

// ranOutOfMemory asks the daemon, which keeps its latest events, whether memory
// ran out in a container that is gone.
func (c *connection) ranOutOfMemory(id string) bool {
	if c.closed.Load() {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), eventLimit)
	defer cancel()
	now := time.Now()
	r := c.api.Events(ctx, moby.EventsListOptions{
		Since: strconv.FormatInt(now.Add(-time.Hour).Unix(), 10), Until: strconv.FormatInt(now.Unix()+1, 10),
		Filters: make(moby.Filters).Add("container", id).Add("event", "oom"),
	})
	select {
	case <-r.Messages:
		return true
	case <-r.Err:
		return false
	}
}

// greet waits for the agent of n.
func (n *node) greet(ctx context.Context, at placement) error {
	ctx, cancel := context.WithTimeout(ctx, greetLimit)
	defer cancel()
	setup := wire.Setup{OTLP: n.svc.Plugin != spec.PluginCollector}
	if n.side == nil {
		setup.Open, setup.Names = n.tmpfsPaths(), n.alone(at)
	}
	ready, err := n.client.Setup(ctx, setup)
	if err != nil {
		return &runner.EnvironmentError{
			What:   fmt.Sprintf("the image %s of service %s cannot take the agent", n.image.Name, n.svc.Name),
			Remedy: "it must be a Linux image of the daemon's architecture that may be started as root",
			Err:    errors.Join(err, complaint(n.demux.standardError())),
		}
	}
	if ready.Problem != "" {
		return &runner.EnvironmentError{What: "the agent of service " + n.svc.Name + " cannot prepare the container", Err: errors.New(ready.Problem)}
	}
	n.greeted = n.way == runner.WayAgent
	return nil
}

// complaint makes an error of what an agent wrote to its standard error.
func complaint(text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return errors.New(text)
}

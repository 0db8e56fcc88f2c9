package docker

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// levelOf is the network that the containers of a scenario get: what the test
// asks for, else none for a single service and a sealed one for several.
func levelOf(r runner.Request) spec.NetworkLevel {
	switch level := r.File.NetworkOf(r.Scenario); {
	case level != "":
		return level
	case containers(r.Services) > 1:
		return spec.NetworkSealed
	default:
		return spec.NetworkNone
	}
}

// containers counts the services that are containers.
func containers(services []*spec.Service) int {
	n := 0
	for _, s := range services {
		if s.Contained() {
			n++
		}
	}
	return n
}

// world are addresses outside: two where nobody is (RFC 5737), and the one under
// which clouds tell machines their secrets.
var world = []string{"192.0.2.1:443", "198.51.100.1:80", "169.254.169.254:80"}

// targets lists what the canary tries to reach from a network of that level. At
// internal the host may be reached, and at open everything.
func (s *session) targets() []string {
	if s.level == spec.NetworkInternal || s.level == spec.NetworkOpen {
		return world
	}
	targets := slices.Clone(world)
	if s.network != "" {
		targets = append(targets, netip.AddrPortFrom(s.subnet.Addr().Next(), 80).String())
	}
	return append(targets, s.hosts...)
}

// gateways lists where the host is in other networks of the daemon.
func (c *connection) gateways(ctx context.Context) ([]string, error) {
	// Podman cannot be asked for those that are always there, so all are asked
	// for. Others come and go with whoever made them.
	always := []string{"bridge", "podman"}
	list, err := c.api.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var out []string
	for _, n := range list.Items {
		for _, conf := range n.IPAM.Config {
			if conf.Gateway.Is4() && slices.Contains(always, n.Name) {
				out = append(out, netip.AddrPortFrom(conf.Gateway, 22).String())
			}
		}
	}
	return out, nil
}

// canary proves what can be reached from every container of the scenario.
func (s *session) canary(ctx context.Context) error {
	targets := s.targets()
	said := make([]string, len(s.nodes)) // by an open network
	kind := wire.ProbeSealed
	if s.level == spec.NetworkInternal {
		kind = wire.ProbeSilent
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, n := range s.nodes {
		g.Go(func() error {
			p, err := n.client.Probe(ctx, wire.Probe{Kind: kind, Targets: targets, TimeoutMS: 150})
			if err != nil {
				return fmt.Errorf("prove that the network is %s: %w", s.level, err)
			}
			if !p.OK && s.level != spec.NetworkOpen {
				return &runner.EnvironmentError{
					What:   fmt.Sprintf("the scenario's network is not %s for service %s: %s", s.level, n.svc.Name, p.Detail),
					Remedy: "the daemon does not keep containers apart as asked; nothing that runs here would be hermetic",
				}
			}
			said[i], _, _ = strings.Cut(p.Detail, "\n")
			return nil
		})
	}
	g.Go(func() error { return s.neighbours(ctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	s.proof = "unreachable: " + strings.Join(targets, ", ")
	if s.level == spec.NetworkOpen {
		if s.proof = "not sealed, and no way out was found"; said[0] != "" {
			s.proof = "not sealed: " + said[0]
		}
	}
	return nil
}

// testify collects the evidence.
func (s *session) testify() {
	s.evidence = runner.Evidence{Backend: "docker", Network: string(s.level), Proof: s.proof}
	if s.network != "" {
		s.evidence.Subnet = s.subnet.String()
	}
	except := func(format string, args ...any) {
		s.evidence.Exceptions = append(s.evidence.Exceptions, fmt.Sprintf(format, args...))
	}
	switch s.level {
	case spec.NetworkInternal:
		except("the host can be reached over the network")
	case spec.NetworkOpen:
		except("every host can be reached over the network")
	}
	for _, svc := range s.outside {
		except("%s", shared.Elsewhere(svc))
	}
	for _, n := range s.nodes {
		s.evidence.Containers = append(s.evidence.Containers, runner.Container{
			Service: n.svc.Name, ID: n.id, Image: n.image.Name, Digest: n.image.ID, Agent: n.way == runner.WayAgent,
			Way: n.way, Because: n.because, Missing: n.missing(),
			Inputs: n.image.Inputs, Fingerprint: n.image.Fingerprint,
			User: n.user, Mounts: n.mounts, ReadOnlyRoot: n.svc.ReadOnly, Limits: n.limits, Tmpfs: n.tmpfsPaths(),
		})
		for _, m := range n.mounts {
			if !m.ReadOnly {
				except("%s can change %s on the host", n.svc.Name, m.Host)
			}
		}
	}
	s.evidence.Hermetic = len(s.evidence.Exceptions) == 0
}

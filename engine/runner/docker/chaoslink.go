package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// relayName is what the container of a relay is called in lists of services; no
// service has such a name.
const relayName = "(link faults)"

// relayLimits are those of a relay's container: what it holds back at a time is
// bounded far below.
var relayLimits = runner.ContainerLimits{MemoryMB: 192, CPUMillicores: defaultCPUs * 1000, Pids: 64}

// relayLimit bounds how long a relay may take to be started and to stand in all
// links, or to leave them again.
const relayLimit = createLimit + greetLimit + chaosLimit

// links is what a session keeps of its link faults.
type links struct {
	// turn holds a token while no link fault acts: two relays would take the same
	// packets from each other.
	turn  chan struct{}
	relay *node // made for the first link fault; its container ends with the session
}

// strikeLinks has a relay stand between the services of the faults and the others,
// for all the link faults of a step together.
func (s *session) strikeLinks(ctx context.Context, faults []*spec.Chaos) (relief, error) {
	ctx, cancel := context.WithTimeout(ctx, relayLimit)
	defer cancel()
	plan, of, err := s.planLinks(ctx, faults)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("describe the links: %w", err)
	}
	select {
	case <-s.links.turn:
	default:
		return nil, errors.New("latency or loss already acts for a step that runs at the same time")
	}
	relieve, err := s.relieveLinks(ctx, string(text), faults, of)
	if err != nil {
		s.links.turn <- struct{}{}
		return nil, err
	}
	return func(ctx context.Context) ([]string, error) {
		defer func() { s.links.turn <- struct{}{} }()
		return relieve(ctx)
	}, nil
}

// relieveLinks starts the relay's work. of are the links of each fault.
func (s *session) relieveLinks(ctx context.Context, plan string, faults []*spec.Chaos, of [][]int) (relief, error) {
	if s.links.relay == nil {
		n, err := s.launchRelay(ctx)
		s.links.relay = n // also to be taken down
		if err != nil {
			return nil, err
		}
	}
	return s.links.relay.press(ctx, []string{agent.RelayArg, plan}, func(said string) ([]string, error) {
		var c agent.RelayCounts
		if err := json.Unmarshal([]byte(said), &c); err != nil {
			return nil, err
		}
		var details []string
		for i, f := range faults {
			details = append(details, effect(f, of[i], c))
		}
		return details, nil
	})
}

// effect words what a fault has done on its links.
func effect(f *spec.Chaos, links []int, c agent.RelayCounts) string {
	var sum agent.RelayCount
	for _, i := range links {
		sum.Carried += c.Links[i].Carried
		sum.Lost += c.Links[i].Lost
		sum.Crowded += c.Links[i].Crowded
	}
	var b strings.Builder
	switch total := sum.Carried + sum.Lost + sum.Crowded; {
	case total == 0:
		b.WriteString(": no packet was on the way")
	case f.Fault == spec.ChaosLoss:
		fmt.Fprintf(&b, ": %d of %d packets lost, %d%% asked", sum.Lost, total, f.Percent)
	case f.Jitter > 0:
		fmt.Fprintf(&b, ": %d packets held back for %s to %s", sum.Carried, f.Latency, f.Latency+f.Jitter)
	default:
		fmt.Fprintf(&b, ": %d packets held back for %s", sum.Carried, f.Latency)
	}
	if more := sum.Crowded + c.Missed; more > 0 {
		fmt.Fprintf(&b, "; %d more were lost because too many were on the way", more)
	}
	return b.String()
}

// planLinks finds the links of the faults: what several do to one link comes
// together. of are the links of each fault.
func (s *session) planLinks(ctx context.Context, faults []*spec.Chaos) (plan agent.RelayPlan, of [][]int, err error) {
	if s.network == "" {
		return plan, nil, errors.New("the scenario has no network")
	}
	ends := map[*node]agent.RelayEnd{}
	end := func(n *node) (agent.RelayEnd, error) {
		e, known := ends[n]
		if !known {
			var err error
			if e, err = s.relayEnd(ctx, n); err != nil {
				return e, err
			}
			ends[n] = e
		}
		return e, nil
	}
	type pair struct{ a, b *node }
	at := map[pair]int{}
	of = make([][]int, len(faults))
	for i, f := range faults {
		struck := s.node(f.Service)
		for _, other := range s.nodes {
			if other == struck || f.From != "" && other.svc.Name != f.From {
				continue
			}
			k, known := at[pair{struck, other}]
			if !known {
				a, err := end(struck)
				if err != nil {
					return plan, nil, err
				}
				b, err := end(other)
				if err != nil {
					return plan, nil, err
				}
				k = len(plan.Links)
				plan.Links = append(plan.Links, agent.RelayLink{Ends: [2]agent.RelayEnd{a, b}})
				at[pair{struck, other}], at[pair{other, struck}] = k, k
			}
			l := &plan.Links[k]
			l.Latency += f.Latency
			l.Jitter += f.Jitter
			if f.Fault == spec.ChaosLoss {
				l.Loss = 1 - (1-l.Loss)*(1-float64(f.Percent)/100)
			}
			if f.By != "" {
				l.Seed = &f.Seed
			}
			of[i] = append(of[i], k)
		}
		if len(of[i]) == 0 {
			return plan, nil, fmt.Errorf("service %s has no other service to be kept from", f.Service)
		}
	}
	return plan, of, nil
}

// relayEnd is where a service is in the scenario's network.
func (s *session) relayEnd(ctx context.Context, n *node) (agent.RelayEnd, error) {
	r, err := s.c.api.ContainerInspect(ctx, n.networkID(), client.ContainerInspectOptions{})
	if err != nil {
		return agent.RelayEnd{}, fmt.Errorf("look up the address of service %s: %w", n.svc.Name, err)
	}
	if r.Container.NetworkSettings != nil {
		for name, at := range r.Container.NetworkSettings.Networks {
			switch {
			case at == nil || name != "clnrm-"+s.token:
			case at.GlobalIPv6Address.IsValid():
				return agent.RelayEnd{}, fmt.Errorf("service %s has an address of IP version 6, whose packets would not be caught", n.svc.Name)
			case at.IPAddress.Is4() && len(at.MacAddress) > 0:
				return agent.RelayEnd{Name: n.svc.Name, IP: at.IPAddress, MAC: net.HardwareAddr(at.MacAddress)}, nil
			}
		}
	}
	return agent.RelayEnd{}, fmt.Errorf("service %s has no address in the scenario's network", n.svc.Name)
}

// launchRelay starts the container from which links are disturbed: the agent over
// the image of a service, in the scenario's network, under a name that no service
// can ask for. The node has to be taken down even when there is an error.
func (s *session) launchRelay(ctx context.Context) (*node, error) {
	n := newNode(&spec.Service{Name: relayName, Plugin: spec.PluginCollector}) // no receiver in it
	n.image, n.limits, n.caps = s.nodes[0].image, relayLimits, []string{"NET_RAW"}
	if side := s.nodes[0].side; side != nil {
		n.image = side.image // that of the service cannot take the agent
	}
	n.limits.CPUMillicores = min(n.limits.CPUMillicores, s.c.cpus*1000)
	if s.nodes[0].address.IsValid() {
		n.address = addressIn(s.subnet, len(s.nodes))
	}
	at := s.placement(relayName)
	if err := s.launch(ctx, n, at); err != nil {
		return n, err
	}
	return n, n.greet(ctx, at)
}

// newLinks is what a session begins with.
func newLinks() links {
	l := links{turn: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// relays is how many containers link faults add to the network of a request.
func relays(r runner.Request) int {
	if r.Scenario != nil && slices.ContainsFunc(r.Scenario.Chaos, (*spec.Chaos).OnLink) {
		return 1
	}
	return 0
}

// everyNode lists the services' nodes and the relay's.
func (s *session) everyNode() []*node {
	if s.links.relay == nil {
		return s.nodes
	}
	return append(slices.Clip(s.nodes), s.links.relay)
}

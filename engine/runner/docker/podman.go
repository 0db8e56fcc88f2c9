package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// podman is what engineOf calls Podman.
const podman = "Podman"

// libpod asks Podman over its own API for what the one that is like Docker's
// cannot say. The answer is decoded into one that is not nil.
func (d *daemon) libpod(ctx context.Context, path string, ask, answer any) error {
	var body bytes.Buffer
	if ask != nil {
		if err := json.NewEncoder(&body).Encode(ask); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://podman/v4.0.0/libpod"+path, &body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := d.api.libpod.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return errors.Join(fmt.Errorf("%s: %s", resp.Status, text), err)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// prepareAttach makes a container that was created ready to be attached to,
// before it is started. Docker's always are; Podman must be told over its own
// API to set the container up.
func (d *daemon) prepareAttach(ctx context.Context, id string) error {
	if d.engine != podman {
		return nil
	}
	if err := d.libpod(ctx, "/containers/"+id+"/init", nil, nil); err != nil {
		return fmt.Errorf("set up the container: %w", err)
	}
	return nil
}

// podmanSubnet is how Podman's own API describes the addresses of a network.
type podmanSubnet struct {
	Subnet  netip.Prefix `json:"subnet"`
	Gateway *netip.Addr  `json:"gateway,omitempty"`
}

// podmanNetwork makes a private network on Podman. The host gets an address in it
// when one is asked for or when names are looked up there (DNS), which only
// Podman's own API can turn off: the names of services are in /etc/hosts instead.
func (d *daemon) podmanNetwork(ctx context.Context, name string, level spec.NetworkLevel, subnet netip.Prefix, labels map[string]string) (id string, err error) {
	own := podmanSubnet{Subnet: subnet}
	if level != spec.NetworkSealed {
		host := subnet.Addr().Next()
		own.Gateway = &host
	}
	var made struct {
		ID string `json:"id"`
	}
	err = d.libpod(ctx, "/networks/create", map[string]any{
		"name": name, "driver": "bridge", "labels": labels, "subnets": []podmanSubnet{own},
		"internal": level != spec.NetworkOpen, "dns_enabled": false,
	}, &made)
	return made.ID, err
}

// errUnseen means that a file of this machine is none to Podman.
var errUnseen = errors.New("there is a directory of Podman's making where this machine has a file of its own")

// agentSeen makes sure that the agent of a container that was created is no
// directory. Docker insists on the sources of mounts; Podman makes directories
// where they are missing. A container with one is removed.
func (c *connection) agentSeen(ctx context.Context, id string) error {
	if c.engine != podman {
		return nil
	}
	// Of a file that is mounted Podman cannot tell anything: that is an error then.
	r, err := c.api.ContainerStatPath(ctx, id, client.ContainerStatPathOptions{Path: agentPath})
	if err != nil || !r.Stat.Mode.IsDir() {
		return nil
	}
	return errors.Join(errUnseen, removeContainer(ctx, c.api, id))
}

// witnessSeen makes sure that the witness, where it was mounted, is in a container
// that was created. One without is removed.
func (c *connection) witnessSeen(ctx context.Context, id string) error {
	if c.engine != podman {
		return nil
	}
	r, err := c.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(r.Container.Mounts, func(m container.MountPoint) bool { return m.Destination == witnessPath }) {
		return nil // the agent is mounted, and runs only where it is seen
	}
	if _, err = c.api.ContainerStatPath(ctx, id, client.ContainerStatPathOptions{Path: witnessPath + "/" + witnessFile}); err == nil {
		return nil
	}
	return errors.Join(errUnseen, err, removeContainer(ctx, c.api, id))
}

// stance is how a container takes part in a network, as far as that must be asked
// for again when it comes back.
type stance struct{ mac net.HardwareAddr }

// stance looks that up. Docker's hardware addresses follow from those of the
// network; Podman's are new each time, and the others would send to the old one
// until they have forgotten it.
func (c *connection) stance(ctx context.Context, network string, n *node) (was stance, err error) {
	if c.engine != podman {
		return was, nil
	}
	r, err := c.api.ContainerInspect(ctx, n.networkID(), client.ContainerInspectOptions{})
	if err != nil {
		return was, fmt.Errorf("look up the address of service %s: %w", n.svc.Name, err)
	}
	if at := r.Container.NetworkSettings.Networks[network]; at != nil {
		was.mac = net.HardwareAddr(at.MacAddress)
	}
	if len(was.mac) == 0 {
		return was, fmt.Errorf("service %s has no address in the scenario's network", n.svc.Name)
	}
	return was, nil
}

// comeBack connects a container to its network again, as it was before.
func (c *connection) comeBack(ctx context.Context, network string, n *node, was stance) error {
	if c.engine != podman {
		_, err := c.api.NetworkConnect(ctx, network, client.NetworkConnectOptions{Container: n.networkID(), EndpointConfig: n.endpoint()})
		return err
	}
	return c.libpod(ctx, "/networks/"+network+"/connect", map[string]any{
		"container": n.networkID(), "aliases": n.aliases(), "static_ips": []string{n.address.String()}, "static_mac": was.mac.String(),
	}, nil)
}

// neighbourMS is how long a service may take to answer another one, in
// milliseconds: nothing is listening, so its kernel answers.
const neighbourMS = 5000

// neighbours proves that the services of a scenario reach each other. Docker sees
// to that itself; where it runs beside Podman it may have the kernel drop what
// crosses the bridges of others, and tests would fail for no reason of theirs.
func (s *session) neighbours(ctx context.Context) error {
	for i, n := range s.nodes {
		to := s.nodes[(i+1)%len(s.nodes)]
		if to == n || !to.address.IsValid() {
			continue
		}
		const discard = 9 // RFC 863: hardly anybody listens, and that does not matter
		p, err := n.client.Probe(ctx, wire.Probe{Kind: wire.ProbeTCP, Target: netip.AddrPortFrom(to.address, discard).String(), TimeoutMS: neighbourMS})
		if err != nil {
			return fmt.Errorf("prove that services reach each other: %w", err)
		}
		if !p.OK && !strings.Contains(p.Detail, syscall.ECONNREFUSED.Error()) {
			return &runner.EnvironmentError{
				What: fmt.Sprintf("service %s does not reach service %s over the network that Podman made: %s", n.svc.Name, to.svc.Name, p.Detail),
				Remedy: "the firewall of Podman's machine drops what crosses a bridge, as Docker beside it has it do: " +
					"`iptables -I FORWARD -i podman+ -o podman+ -j ACCEPT` there lets it pass",
			}
		}
	}
	return nil
}

// sysctls are the settings of a container's kernel that this engine does not make
// by itself. Docker gives networks that have no subnet of IP version 6 none of its
// addresses; Podman does, and the host is among those that are reached by them.
func (c *connection) sysctls() map[string]string {
	const path = "/proc/sys/net/ipv6/conf/all/disable_ipv6"
	if c.engine != podman {
		return nil
	}
	if _, err := os.Stat(path); runtime.GOOS == "linux" && errors.Is(err, fs.ErrNotExist) {
		return nil // nor can the daemon's kernel do IP version 6, which is this one as a rule
	}
	return map[string]string{"net.ipv6.conf.all.disable_ipv6": "1"}
}

package docker

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// pool is where the private networks get their addresses from: a corner of
// RFC 1918 space that engines do not hand out by default.
var pool = netip.MustParsePrefix("10.213.0.0/16")

// networkTries is how many subnets are tried; another process may take one
// between our look and our request.
const networkTries = 32

// createNetwork makes a private network. Unless it is open it is internal, so
// that there is no route out; a sealed one gives the host no address on the
// bridge, through which containers would still reach it (moby/libnetwork 1151).
func (c *connection) createNetwork(ctx context.Context, name string, level spec.NetworkLevel, members int, labels map[string]string) (id string, subnet netip.Prefix, err error) {
	taken, err := c.takenSubnets(ctx)
	if err != nil {
		return "", netip.Prefix{}, err
	}
	size := subnetBits(members)
	start, err := strconv.ParseUint(owner.Token()[:8], 16, 32)
	if err != nil {
		return "", netip.Prefix{}, fmt.Errorf("choose a subnet: %w", err)
	}
	tries := 0
	for subnet := range subnets(pool, size, uint32(start)) {
		if overlapsAny(subnet, taken) {
			continue
		}
		if tries++; tries > networkTries {
			break
		}
		id, err = c.networkOf(ctx, name, level, subnet, labels)
		switch {
		case err == nil:
			return id, subnet, nil
		case ctx.Err() != nil || !isOverlap(err):
			return "", netip.Prefix{}, fmt.Errorf("create a network: %w", err)
		}
	}
	if err == nil {
		err = errors.New("every one is in use by a network of the daemon or a route of this machine")
	}
	return "", netip.Prefix{}, fmt.Errorf("create a network: no free subnet in %s: %w", pool, err)
}

// networkOf makes a private network with that subnet.
func (c *connection) networkOf(ctx context.Context, name string, level spec.NetworkLevel, subnet netip.Prefix, labels map[string]string) (id string, err error) {
	if c.engine == podman {
		return c.podmanNetwork(ctx, name, level, subnet, labels)
	}
	options := map[string]string{}
	if level == spec.NetworkSealed {
		options["com.docker.network.bridge.inhibit_ipv4"] = "true"
	}
	r, err := c.api.NetworkCreate(ctx, name, client.NetworkCreateOptions{
		Driver:   "bridge",
		Internal: level != spec.NetworkOpen,
		IPAM:     &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: subnet}}},
		Options:  options,
		Labels:   labels,
	})
	return r.ID, err
}

// addressIn is the address of the member of a network with that number, from 0:
// the first is the daemon's, for the host.
func addressIn(subnet netip.Prefix, member int) netip.Addr {
	a := subnet.Addr().Next()
	for range member + 1 {
		a = a.Next()
	}
	return a
}

// address gives the services their addresses where the engine would not tell them
// each other's names.
func (s *session) address() {
	if s.c.engine != podman || s.network == "" {
		return
	}
	for i, n := range s.nodes {
		n.address = addressIn(s.subnet, i)
	}
}

// placement is where the container of a service belongs, or another one in the
// scenario's network.
func (s *session) placement(service string) placement {
	at := placement{labels: s.labels(service), agent: s.agent}
	if s.network == "" {
		return at
	}
	at.network, at.open = "clnrm-"+s.token, s.level == spec.NetworkOpen
	for _, n := range s.nodes {
		if n.address.IsValid() {
			at.hosts = append(at.hosts, n.svc.Name+":"+n.address.String())
		}
	}
	return at
}

// isOverlap reports whether the daemon refused a subnet because it is in use.
func isOverlap(err error) bool {
	text := err.Error()
	return errdefs.IsConflict(err) || strings.Contains(text, "overlap") || strings.Contains(text, "conflicts with")
}

// subnetBits is the prefix length of the smallest network, /28 at the most,
// with room for the members, the network's and the broadcast address and the
// gateway that the daemon reserves.
func subnetBits(members int) int {
	return min(28, 32-bits.Len(uint(members+2)))
}

// subnets lists all subnets of that size in p, beginning at a place that start
// decides, so that concurrent runs begin apart.
func subnets(p netip.Prefix, size int, start uint32) func(yield func(netip.Prefix) bool) {
	return func(yield func(netip.Prefix) bool) {
		base := p.Addr().As4()
		count := uint32(1) << (size - p.Bits())
		for i := range count {
			n := (start + i) % count
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(base[:])+n<<(32-size))
			if !yield(netip.PrefixFrom(netip.AddrFrom4(a), size)) {
				return
			}
		}
	}
}

func overlapsAny(p netip.Prefix, taken []netip.Prefix) bool {
	for _, t := range taken {
		if t.Overlaps(p) {
			return true
		}
	}
	return false
}

// takenSubnets lists the subnets of the daemon's networks and the routes of this
// host, which is the daemon's as a rule.
func (c *connection) takenSubnets(ctx context.Context) ([]netip.Prefix, error) {
	list, err := c.api.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var taken []netip.Prefix
	for _, n := range list.Items {
		for _, conf := range n.IPAM.Config {
			if conf.Subnet.IsValid() {
				taken = append(taken, conf.Subnet)
			}
		}
	}
	routes, err := os.ReadFile(c.routes)
	if err != nil {
		return taken, nil // not Linux: the daemon has its own host
	}
	return append(taken, parseRoutes(string(routes))...), nil
}

// parseRoutes reads /proc/net/route: destination and mask are hexadecimal, in
// the byte order of the machine, which is little endian wherever we run.
func parseRoutes(text string) []netip.Prefix {
	var routes []netip.Prefix
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		dest, err1 := hex.DecodeString(f[1])
		mask, err2 := hex.DecodeString(f[7])
		if err1 != nil || err2 != nil || len(dest) != 4 || len(mask) != 4 {
			continue
		}
		ones := bits.OnesCount32(binary.BigEndian.Uint32(mask))
		if ones == 0 {
			continue // the default route covers everything and takes nothing
		}
		routes = append(routes, netip.PrefixFrom(netip.AddrFrom4([4]byte{dest[3], dest[2], dest[1], dest[0]}), ones))
	}
	return routes
}

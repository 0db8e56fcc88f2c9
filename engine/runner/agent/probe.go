package agent

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// probe makes one attempt of the kind that p names.
func probe(p wire.Probe) wire.Probed {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(p.TimeoutMS)*time.Millisecond)
	defer cancel()
	var err error
	switch p.Kind {
	case wire.ProbeTCP:
		err = probeTCP(ctx, p.Target)
	case wire.ProbeHTTP:
		err = probeHTTP(ctx, p.Target, p.Statuses)
	case wire.ProbeGRPC:
		err = probeGRPC(ctx, p.Target, p.Service)
	case wire.ProbeFile:
		err = probeFile(p.Target)
	case wire.ProbeSealed:
		err = probeSealed(ctx, p.Targets, true)
	case wire.ProbeSilent:
		err = probeSealed(ctx, p.Targets, false)
	default:
		err = fmt.Errorf("unknown kind of probe %q", p.Kind)
	}
	if err != nil {
		return wire.Probed{Detail: err.Error()}
	}
	return wire.Probed{OK: true}
}

func probeTCP(ctx context.Context, target string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", target)
	if err != nil {
		return err
	}
	return conn.Close()
}

func probeFile(path string) error {
	_, err := os.Stat(path)
	return err
}

// transport asks what it is told to ask: without the proxies that an image may
// name, without redirections, and without looking at certificates, which say
// nothing about readiness.
func transport(http2 bool) *http.Transport {
	t := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	if http2 {
		t.Protocols = new(http.Protocols)
		t.Protocols.SetUnencryptedHTTP2(true)
	}
	return t
}

func probeHTTP(ctx context.Context, target string, statuses []int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	t := transport(false)
	defer t.CloseIdleConnections()
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if ok := resp.StatusCode >= 200 && resp.StatusCode <= 399; len(statuses) == 0 && !ok || len(statuses) > 0 && !slices.Contains(statuses, resp.StatusCode) {
		said, err := io.ReadAll(io.LimitReader(resp.Body, 200))
		if text := strings.TrimSpace(string(said)); err == nil && text != "" {
			return fmt.Errorf("GET %s answered %s: %s", target, resp.Status, text)
		}
		return fmt.Errorf("GET %s answered %s", target, resp.Status)
	}
	// The body must arrive, but what it says does not matter.
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return fmt.Errorf("read the answer of %s: %w", target, err)
	}
	return nil
}

// probeSealed fails when a target can be reached. A refused connection counts as
// reached: something out there refused it. Silence is no proof by itself; it
// counts as sealed when not even the next hop has answered by then, which a
// neighbour on the same bridge does within a millisecond. Where the next hop is
// the host, which may be reached and drops what would go further, silence must do.
// Where there is no way, there is no address of IP version 6 either.
func probeSealed(ctx context.Context, targets []string, noWay bool) error {
	if noWay {
		list, err := os.ReadFile("/proc/net/if_inet6")
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel without it has no such list
			return fmt.Errorf("look for addresses of IP version 6: %w", err)
		}
		if err := onlyLoopback(string(list)); err != nil {
			return err
		}
	}
	results := make(chan error, len(targets))
	for _, t := range targets {
		go func() { results <- sealedFrom(ctx, t, noWay) }()
	}
	var errs []error
	for range targets {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

// onlyLoopback fails when an interface but the loopback is in /proc/net/if_inet6:
// whoever is on the same wire, the host too, is reached by such addresses without
// any route.
func onlyLoopback(list string) error {
	for line := range strings.Lines(list) {
		if f := strings.Fields(line); len(f) == 6 && f[5] != "lo" {
			return fmt.Errorf("%s has an address of IP version 6, by which its neighbours and the host can be reached", f[5])
		}
	}
	return nil
}

// sealedFrom makes the attempt for one target.
func sealedFrom(ctx context.Context, target string, noWay bool) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp4", target)
	switch {
	case err == nil:
		_ = conn.Close() // nothing was written
		return fmt.Errorf("%s answered", target)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return nil
	case !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err):
		return fmt.Errorf("%s: %w", target, err)
	case !noWay:
		return nil
	}
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		return err
	}
	routes, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return fmt.Errorf("look for a route to %s: %w", host, err)
	}
	neighbours, err := os.ReadFile("/proc/net/arp")
	if err != nil {
		return fmt.Errorf("look for a route to %s: %w", host, err)
	}
	if hop := nextHop(string(routes), net.ParseIP(host)); answered(string(neighbours), hop) {
		return fmt.Errorf("there is a way to %s: its next hop %s answers", host, hop)
	}
	return nil
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// nextHop finds to whom a packet for ip is handed, in /proc/net/route: to ip
// itself when it is in a network of this container, else to a gateway. The most
// specific route decides.
func nextHop(routes string, ip net.IP) string {
	hop, best := ip.String(), -1
	for line := range strings.Lines(routes) {
		f := strings.Fields(line)
		if len(f) < 8 {
			continue
		}
		dest, gateway, mask := routeAddr(f[1]), routeAddr(f[2]), routeAddr(f[7])
		ones, _ := net.IPMask(mask).Size()
		if dest == nil || gateway == nil || mask == nil || ones <= best || !(&net.IPNet{IP: dest, Mask: net.IPMask(mask)}).Contains(ip) {
			continue
		}
		hop, best = gateway.String(), ones
		if gateway.Equal(net.IPv4zero) {
			hop = ip.String()
		}
	}
	return hop
}

// routeAddr reads an address as /proc/net/route has it: hexadecimal, in the
// byte order of the machine, which is little endian wherever the agent runs.
func routeAddr(text string) net.IP {
	n, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		return nil
	}
	ip := make(net.IP, 4)
	binary.LittleEndian.PutUint32(ip, uint32(n))
	return ip
}

// answered reports whether /proc/net/arp has a complete entry for ip.
func answered(neighbours, ip string) bool {
	for line := range strings.Lines(neighbours) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != ip {
			continue
		}
		flags, err := strconv.ParseUint(f[2], 0, 32)
		const complete = 0x2
		return err == nil && flags&complete != 0
	}
	return false
}

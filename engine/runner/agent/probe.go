package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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
		err = probeHTTP(ctx, p.Target)
	case wire.ProbeSealed:
		err = probeSealed(ctx, p.Targets)
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

func probeHTTP(ctx context.Context, target string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return fmt.Errorf("GET %s answered %s", target, resp.Status)
	}
	// The body must arrive, but what it says does not matter.
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return fmt.Errorf("read the answer of %s: %w", target, err)
	}
	return nil
}

// probeSealed fails when a target can be reached, or when the kernel has a
// route to it although nobody answered in time. A refused connection counts as
// reached: something out there refused it. Targets in the container's own
// network have a route by nature; for those, silence means sealed.
func probeSealed(ctx context.Context, targets []string) error {
	results := make(chan error, len(targets))
	for _, t := range targets {
		go func() { results <- sealedFrom(ctx, t) }()
	}
	var errs []error
	for range targets {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

// sealedFrom makes the attempt for one target.
func sealedFrom(ctx context.Context, target string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", target)
	switch {
	case err == nil:
		_ = conn.Close() // nothing was written
		return fmt.Errorf("%s answered", target)
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return nil
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		if onLink(target) {
			return nil
		}
		return fmt.Errorf("there is a route to %s", target)
	default:
		return fmt.Errorf("%s: %w", target, err)
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// onLink reports whether target lies in a network of one of the interfaces.
func onLink(target string) bool {
	host, _, err := net.SplitHostPort(target)
	if err != nil {
		return false
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.Contains(ip) {
			return true
		}
	}
	return false
}

package local

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// reserve takes the ports of the session's services. Scenarios that use the same
// port run one after the other. A port on which another program listens is an
// error: it would answer in the service's place.
func (s *session) reserve(ctx context.Context) error {
	var want []int
	for _, n := range s.nodes {
		for _, p := range n.svc.Ports {
			if slices.Contains(want, p) {
				return &runner.EnvironmentError{
					What:   fmt.Sprintf("port %d is used by several services of the scenario, and locally they share one machine", p),
					Remedy: "give each a port of its own, or use --backend docker",
				}
			}
			want = append(want, p)
		}
	}
	if err := s.b.take(ctx, want); err != nil {
		return err
	}
	s.ports = want
	for _, p := range want {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)), time.Second)
		if err != nil {
			continue // nobody listens, as it must be
		}
		_ = conn.Close() // nothing was written
		return &runner.EnvironmentError{
			What:   fmt.Sprintf("port %d is in use by another program on this machine", p),
			Remedy: "end that program, or use --backend docker",
		}
	}
	return nil
}

// take waits until nobody of this backend uses any of the ports, and takes all.
func (b *Backend) take(ctx context.Context, ports []int) error {
	for {
		b.mu.Lock()
		var busy chan struct{}
		for _, p := range ports {
			if ch := b.ports[p]; ch != nil {
				busy = ch
			}
		}
		if busy == nil {
			for _, p := range ports {
				b.ports[p] = make(chan struct{})
			}
			b.mu.Unlock()
			return nil
		}
		b.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// giveBack gives ports back.
func (b *Backend) giveBack(ports []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range ports {
		close(b.ports[p])
		delete(b.ports, p)
	}
}

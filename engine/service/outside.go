package service

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// reachWithin bounds how long a service that runs elsewhere may take to answer.
	reachWithin = 5 * time.Second
	// reachPause is the pause between two attempts.
	reachPause = 250 * time.Millisecond
)

// Reach asks a service that runs elsewhere whether it is there: over HTTP for the
// path by which its plugin tells that it is well, or for a connection to
// host:port. The error is that of the last attempt.
func Reach(ctx context.Context, s *spec.Service) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	for {
		err := attempt(ctx, s)
		if err == nil {
			return nil
		}
		pause := time.NewTimer(reachPause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

// attempt asks once.
func attempt(ctx context.Context, s *spec.Service) error {
	if !strings.Contains(s.Endpoint, "://") {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", s.Endpoint)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	p, _ := spec.PluginOf(s.Plugin) // one that is not known is refused before
	target := s.Endpoint
	if p.Health != "" {
		target = strings.TrimSuffix(target, "/") + p.Health
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return fmt.Errorf("read the answer of %s: %w", target, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return fmt.Errorf("GET %s answered %s", target, resp.Status)
	}
	return nil
}

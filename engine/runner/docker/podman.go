package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// podman is what engineOf calls Podman.
const podman = "Podman"

// prepareAttach makes a container that was created ready to be attached to,
// before it is started. Docker's always are; Podman must be told over its own
// API to set the container up.
func (d *daemon) prepareAttach(ctx context.Context, id string) error {
	if d.engine != podman {
		return nil
	}
	dial := d.api.Dialer()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://podman/v4.0.0/libpod/containers/"+id+"/init", nil)
	if err != nil {
		return fmt.Errorf("set up the container: %w", err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("set up the container: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return errors.Join(fmt.Errorf("set up the container: %s: %s", resp.Status, text), err)
	}
	return nil
}

package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/moby/moby/client"
)

// engineClient speaks to a daemon. Answers of Podman that tell of networks are
// mended before they are read.
type engineClient struct {
	*client.Client
	said    atomic.Bool    // the daemon has said that it is Podman
	libpod  *http.Client   // nil unless the daemon is Podman
	telling *client.Client // for answers that tell of networks; nil unless it is Podman
}

// hear notes who answers.
func (e *engineClient) hear(r *http.Response) {
	if r.Header.Get("Libpod-Api-Version") != "" {
		e.said.Store(true)
	}
}

// isPodman makes e the client of a Podman.
func (e *engineClient) isPodman() error {
	dial := e.Dialer()
	transport := &http.Transport{
		DialContext:  func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		MaxIdleConns: 6, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
	}
	mended := &http.Client{Transport: mender{transport}}
	telling, err := client.New(client.WithHost("tcp://podman"), client.WithHTTPClient(mended), client.WithScheme("http"))
	if err != nil {
		return fmt.Errorf("speak to Podman: %w", err)
	}
	e.libpod, e.telling = &http.Client{Transport: transport}, telling
	return nil
}

// Close lets go of the connections.
func (e *engineClient) Close() error {
	err := e.Client.Close()
	if e.telling != nil {
		e.libpod.CloseIdleConnections()
		err = errors.Join(err, e.telling.Close())
	}
	return err
}

// tells is the client for what tells of networks.
func (e *engineClient) tells() *client.Client {
	if e.telling != nil {
		return e.telling
	}
	return e.Client
}

// NetworkList lists networks.
func (e *engineClient) NetworkList(ctx context.Context, o client.NetworkListOptions) (client.NetworkListResult, error) {
	return e.tells().NetworkList(ctx, o)
}

// NetworkInspect describes a network.
func (e *engineClient) NetworkInspect(ctx context.Context, network string, o client.NetworkInspectOptions) (client.NetworkInspectResult, error) {
	return e.tells().NetworkInspect(ctx, network, o)
}

// ContainerList lists containers.
func (e *engineClient) ContainerList(ctx context.Context, o client.ContainerListOptions) (client.ContainerListResult, error) {
	return e.tells().ContainerList(ctx, o)
}

// ContainerInspect describes a container.
func (e *engineClient) ContainerInspect(ctx context.Context, id string, o client.ContainerInspectOptions) (client.ContainerInspectResult, error) {
	return e.tells().ContainerInspect(ctx, id, o)
}

// mender mends the answers of Podman. The address of a gateway that a network does
// not have is "<nil>" there, which is no address, and one such network would keep
// the whole list from being read.
type mender struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (m mender) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := m.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	for _, nobody := range []string{`"Gateway":"<nil>"`, `"Gateway":"\u003cnil\u003e"`} {
		text = bytes.ReplaceAll(text, []byte(nobody), []byte(`"Gateway":""`))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

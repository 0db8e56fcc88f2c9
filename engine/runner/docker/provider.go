package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// runtimeName is the name under which testcontainers-go knows our daemon.
const runtimeName = "clnrm"

// fixedRuntime tells testcontainers-go the address instead of letting it search
// for one: its own search takes another daemon when the first does not answer
// (runner 0.5).
type fixedRuntime struct{ e endpoint }

func (f fixedRuntime) Initialize(context.Context) (testcontainers.RuntimeConfig, error) {
	socket, _ := strings.CutPrefix(f.e.Host, "unix://")
	c := testcontainers.RuntimeConfig{DockerHost: f.e.Host, DockerSocketPath: socket, PublishedHost: "localhost"}
	if f.e.tls() {
		// An address given here is dialled without TLS; these are then read
		// from the environment.
		c.DockerHost = ""
	}
	return c, nil
}

// setup guards the settings of testcontainers-go, which are those of the process.
var setup struct {
	sync.Mutex
	done bool
}

// newProvider returns a provider that creates containers with our client on our
// daemon. The settings are made before testcontainers-go reads its own: no
// reaper, which we neither need nor may pull; no messages on standard error; a
// session of ours, because its own is shared by all children of one shell.
func newProvider(d *daemon, session string) (*testcontainers.DockerProvider, error) {
	setup.Lock()
	defer setup.Unlock()
	if !setup.done {
		settings := map[string]string{
			"TESTCONTAINERS_RYUK_DISABLED": "true",
			"TESTCONTAINERS_SESSION_ID":    session,
			"TESTCONTAINERS_PROVIDER":      runtimeName,
		}
		if e := d.endpoint; e.tls() {
			settings["DOCKER_HOST"] = e.Host
			settings["DOCKER_TLS_VERIFY"] = "1"
			settings["DOCKER_CERT_PATH"] = strings.TrimSuffix(e.CA, "/ca.pem")
		}
		for name, value := range settings {
			if err := os.Setenv(name, value); err != nil {
				return nil, fmt.Errorf("set %s: %w", name, err)
			}
		}
		log.SetDefault(log.NewNoopLogger())
		if err := testcontainers.RegisterProvider(runtimeName, func() testcontainers.RuntimeProvider { return fixedRuntime{d.endpoint} }); err != nil {
			return nil, fmt.Errorf("set up testcontainers: %w", err)
		}
		setup.done = true
	}
	p, err := testcontainers.NewDockerProvider(testcontainers.Generic2DockerOptions(testcontainers.WithLogger(log.NewNoopLogger()))...)
	if err != nil {
		return nil, fmt.Errorf("set up testcontainers: %w", err)
	}
	if p.Config().Config.HubImageNamePrefix != "" {
		return nil, errors.New("hub.image.name.prefix is set for testcontainers, which would replace the images of the tests; unset it")
	}
	if err := p.Close(); err != nil { // the connections of its own client
		return nil, fmt.Errorf("set up testcontainers: %w", err)
	}
	p.SetClient(&sharedClient{Client: d.api})
	return p, nil
}

// sharedClient keeps testcontainers-go from closing the connections of the
// client after every call.
// It is asked about an image twice before each creation; an id is that of the
// same image for ever, so the daemon is asked once.
type sharedClient struct {
	*client.Client
	images sync.Map // by id: client.ImageInspectResult
}

// Close leaves the client open; the backend closes it.
func (*sharedClient) Close() error { return nil }

// ImageInspect describes an image. One that was removed meanwhile is told by the
// creation.
func (c *sharedClient) ImageInspect(ctx context.Context, image string, opts ...client.ImageInspectOption) (client.ImageInspectResult, error) {
	if known, ok := c.images.Load(image); ok {
		return known.(client.ImageInspectResult), nil
	}
	r, err := c.Client.ImageInspect(ctx, image, opts...)
	if err == nil && r.ID == image {
		c.images.Store(image, r)
	}
	return r, err
}

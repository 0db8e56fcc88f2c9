package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
)

// runtimeName is the name under which testcontainers-go knows our daemon.
const runtimeName = "clnrm"

// fixedRuntime tells testcontainers-go an address instead of letting it search
// for one: its own search takes another daemon when the first does not answer.
type fixedRuntime struct{ host string }

func (f fixedRuntime) Initialize(context.Context) (testcontainers.RuntimeConfig, error) {
	return testcontainers.RuntimeConfig{DockerHost: f.host, DockerSocketPath: "/var/run/docker.sock", PublishedHost: "localhost"}, nil
}

// introduce answers the one question that testcontainers-go asks with a client of
// its own, which can neither go through ssh nor take the certificates of a
// context: who the daemon is. All that it does later goes through our client.
func introduce(d *daemon, host string) (stop func() error, err error) {
	l, err := net.Listen("unix", strings.TrimPrefix(host, "unix://"))
	if err != nil {
		return nil, err
	}
	s := &http.Server{
		ReadHeaderTimeout: answerWithin,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Api-Version", d.api.ClientVersion())
			if strings.HasSuffix(r.URL.Path, "/info") {
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(d.info) // whoever asked hears that it failed
			}
		}),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // ends with ErrServerClosed
	}()
	return func() error {
		err := s.Close()
		<-done
		return err
	}, nil
}

// setup guards the settings of testcontainers-go, which are those of the process.
var setup struct {
	sync.Mutex
	host string // where it asks who the daemon is; "" before they are made
}

// newProvider returns a provider that creates containers with our client on our
// daemon. The settings are made before testcontainers-go reads its own: no
// reaper, which we neither need nor may pull; no messages on standard error; a
// session of ours, because its own is shared by all children of one shell.
func newProvider(d *daemon, session string) (*testcontainers.DockerProvider, error) {
	setup.Lock()
	defer setup.Unlock()
	if setup.host == "" {
		for name, value := range map[string]string{
			"TESTCONTAINERS_RYUK_DISABLED": "true",
			"TESTCONTAINERS_SESSION_ID":    session,
			"TESTCONTAINERS_PROVIDER":      runtimeName,
		} {
			if err := os.Setenv(name, value); err != nil {
				return nil, fmt.Errorf("set %s: %w", name, err)
			}
		}
		log.SetDefault(log.NewNoopLogger())
		host := "unix://@clnrm-" + owner.Token() // a name without a file
		if err := testcontainers.RegisterProvider(runtimeName, func() testcontainers.RuntimeProvider { return fixedRuntime{host} }); err != nil {
			return nil, fmt.Errorf("set up testcontainers: %w", err)
		}
		setup.host = host
	}
	stop, err := introduce(d, setup.host)
	if err != nil {
		return nil, fmt.Errorf("set up testcontainers: %w", err)
	}
	p, err := testcontainers.NewDockerProvider(testcontainers.Generic2DockerOptions(testcontainers.WithLogger(log.NewNoopLogger()))...)
	if err = errors.Join(err, stop()); err != nil {
		return nil, fmt.Errorf("set up testcontainers: %w", err)
	}
	if p.Config().Config.HubImageNamePrefix != "" {
		return nil, errors.New("hub.image.name.prefix is set for testcontainers, which would replace the images of the tests; unset it")
	}
	if err := p.Close(); err != nil { // the connections of its own client
		return nil, fmt.Errorf("set up testcontainers: %w", err)
	}
	p.SetClient(&sharedClient{engineClient: d.api})
	return p, nil
}

// sharedClient keeps testcontainers-go from closing the connections of the
// client after every call.
// It is asked about an image twice before each creation; an id is that of the
// same image for ever, so the daemon is asked once.
type sharedClient struct {
	*engineClient
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
	r, err := c.engineClient.ImageInspect(ctx, image, opts...)
	if err == nil && r.ID == image {
		c.images.Store(image, r)
	}
	return r, err
}

package docker

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// BenchmarkStep is a further step in a scenario that runs.
func BenchmarkStep(b *testing.B) {
	be := newBackend(b)
	s := open(b, be, request(busyboxContext(b), &spec.Service{Name: "box"}), &record{})
	for b.Loop() {
		if e, err := s.Exec(b.Context(), runner.Command{Service: "box", Argv: []string{"true"}}); err != nil || e.Code != 0 {
			b.Fatalf("%+v, %v", e, err)
		}
	}
}

// BenchmarkScenario is a whole scenario with one step, from Open to Close.
func BenchmarkScenario(b *testing.B) {
	be := newBackend(b)
	r := request(busyboxContext(b), &spec.Service{Name: "box"})
	if err := be.Prepare(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := be.Open(b.Context(), r, &record{})
		if err != nil {
			b.Fatal(err)
		}
		if e, err := s.Exec(b.Context(), runner.Command{Service: "box", Argv: []string{"true"}}); err != nil || e.Code != 0 {
			b.Fatalf("%+v, %v", e, err)
		}
		if _, err := s.Finish(b.Context(), time.Second); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWarmScenario is a scenario with ten steps whose containers were created
// ahead, from the request to the account of its telemetry: what somebody waits
// for who has pressed the key.
func BenchmarkWarmScenario(b *testing.B) {
	be := newBackend(b)
	r := request(busyboxContext(b), &spec.Service{Name: "box", Args: []string{"sleep", "1000"}})
	for b.Loop() {
		b.StopTimer()
		keepWarm(b, be, 10, r)
		b.StartTimer()
		s, err := be.Open(b.Context(), r, &record{})
		if err != nil {
			b.Fatal(err)
		}
		for range 10 {
			if e, err := s.Exec(b.Context(), runner.Command{Service: "box", Argv: []string{"true"}}); err != nil || e.Code != 0 {
				b.Fatalf("%+v, %v", e, err)
			}
		}
		if _, err := s.Finish(b.Context(), time.Second); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := s.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkBareContainer is what the Docker API needs for the same: create and
// start an equal container, execute one command in it, remove it.
func BenchmarkBareContainer(b *testing.B) {
	be := newBackend(b)
	r := request(busyboxContext(b), &spec.Service{Name: "box"})
	if err := be.Prepare(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	img, err := be.conn.image(b.Context(), r.Dir, r.Services[0], func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := bareContainer(b.Context(), be.conn, img.ID, be.owner); err != nil {
			b.Fatal(err)
		}
	}
}

// bareContainer runs one command in a container with the limits of ours.
func bareContainer(ctx context.Context, c *connection, image, owner string) error {
	var host container.HostConfig
	c.hostConfig(&host, &node{svc: &spec.Service{}, limits: c.limits(spec.Limits{})}, placement{})
	host.AutoRemove = false
	r, err := c.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config:     &container.Config{Image: image, Cmd: []string{"/bin/sleep", "1000"}, Labels: map[string]string{labelOwner: owner}},
		HostConfig: &host,
	})
	if err != nil {
		return err
	}
	if _, err := c.api.ContainerStart(ctx, r.ID, client.ContainerStartOptions{}); err != nil {
		return err
	}
	e, err := c.api.ExecCreate(ctx, r.ID, client.ExecCreateOptions{Cmd: []string{"/bin/true"}, AttachStdout: true})
	if err != nil {
		return err
	}
	at, err := c.api.ExecAttach(ctx, e.ID, client.ExecAttachOptions{})
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, at.Reader); err != nil {
		return err
	}
	at.Close()
	_, err = c.api.ContainerRemove(ctx, r.ID, client.ContainerRemoveOptions{Force: true})
	return err
}

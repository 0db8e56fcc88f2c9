package docker

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// image returns the image of a service, with errors as runner has them.
func (c *connection) image(ctx context.Context, dir string, s *spec.Service, progress func(string)) (service.Image, error) {
	img, err := c.images.Resolve(ctx, dir, s, progress)
	var missing *service.UnavailableError
	var build *service.BuildError
	switch {
	case errors.As(err, &missing):
		return img, &runner.EnvironmentError{What: "service " + s.Name + ": " + missing.What, Remedy: missing.Remedy, Err: missing.Err}
	case errors.As(err, &build):
		e := &runner.ServiceError{Service: s.Name, What: build.Error(), Log: build.Log, Pos: s.Pos}
		if s.Build != nil {
			e.Pos = s.Build.Pos
		}
		return img, e
	case err != nil && ctx.Err() == nil:
		return img, &runner.EnvironmentError{What: "the image of service " + s.Name + " could not be made", Err: err}
	}
	return img, err
}

// bringUp starts the service's own process once what it depends on has come as
// far as the test asks, and waits until it is ready itself.
func (s *session) bringUp(ctx context.Context, n *node) error {
	for _, dep := range s.nodes {
		if dep == n {
			break // what comes later cannot be awaited: the request has dependencies first
		}
		if !slices.Contains(n.svc.DependsOn, dep.svc.Name) {
			continue
		}
		if err := s.awaitDependency(ctx, n, dep); err != nil {
			return err
		}
	}
	if err := s.startService(ctx, n); err != nil {
		return err
	}
	close(n.started)
	if err := n.await.Await(ctx, s.out.Progress); err != nil {
		return err
	}
	close(n.ready)
	return nil
}

// dependencyLimit bounds how long a service that must have ended may take; one
// that has a condition of its own for that is bounded by it.
const dependencyLimit = 5 * time.Minute

// awaitDependency waits until a service that n depends on has come as far as the
// test asks.
func (s *session) awaitDependency(ctx context.Context, n, dep *node) error {
	come := dep.ready
	if n.svc.Until[dep.svc.Name] == spec.UntilStarted {
		come = dep.started
	}
	select {
	case <-come:
	case <-ctx.Done():
		return ctx.Err()
	}
	if n.svc.Until[dep.svc.Name] == spec.UntilExited {
		return dep.await.AwaitExit(ctx, 0, dependencyLimit, s.out.Progress)
	}
	return nil
}

// startService starts the image's command, or the test's args, if there is one.
func (s *session) startService(ctx context.Context, n *node) error {
	argv := n.image.Command(n.svc.Args)
	if len(argv) == 0 {
		return nil
	}
	proc, err := n.start(argv, nil, "", 0, func(stderr bool, p []byte) {
		n.await.Log.Add(stderr, p)
		s.out.Output(n.svc.Name, "", stream(stderr), p)
	})
	if err != nil {
		return n.lost(err)
	}
	n.await.Own(proc)
	select {
	case <-proc.Started():
		return nil
	case <-proc.Exited():
		if e := proc.Exit(); e.StartError != "" {
			return n.fault("it could not be started: " + e.StartError)
		}
		return nil // started, and ended at once
	case <-n.client.Done():
		return n.lost(n.client.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fault is a *runner.ServiceError with the end of the service's output.
func (n *node) fault(what string) error { return n.await.Fault(n.svc.Pos, what) }

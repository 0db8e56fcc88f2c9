package docker

import (
	"context"
	"errors"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/readiness"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
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

// bringUp starts the service's own process and waits until it is ready.
func (s *session) bringUp(ctx context.Context, n *node, earlier []*readiness.Node) error {
	err := n.await.BringUp(ctx, earlier, n.image.Command(n.svc.Args), s.ownOutput(n), s.out.Progress)
	return s.c.unstartable(n, err)
}

// ownOutput hands on what the own process of a service prints.
func (s *session) ownOutput(n *node) client.Output {
	return func(stderr bool, p []byte) { s.out.Output(n.svc.Name, "", shared.Stream(stderr), p) }
}

// awaits are the services of s that have containers, in the order of their start.
func (s *session) awaits() []*readiness.Node {
	list := make([]*readiness.Node, len(s.nodes))
	for i, n := range s.nodes {
		list[i] = n.await
	}
	return list
}

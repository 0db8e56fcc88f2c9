package docker

import (
	"context"
	"errors"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	moby "github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

const (
	// closeLimit bounds how long it may take to take everything down.
	closeLimit = 30 * time.Second
	// leaveWithin bounds how long a container may take to end and remove itself
	// before it is killed.
	leaveWithin = 3 * time.Second
)

// Close implements runner.Session. It goes on when ctx has ended, for at most
// closeLimit: an interrupted run must leave nothing behind either.
func (s *session) Close(ctx context.Context) error {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
		defer cancel()
		s.closed = s.takeDown(ctx)
		s.b.sessions.Leave(s)
	})
	return s.closed
}

// takeDown removes everything and makes sure that nothing is left.
func (s *session) takeDown(ctx context.Context) error {
	s.restarts.cancel()
	var g errgroup.Group
	known := map[string]bool{s.network: true}
	for _, n := range s.everyNode() {
		known[n.id], known[n.networkID()] = true, true
		g.Go(func() error { return s.removeNode(ctx, n) })
	}
	var others found
	if s.unsure.Load() { // a request that failed may have been carried out
		g.Go(func() (err error) {
			others, err = find(ctx, s.c.api, labelSession, s.token, nil)
			others.without(known)
			return err
		})
	}
	errs := []error{g.Wait()}
	s.restarts.end()
	if s.network != "" {
		errs = append(errs, removeNetwork(ctx, s.c.api, s.network))
	}
	if err := errors.Join(append(errs, others.remove(ctx, s.c.api))...); err != nil {
		s.suspect()
		return &runner.EnvironmentError{
			What:   "not everything that the scenario started could be removed",
			Remedy: "clnrm-tui clean removes it when the daemon is well again", Err: err,
		}
	}
	return nil
}

// suspect notes that something may have been created that has no handle here, so
// that it is looked for by its label at the end.
func (s *session) suspect() {
	s.unsure.Store(true)
	s.b.suspect()
}

// removeNode removes the containers of n and ends the streams to its agents.
func (s *session) removeNode(ctx context.Context, n *node) error {
	var err error
	if n.id != "" && !(n.greeted && s.c.leave(ctx, n)) {
		err = removeContainer(ctx, s.c.api, n.id)
	}
	err = errors.Join(err, s.leaveBeside(ctx, n))
	if n.client != nil {
		n.client.Close()
	}
	return err
}

// leave ends the stream to the agent of n when that is process 1, on which the
// container ends and removes itself, and reports whether it is gone. To kill it
// would give the engine more to do.
func (c *connection) leave(ctx context.Context, n *node) (gone bool) {
	n.client.Close()
	ctx, cancel := context.WithTimeout(ctx, leaveWithin)
	defer cancel()
	r := c.api.ContainerWait(ctx, n.id, moby.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	select { // one of them comes, at the end of ctx too
	case end := <-r.Result:
		return end.Error == nil
	case err := <-r.Error:
		return errdefs.IsNotFound(err)
	}
}

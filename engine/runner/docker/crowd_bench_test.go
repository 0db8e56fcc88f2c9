package docker

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// quiet is an observer that listens to nothing.
type quiet struct{}

func (quiet) Queued(int, string)                            {}
func (quiet) Started()                                      {}
func (quiet) Progress(string)                               {}
func (quiet) StepStarted(int)                               {}
func (quiet) StepFinished(int, runner.StepOutcome)          {}
func (quiet) Output(_, _ string, _ runner.Stream, _ []byte) {}
func (quiet) Missing(string)                                {}
func (quiet) Uses([]runner.Use)                             {}
func (quiet) Keep(string, string) (io.WriteCloser, error)   { return nil, io.ErrClosedPipe }

// tenSteps is a job of one service and ten steps.
func tenSteps(b *testing.B) *runner.Job {
	r := request(busyboxContext(b), &spec.Service{Name: "box"})
	sc := &spec.Scenario{Name: "ten", Service: "box"}
	for i := range 10 {
		sc.Steps = append(sc.Steps, &spec.Step{Name: fmt.Sprint("s", i), Command: []string{"true"}})
	}
	r.File.Scenarios = []*spec.Scenario{sc}
	return &runner.Job{RunID: "bench", Dir: r.Dir, File: r.File, Scenario: sc}
}

// carryOut runs a job n times and waits until all containers are gone.
func carryOut(b *testing.B, s *runner.Scheduler, j *runner.Job, n int) {
	for range n {
		s.Submit(b.Context(), j, quiet{}, func(o *runner.Outcome) {
			if o.Err != nil || o.Commands() != 10 {
				b.Errorf("%d commands, %v", o.Commands(), o.Err)
			}
		}, func() {})
	}
	s.Wait()
}

// justContainer creates, starts and removes a container with the limits of ours.
// With known, the engine knows of its network, as of that of every container for
// which the API is asked for the network "none".
func justContainer(ctx context.Context, c *connection, n *node, image, owner string, known bool) error {
	var host container.HostConfig
	c.hostConfig(&host, n, placement{})
	host.AutoRemove = false
	r, err := c.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{
			Image: image, Cmd: []string{"/bin/sleep", "1000"}, Labels: map[string]string{labelOwner: owner},
			NetworkDisabled: !known && n.alone(placement{}),
		},
		HostConfig: &host,
	})
	if err != nil {
		return err
	}
	if _, err := c.api.ContainerStart(ctx, r.ID, client.ContainerStartOptions{}); err != nil {
		return err
	}
	_, err = c.api.ContainerRemove(ctx, r.ID, client.ContainerRemoveOptions{Force: true})
	return err
}

// BenchmarkTenStepsOverBare is one scenario with one service and ten steps, from
// the queue until its container is gone; ratio compares it with the creation, the
// start and the removal of an equal container with the network "none" through the
// Docker API, and equal-ratio with the same in a network that the engine does not
// know of either, as ours is (decision 23), taken in turn.
func BenchmarkTenStepsOverBare(b *testing.B) { overBare(b, 1, 1) }

// BenchmarkHundredOverCeiling is a hundred scenarios with one service and ten
// steps each, four side by side; ratio and equal-ratio compare them with a hundred
// bare containers as TenStepsOverBare does, created, started and removed four at a
// time: the ceiling of the engine.
func BenchmarkHundredOverCeiling(b *testing.B) { overBare(b, 100, 4) }

func overBare(b *testing.B, n, width int) {
	be := newBackend(b)
	j := tenSteps(b)
	s := runner.NewScheduler(be, width, runner.Simple{})
	carryOut(b, s, j, width) // builds the image and the agent
	svc := j.File.Services[0]
	img, err := be.conn.image(b.Context(), j.Dir, svc, func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	bare := func(known bool) func() {
		return func() {
			var g errgroup.Group
			g.SetLimit(width)
			for range n {
				g.Go(func() error {
					nd := newNode(svc)
					nd.limits = be.conn.limits(spec.Limits{})
					return justContainer(b.Context(), be.conn, nd, img.ID, be.owner, known)
				})
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	}
	kinds := []func(){func() { carryOut(b, s, j, n) }, bare(true), bare(false)}
	took := make([]time.Duration, len(kinds))
	for b.Loop() {
		for i, f := range kinds {
			start := time.Now()
			f()
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(took[0])/float64(took[1]), "ratio")
	b.ReportMetric(float64(took[0])/float64(took[2]), "equal-ratio")
}

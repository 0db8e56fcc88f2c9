package runner

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Scheduler runs jobs side by side within limits: at most Width jobs, and at
// most Containers containers, at any instant. Jobs start in the order of
// submission; one that needs more than all containers runs alone.
type Scheduler struct {
	backend    Backend
	containers int64
	width      *semaphore.Weighted
	room       *semaphore.Weighted
	wg         sync.WaitGroup

	mu    sync.Mutex
	queue []*ticket
	used  int64
}

// ticket is a job's place in the queue.
type ticket struct {
	obs  Observer
	turn chan struct{} // closed when the ticket is first in the queue
}

// NewScheduler returns a scheduler over b. width and containers are at least 1.
func NewScheduler(b Backend, width, containers int) *Scheduler {
	width, containers = max(1, width), max(1, containers)
	return &Scheduler{
		backend: b, containers: int64(containers),
		width: semaphore.NewWeighted(int64(width)),
		room:  semaphore.NewWeighted(int64(containers)),
	}
}

// Submit queues a job and returns at once. done is called exactly once, from
// another goroutine, also when ctx ends while the job is queued; the containers
// may still be going away then. gone is called once after that, when everything
// of the job is gone.
func (s *Scheduler) Submit(ctx context.Context, job *Job, obs Observer, done func(*Outcome), gone func()) {
	t := &ticket{obs: obs, turn: make(chan struct{})}
	s.mu.Lock()
	s.queue = append(s.queue, t)
	position := len(s.queue)
	if position == 1 {
		close(t.turn)
	}
	s.mu.Unlock()
	obs.Queued(position)

	s.wg.Go(func() {
		defer gone()
		weight := min(int64(len(Services(job.File, job.Scenario))), s.containers)
		if err := s.enter(ctx, t, weight); err != nil {
			done(&Outcome{Job: job, Err: context.Cause(ctx)})
			return
		}
		defer s.leave(weight)
		obs.Started()
		out, closeSession := execute(ctx, s.backend, job, obs)
		done(out)
		closeSession()
	})
}

// enter waits for the ticket's turn and for room, then leaves the queue.
func (s *Scheduler) enter(ctx context.Context, t *ticket, weight int64) error {
	defer s.dequeue(t)
	select {
	case <-t.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.width.Acquire(ctx, 1); err != nil {
		return err
	}
	if err := s.room.Acquire(ctx, weight); err != nil {
		s.width.Release(1)
		return err
	}
	s.mu.Lock()
	s.used += weight
	s.mu.Unlock()
	return nil
}

// dequeue takes a ticket out and tells the others their new positions.
func (s *Scheduler) dequeue(t *ticket) {
	s.mu.Lock()
	i := slices.Index(s.queue, t)
	s.queue = slices.Delete(s.queue, i, i+1)
	if i == 0 && len(s.queue) > 0 {
		close(s.queue[0].turn)
	}
	behind := slices.Clone(s.queue[i:])
	s.mu.Unlock()
	for k, b := range behind {
		b.obs.Queued(i + k + 1)
	}
}

func (s *Scheduler) leave(weight int64) {
	s.mu.Lock()
	s.used -= weight
	s.mu.Unlock()
	s.room.Release(weight)
	s.width.Release(1)
}

// Containers returns the containers in use and the limit.
func (s *Scheduler) Containers() (used, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.used), int(s.containers)
}

// Wait returns when every submitted job has ended and its containers are gone.
func (s *Scheduler) Wait() { s.wg.Wait() }

package runner

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Scheduler runs jobs side by side: at most width of them, and never more than
// its monitor has room for, but for one that is larger than everything there is:
// that runs alone. Jobs start in the order of submission; a smaller one may pass
// one that has to wait for room, maxPassed times at most.
type Scheduler struct {
	backend Backend
	monitor Monitor
	width   int
	wg      sync.WaitGroup

	// tell is held while observers hear of the queue, so that each hears things
	// in the order in which they became true. It is taken before mu.
	tell sync.Mutex

	mu       sync.Mutex
	queue    []*ticket
	running  int
	allowed  int // width at present: less after the daemon refused something
	promised Demand
	beside   map[place]Demand // what scenarios needed last time beside their services
	again    *time.Timer      // set while the monitor is to be asked again
}

// place names a scenario.
type place struct{ dir, file, scenario string }

// maxPassed is how many jobs may start before one that waits for room. After
// that nothing starts until it has its room: no job waits for ever.
const maxPassed = 16

// ticket is a job's place in the queue.
type ticket struct {
	obs    Observer
	place  place
	want   Demand
	beside Demand        // the part of want that was not known from the file
	turn   chan struct{} // closed when the job may start
	passed int           // jobs that started although they came later
	why    string        // what it waits for beside its turn

	// Guarded by Scheduler.tell:
	toldAt  int // position that the observer knows
	toldWhy string
}

// NewScheduler returns a scheduler over b with room for what m admits. width is
// at least 1.
func NewScheduler(b Backend, width int, m Monitor) *Scheduler {
	width = max(1, width)
	return &Scheduler{backend: b, monitor: m, width: width, allowed: width}
}

// Submit queues a job and returns at once. done is called exactly once, from
// another goroutine, also when ctx ends while the job is queued; the containers
// may still be going away then. gone is called once after that, when everything
// of the job is gone.
func (s *Scheduler) Submit(ctx context.Context, job *Job, obs Observer, done func(*Outcome), gone func()) {
	t := &ticket{obs: obs, want: DemandOf(job.File, job.Scenario), turn: make(chan struct{}), place: place{job.Dir, job.File.Path, job.Scenario.Name}}
	s.mu.Lock()
	ahead := s.beside[t.place]
	t.want = t.want.plus(ahead)
	s.queue = append(s.queue, t)
	s.mu.Unlock()
	s.inform() // every job is queued first, if only for a moment
	s.startNext()

	s.wg.Go(func() {
		defer gone()
		started := s.await(ctx, t)
		if ctx.Err() != nil {
			out := &Outcome{Job: job, Err: context.Cause(ctx)}
			if started { // at the very moment
				s.leave(t, out)
			}
			done(out)
			return
		}
		s.tell.Lock() // what was told of the queue comes before
		obs.Started()
		s.tell.Unlock()
		out, closeSession := execute(ctx, s.backend, job, obs, func(d Demand) { s.grow(t, ahead, d) })
		defer func() { s.leave(t, out) }()
		done(out)
		closeSession()
	})
}

// await waits for the ticket's turn. When ctx ends first, the ticket leaves the
// queue.
func (s *Scheduler) await(ctx context.Context, t *ticket) bool {
	select {
	case <-t.turn:
		return true
	case <-ctx.Done():
	}
	s.mu.Lock()
	i := slices.Index(s.queue, t)
	if i >= 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.dispatch() // those behind may fit where it did not
	}
	s.mu.Unlock()
	s.inform()
	return i < 0 // its turn came at the same moment
}

// dispatch starts what may start. The caller holds mu.
func (s *Scheduler) dispatch() {
	waits := false
	for i := 0; i < len(s.queue); {
		t := s.queue[i]
		t.why = ""
		if s.running >= s.allowed {
			i++
			continue
		}
		if waits && s.queue[0].passed >= maxPassed {
			t.why = s.queue[0].why
			i++
			continue
		}
		if s.running > 0 {
			if t.why = s.monitor.Blocked(s.promised, t.want); t.why != "" {
				waits = true
				i++
				continue
			}
		}
		for _, earlier := range s.queue[:i] {
			earlier.passed++
		}
		s.queue = slices.Delete(s.queue, i, i+1)
		s.running++
		s.promised = s.promised.plus(t.want)
		close(t.turn)
	}
	if d := s.monitor.Recheck(); waits && d > 0 && s.again == nil {
		s.again = time.AfterFunc(d, s.recheck)
	}
}

// startNext starts what may start and tells those that wait.
func (s *Scheduler) startNext() {
	s.mu.Lock()
	s.dispatch()
	s.mu.Unlock()
	s.inform()
}

// recheck is startNext when the timer has ended.
func (s *Scheduler) recheck() {
	s.mu.Lock()
	s.again = nil
	s.mu.Unlock()
	s.startNext()
}

// inform tells those in the queue their positions and what they wait for, each
// only what it has not been told.
func (s *Scheduler) inform() {
	s.tell.Lock()
	defer s.tell.Unlock()
	type news struct {
		t   *ticket
		why string
	}
	s.mu.Lock()
	list := make([]news, 0, len(s.queue))
	for _, t := range s.queue {
		list = append(list, news{t, t.why})
	}
	s.mu.Unlock()
	for i, n := range list {
		if n.t.toldAt == i+1 && n.t.toldWhy == n.why {
			continue
		}
		n.t.toldAt, n.t.toldWhy = i+1, n.why
		n.t.obs.Queued(i+1, n.why)
	}
}

// grow counts what a job that runs needs beside its services, where ahead was
// expected; the next time it is expected. A job that runs does not wait for it: two
// that did could wait for each other.
func (s *Scheduler) grow(t *ticket, ahead, by Demand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.beside = t.beside.plus(by)
	more := t.beside.minus(ahead).atLeast(Demand{}).minus(t.beside.minus(by).minus(ahead).atLeast(Demand{}))
	t.want, s.promised = t.want.plus(more), s.promised.plus(more)
	if s.beside == nil {
		s.beside = map[place]Demand{}
	}
	s.beside[t.place] = t.beside
}

// leave gives back what a job took. A daemon that refuses is given less to do at
// a time, and more again after each job that it carried out.
func (s *Scheduler) leave(t *ticket, out *Outcome) {
	var refused *EnvironmentError
	s.mu.Lock()
	s.running--
	s.promised = s.promised.minus(t.want)
	if out.Err == nil && t.beside == (Demand{}) {
		delete(s.beside, t.place) // it needs that no longer
	}
	if errors.As(out.Err, &refused) {
		s.allowed = max(1, s.allowed/2)
	} else {
		s.allowed = min(s.width, s.allowed+1)
	}
	s.dispatch()
	s.mu.Unlock()
	s.inform()
}

// Usage returns what is in use and the limits.
func (s *Scheduler) Usage() Usage {
	s.mu.Lock()
	promised := s.promised
	s.mu.Unlock()
	return s.monitor.Usage(promised)
}

// Width is how many jobs run side by side at most.
func (s *Scheduler) Width() int { return s.width }

// Wait returns when every submitted job has ended and its containers are gone.
func (s *Scheduler) Wait() { s.wg.Wait() }

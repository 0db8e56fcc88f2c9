package session

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Closer is a session that can be taken down.
type Closer interface {
	comparable
	Close(ctx context.Context) error
}

// Set is the sessions of a backend that are open or being opened. It is safe for
// concurrent use. Make one with NewSet.
type Set[S Closer] struct {
	closed error

	mu      sync.Mutex
	open    map[S]struct{}
	opening sync.WaitGroup // calls that have entered and are not done

	ended context.Context // closed by End; all that have entered give up then
	end   context.CancelFunc
}

// NewSet returns a set without sessions. closed is the error of what comes after
// its end.
func NewSet[S Closer](closed error) *Set[S] {
	s := &Set[S]{closed: closed, open: map[S]struct{}{}}
	s.ended, s.end = context.WithCancel(context.Background())
	return s
}

// Enter admits the opening of a session: its context also ends with the set, and
// done tells that it is over.
func (s *Set[S]) Enter(ctx context.Context, one S) (_ context.Context, done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Err() != nil {
		return nil, nil, s.closed
	}
	s.open[one] = struct{}{}
	s.opening.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ended, func() { cancel(s.closed) })
	return ctx, func() {
		stop()
		cancel(nil)
		s.opening.Done()
	}, nil
}

// Leave forgets a session that was taken down.
func (s *Set[S]) Leave(one S) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, one)
}

// Err is the error of NewSet after End; nil before.
func (s *Set[S]) Err() error {
	if s.ended.Err() != nil {
		return s.closed
	}
	return nil
}

// End has every opening give up, and admits none from now on.
func (s *Set[S]) End() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
}

// Close ends the set, waits for those who have entered, and takes down what is
// open. It returns what went wrong.
func (s *Set[S]) Close(ctx context.Context) (errs []error) {
	s.End()
	s.opening.Wait()
	s.mu.Lock()
	left := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, one := range left {
		errs = append(errs, one.Close(ctx))
	}
	return errs
}

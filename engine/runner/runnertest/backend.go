// Package runnertest is a scripted execution backend for tests of everything
// above containers: the scheduler, the engine, the commands. What containers do
// for real is tested against real ones.
package runnertest

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// Step scripts what one step does.
type Step struct {
	Stdout, Stderr string
	Exit           runner.Exit
	Spans          []runner.Payload // arrive while the step runs
	Err            error            // the step cannot be executed
	Hang           bool             // until its context ends or Release is closed
	Panic          bool             // the backend itself fails
}

// Backend is a scripted runner.Backend. Fields are set before its first use.
type Backend struct {
	Steps     map[string]Step // by step name; others exit 0 in silence
	OpenErr   error
	ReadyErr  error
	Telemetry runner.Telemetry // what Finish returns; the zero value becomes complete
	Lossy     bool             // Finish returns Telemetry as it is
	Release   chan struct{}    // ends steps that hang
	// Built says what every container was built from, and its fingerprint.
	Built func() (inputs []string, fingerprint string)
	// Sees changes what the evidence of a session says of a container.
	Sees func(c *runner.Container)
	// Exceptions say why a session was not hermetic.
	Exceptions []string
	// Beside is what every session says that it needs beside its services.
	Beside runner.Demand
	// Shared says that the backend does not isolate from the host.
	Shared bool

	mu      sync.Mutex
	id      string        // what every image is now; "" is that of the evidence
	tagged  chan struct{} // closed when that changes
	open    int
	most    int
	opened  int
	closed  bool
	Started chan string // when not nil, receives the name of every step that starts
}

// Name implements runner.Backend.
func (b *Backend) Name() string { return "scripted" }

// Hermetic implements runner.Backend.
func (b *Backend) Hermetic() bool { return !b.Shared }

// Ready implements runner.Backend.
func (b *Backend) Ready(context.Context) error { return b.ReadyErr }

// Prepare implements runner.Backend.
func (b *Backend) Prepare(context.Context, runner.Request) error { return nil }

// Close implements runner.Backend.
func (b *Backend) Close(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return nil
}

// Open implements runner.Backend.
func (b *Backend) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b.OpenErr != nil {
		return nil, b.OpenErr
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open += len(r.Services)
	b.most = max(b.most, b.open)
	b.opened++
	if b.Beside != (runner.Demand{}) && r.Beside != nil {
		r.Beside(b.Beside)
	}
	return &session{b: b, r: r, out: out}, nil
}

// Containers returns how many scripted containers are open now, and the most
// that were open at any instant.
func (b *Backend) Containers() (now, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open, b.most
}

// Tag makes every name stand for an image from now on; "" is that of the
// evidence.
func (b *Backend) Tag(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.id = id
	if b.tagged != nil {
		close(b.tagged)
		b.tagged = nil
	}
}

// ImageID implements runner.ImageTeller.
func (b *Backend) ImageID(context.Context, string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cmp.Or(b.id, "sha256:0"), nil
}

// ImagesChanged implements runner.ImageTeller.
func (b *Backend) ImagesChanged(ctx context.Context, changed func()) error {
	for {
		b.mu.Lock()
		if b.tagged == nil {
			b.tagged = make(chan struct{})
		}
		tagged := b.tagged
		b.mu.Unlock()
		changed()
		select {
		case <-tagged:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Opened is the number of sessions so far.
func (b *Backend) Opened() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened
}

type session struct {
	b   *Backend
	r   runner.Request
	out runner.Sink
}

// Exec implements runner.Session.
func (s *session) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	st := s.b.Steps[c.Step]
	if s.b.Started != nil {
		s.b.Started <- c.Step
	}
	if st.Panic {
		panic("scripted")
	}
	if st.Err != nil {
		return runner.Exit{}, st.Err
	}
	for _, p := range st.Spans {
		s.out.Spans(c.Service, p)
	}
	if st.Stdout != "" {
		s.out.Output(c.Service, c.Step, runner.Stdout, []byte(st.Stdout))
	}
	if st.Stderr != "" {
		s.out.Output(c.Service, c.Step, runner.Stderr, []byte(st.Stderr))
	}
	if !st.Hang {
		return st.Exit, nil
	}
	var deadline <-chan time.Time
	if c.Timeout > 0 {
		t := time.NewTimer(c.Timeout)
		defer t.Stop()
		deadline = t.C
	}
	select {
	case <-s.b.Release:
		return st.Exit, nil
	case <-deadline:
		return runner.Exit{Code: -1, Signal: "SIGKILL", TimedOut: true, Duration: c.Timeout}, nil
	case <-ctx.Done():
		return runner.Exit{Code: -1, Signal: "SIGKILL"}, ctx.Err()
	}
}

// Finish implements runner.Session.
func (s *session) Finish(context.Context, time.Duration) (runner.Telemetry, error) {
	if s.b.Lossy {
		return s.b.Telemetry, nil
	}
	return runner.Telemetry{Complete: true}, nil
}

// Evidence implements runner.Session.
func (s *session) Evidence() runner.Evidence {
	e := runner.Evidence{Backend: "scripted", Hermetic: !s.b.Shared && len(s.b.Exceptions) == 0, Network: "none", Exceptions: s.b.Exceptions}
	for _, svc := range s.r.Services {
		c := runner.Container{Service: svc.Name, ID: "c-" + svc.Name, Image: svc.Image, Digest: "sha256:0", Agent: true}
		if s.b.Built != nil {
			c.Inputs, c.Fingerprint = s.b.Built()
		}
		if s.b.Sees != nil {
			s.b.Sees(&c)
		}
		e.Containers = append(e.Containers, c)
	}
	return e
}

// Close implements runner.Session.
func (s *session) Close(context.Context) error {
	s.b.mu.Lock()
	defer s.b.mu.Unlock()
	s.b.open -= len(s.r.Services)
	return nil
}

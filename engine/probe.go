package engine

import (
	"context"
	"errors"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// Probe asks the backend whether scenarios can be run and publishes the answer.
// A failure is a *runner.EnvironmentError.
func (e *Engine) Probe() {
	e.background(func() { _ = e.probe(e.ctx) }) // the answer is published
}

func (e *Engine) probe(ctx context.Context) error {
	b, err := e.openBackend()
	if err == nil {
		err = b.Ready(ctx)
	}
	st := BackendStatus{Known: true, OK: err == nil, Name: e.opts.Backend}
	if b != nil {
		st.Name, st.Shared = b.Name(), !b.Hermetic()
	}
	if err != nil {
		st.Problem = err.Error()
	}
	e.emit(BackendProbed{st})
	if err == nil {
		if e.ground.answered(b) {
			e.refresh(e.onGround) // what another backend ran does not speak for it
		}
		e.lookAtImages(ctx, b)
		e.reportLeft(ctx, b)
	}
	return err
}

// openBackend makes the backend and its scheduler on first use.
func (e *Engine) openBackend() (runner.Backend, error) {
	e.backendMu.Lock()
	defer e.backendMu.Unlock()
	if e.backend != nil {
		return e.backend, nil
	}
	b, err := e.opts.backend()
	if err != nil {
		return nil, err
	}
	m, err := monitor(e.set.Load())
	if err != nil {
		return nil, errors.Join(err, b.Close(e.ctx))
	}
	e.backend = b
	e.sched.Store(runner.NewScheduler(b, jobs(e.set.Load()), m))
	return b, nil
}

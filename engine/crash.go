package engine

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// crash is the first panic of one of the engine's own goroutines. The engine
// cannot go on then, but whoever shows it can end in order: give the terminal
// back, remove containers, say what happened.
type crash struct {
	once     sync.Once
	happened chan struct{}
	err      error
}

// guarded calls f and turns a panic into the engine's crash.
func (e *Engine) guarded(where string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			e.crash.once.Do(func() {
				e.crash.err = fmt.Errorf("clnrm-tui itself failed in %s: %v\n%s", where, r, debug.Stack())
				close(e.crash.happened)
			})
		}
	}()
	f()
}

// Crashed is closed when the engine has failed; Err then says how.
func (e *Engine) Crashed() <-chan struct{} { return e.crash.happened }

// Err is the failure of the engine itself, nil while there is none.
func (e *Engine) Err() error {
	select {
	case <-e.crash.happened:
		return e.crash.err
	default:
		return nil
	}
}

package docker

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// awaitsSpan reports whether Open waits for a span of n. It does only when the
// service itself can emit it: without args it comes from a step, after Open
// (semantics 7.4).
func (n *node) awaitsSpan() bool { return n.svc.WaitForSpan != "" && len(n.svc.Args) > 0 }

// awaitSpan waits until the service has emitted the span that it is waited for.
func (s *session) awaitSpan(ctx context.Context, n *node) error {
	limit := n.svc.WaitForSpanTimeout
	if limit <= 0 {
		limit = defaultSpanWait
	}
	s.out.Progress(fmt.Sprintf("waiting for span %s of %s", n.svc.WaitForSpan, n.svc.Name))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var exited <-chan struct{}
	if n.own != nil {
		exited = n.own.Exited()
	}
	for {
		seen, changed := n.spans.wait(n.svc.WaitForSpan)
		if seen {
			return nil
		}
		select {
		case <-changed:
		case <-exited:
			exited = nil
			if death := n.death(); death != "" {
				return n.fault(fmt.Sprintf("%s before it emitted the span %q", death, n.svc.WaitForSpan))
			}
		case <-timer.C:
			return n.spanMissing(limit, n.spans.known())
		case <-n.client.Done():
			return n.lost(n.client.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// spanMissing explains a span that was awaited in vain.
func (n *node) spanMissing(limit time.Duration, known []string) error {
	other := "no span arrived at all"
	if len(known) > 0 {
		other = "these arrived: " + strings.Join(known, ", ")
	}
	err := &runner.ServiceError{
		Service: n.svc.Name, Log: n.log.String(), Pos: n.svc.WaitForSpanPos,
		What: fmt.Sprintf("the span %q was not emitted within %s; %s; its process %s", n.svc.WaitForSpan, limit, other, n.state()),
	}
	return err
}

// spanWatch knows the names of the spans that have arrived, for those who wait.
type spanWatch struct {
	mu      sync.Mutex
	names   map[string]bool
	order   []string
	changed chan struct{} // closed at every new name
}

// see notes the names in a payload. One that cannot be read is left to whoever
// judges it.
func (w *spanWatch) see(p runner.Payload) {
	spans, err := trace.DecodeOTLP(p.Body, p.JSON)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := false
	for _, span := range spans {
		if !w.names[span.Name] {
			if w.names == nil {
				w.names = map[string]bool{}
			}
			w.names[span.Name] = true
			w.order = append(w.order, span.Name)
			fresh = true
		}
	}
	if fresh && w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// wait reports whether a name was seen, and returns what is closed at the next
// new one.
func (w *spanWatch) wait(name string) (seen bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.names[name], w.changed
}

// known lists the names seen so far.
func (w *spanWatch) known() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.order...)
}

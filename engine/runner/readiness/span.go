package readiness

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// awaitsSpan reports whether await waits for a span. It does only when the
// service itself can emit it: without args it comes from a step, later.
func (n *Node) awaitsSpan() bool { return n.Spec.WaitForSpan != "" && len(n.Spec.Args) > 0 }

// awaitSpan waits until the service has emitted the span that it is waited for.
func (n *Node) awaitSpan(ctx context.Context, progress func(string)) error {
	name, limit := n.Spec.WaitForSpan, n.Spec.WaitForSpanTimeout
	if limit <= 0 {
		limit = spanWait
	}
	progress(fmt.Sprintf("waiting for span %s of %s", name, n.Spec.Name))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var exited <-chan struct{}
	if n.own != nil {
		exited = n.own.Exited()
	}
	for {
		seen, changed := n.spans.wait(name)
		if seen {
			return nil
		}
		select {
		case <-changed:
		case <-exited:
			exited = nil
			if death := n.Death(); death != "" {
				return n.Fault(n.Spec.WaitForSpanPos, fmt.Sprintf("%s before it emitted the span %q", death, name))
			}
		case <-timer.C:
			other := "no span arrived at all"
			if known := n.spans.known(); len(known) > 0 {
				other = "these arrived: " + strings.Join(known, ", ")
			}
			return n.Fault(n.Spec.WaitForSpanPos, fmt.Sprintf("the span %q was not emitted within %s; %s; its process %s", name, limit, other, n.State()))
		case <-n.Agent.Done():
			return n.Lost(n.Agent.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// spans knows the names of the spans that have arrived, for those who wait.
type spans struct {
	mu      sync.Mutex
	names   map[string]bool
	order   []string
	changed chan struct{} // closed at every new name
}

// see notes the names in a payload. One that cannot be read is left to whoever
// judges it.
func (w *spans) see(p runner.Payload) {
	list, _, err := trace.DecodeOTLP(p.Body, p.JSON)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := false
	for _, span := range list {
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
func (w *spans) wait(name string) (seen bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.names[name], w.changed
}

// forget begins anew.
func (w *spans) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names, w.order = nil, nil
}

// known lists the names seen so far.
func (w *spans) known() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.order...)
}

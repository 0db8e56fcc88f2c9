package readiness

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// tailKept is how much of the end of an output an error carries, in bytes.
	tailKept = 8 << 10
	// lineKept is how much of a line conditions look at, in bytes.
	lineKept = 64 << 10
)

// Tail keeps the end of an output. It is safe for concurrent use.
type Tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer; it never fails.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(0, len(p)-tailKept):]...)
	if over := len(t.buf) - tailKept; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// Log is what a service's own process prints: its end for messages, and the
// lines that conditions wait for. Make it with NewLog.
type Log struct {
	Tail

	watches []*watch
	active  []*watch  // those that have not seen enough
	lines   [2][]byte // being printed, on stdout and stderr, which share none
}

// watch counts the lines of one condition.
type watch struct {
	on      *spec.Ready
	pattern *regexp.Regexp // nil: part of a line

	mu     sync.Mutex
	marked bool // the line after which lines count was seen, or there is none
	seen   int
	done   chan struct{} // closed when enough were seen
}

// NewLog returns the log of a service that has not been started: a line that it
// prints at once is not missed.
func NewLog(s *spec.Service) *Log {
	l := &Log{}
	for _, r := range s.Ready {
		if r.Kind != spec.ReadyLog {
			continue
		}
		w := &watch{on: r, marked: r.After == "", done: make(chan struct{})}
		if r.Pattern != "" {
			// One that does not compile is refused before anything runs; until
			// then it matches nothing.
			w.pattern, _ = regexp.Compile(r.Pattern)
		}
		l.watches = append(l.watches, w)
	}
	l.active = slices.Clone(l.watches)
	return l
}

// Add takes what the process printed. Calls of one log must not overlap.
func (l *Log) Add(stderr bool, p []byte) {
	_, _ = l.Write(p) // never fails
	at := &l.lines[0]
	if stderr {
		at = &l.lines[1]
	}
	for len(p) > 0 && len(l.active) > 0 {
		end := bytes.IndexByte(p, '\n')
		part := p
		if end >= 0 {
			part = p[:end]
		}
		*at = append(*at, part[:min(len(part), lineKept-len(*at))]...)
		if end < 0 {
			return
		}
		text := strings.TrimSuffix(string(*at), "\r")
		l.active = slices.DeleteFunc(l.active, func(w *watch) bool { return w.see(text) })
		*at = (*at)[:0]
		p = p[end+1:]
	}
}

// see looks at one whole line and reports whether enough were seen.
func (w *watch) see(text string) (enough bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.marked:
		w.marked = strings.Contains(text, w.on.After)
		return false
	case w.pattern != nil && !w.pattern.MatchString(text), w.pattern == nil && (w.on.Pattern != "" || !strings.Contains(text, w.on.Text)):
		return false
	}
	w.seen++
	if enough = w.seen == max(1, w.on.Count); enough {
		close(w.done)
	}
	return enough
}

// missing says what a condition has not seen.
func (w *watch) missing() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.marked {
		return fmt.Sprintf("the line with %q was not printed", w.on.After)
	}
	return fmt.Sprintf("%d of %d such lines were printed", w.seen, max(1, w.on.Count))
}

// awaitLog waits until the lines of a condition were printed.
func (n *Node) awaitLog(ctx context.Context, r *spec.Ready, w *watch, progress func(string)) error {
	what := describe(r)
	if n.own == nil {
		return n.Fault(r.Pos, what+" is awaited, and it has no process: its image has no command and the test gives no args")
	}
	progress("waiting for " + what + " of " + n.Spec.Name)
	limit := limitOf(r)
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-w.done:
		return nil
	case <-n.own.Exited():
		select {
		case <-w.done: // the last thing that it said
			return nil
		default:
		}
		return n.Fault(r.Pos, fmt.Sprintf("%s before %s; %s", ended(n.own.Exit()), what, w.missing()))
	case <-t.C:
		return n.Fault(r.Pos, fmt.Sprintf("%s: not within %s; %s; its process %s", what, limit, w.missing(), n.State()))
	case <-n.Agent.Done():
		return n.Lost(n.Agent.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
}

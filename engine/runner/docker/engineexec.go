package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	moby "github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

const (
	// execPoll is how often the engine is asked whether a command has ended whose
	// output is still open.
	execPoll = 100 * time.Millisecond
	// execDrain is how long output is awaited after the end of a command when
	// something that it started still holds it.
	execDrain = 500 * time.Millisecond
)

// execution is a command that the engine executes. It implements
// readiness.Process. The engine cannot end it: its end is that of its container.
type execution struct {
	body    *body
	id      string
	conn    moby.HijackedResponse
	started chan struct{}
	exited  chan struct{}
	exit    wire.Exit

	mu   sync.Mutex
	over bool      // the output is not wanted any more
	head [2]string // the beginnings of its standard output and standard error
}

// engineExec has the engine execute a command in the container of n.
func (c *connection) engineExec(n *node, r wire.Run, out client.Output) (*execution, error) {
	ctx, cancel := context.WithTimeout(context.Background(), engineLimit)
	defer cancel()
	e, err := c.api.ExecCreate(ctx, n.id, moby.ExecCreateOptions{
		User: r.User, Env: r.Env, WorkingDir: r.Dir, Cmd: r.Argv, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, err
	}
	conn, err := c.api.ExecAttach(ctx, e.ID, moby.ExecAttachOptions{})
	if err != nil {
		return nil, err
	}
	x := &execution{body: n.body, id: e.ID, conn: conn.HijackedResponse, started: make(chan struct{}), exited: make(chan struct{})}
	close(x.started)
	go x.watch(time.Duration(r.TimeoutMS)*time.Millisecond, out)
	return x, nil
}

// engineLimit bounds how long the engine may take to start a command.
const engineLimit = 30 * time.Second

// watch hands on what the command prints, ends it at its deadline, and tells its
// end.
func (x *execution) watch(timeout time.Duration, out client.Output) {
	begin := time.Now()
	defer close(x.exited)
	defer x.conn.Close()
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = stdcopy.StdCopy(x.taker(out, false), x.taker(out, true), x.conn.Reader) // its end is told by the engine
	}()
	defer func() { // nothing may come after the end
		x.mu.Lock()
		x.over = true
		x.mu.Unlock()
	}()
	var deadline <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		deadline = t.C
	}
	tick := time.NewTicker(execPoll)
	defer tick.Stop()
	open := true
	for {
		select {
		case <-copied:
			open, copied = false, nil
		case <-tick.C:
		case <-x.body.exited:
			x.exit = wire.Exit{Code: -1, Signal: "SIGKILL", TimedOut: x.exit.TimedOut, DurationNS: time.Since(begin).Nanoseconds()}
			return
		case <-deadline:
			x.exit.TimedOut = true
			deadline = nil
			go func() { _ = x.body.Kill(0) }() // its end is awaited above; Wait is bounded
			continue
		}
		if x.exit.TimedOut {
			continue
		}
		code, ended, err := x.look(!open)
		switch {
		case err != nil:
			x.exit = wire.Exit{Code: 126, StartError: "the engine does not tell how it ended: " + err.Error()}
			return
		case !ended:
			continue
		}
		if open {
			select {
			case <-copied:
			case <-time.After(execDrain):
				x.exit.Lingering = true
			}
		}
		x.exit.Code, x.exit.DurationNS = code, time.Since(begin).Nanoseconds()
		x.mu.Lock()
		if code == 126 || code == 127 {
			x.exit.StartError = notStarted(x.head)
		}
		x.mu.Unlock()
		return
	}
}

// notStarted is what the engine said when it could not start a command, told by how
// it words that from what a program might print; "" when it did not.
func notStarted(head [2]string) string {
	if said := strings.TrimSpace(head[0]); strings.HasPrefix(said, "OCI runtime exec failed") {
		return said // Docker
	}
	if said := strings.TrimSpace(head[1]); strings.HasPrefix(said, "Error: ") && strings.Contains(said, ": OCI ") {
		said, _, _ = strings.Cut(said, "\n")
		return strings.TrimPrefix(said, "Error: ") // Podman
	}
	return ""
}

// look asks the engine whether the command has ended. It may not have begun when
// its output is open and it has no number.
func (x *execution) look(closed bool) (code int, ended bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), engineLimit)
	defer cancel()
	r, err := x.body.c.api.ExecInspect(ctx, x.id, moby.ExecInspectOptions{})
	if err != nil {
		return 0, false, fmt.Errorf("ask the engine for a command: %w", err)
	}
	return r.ExitCode, !r.Running && (closed || r.PID != 0), nil
}

// taker hands on one of the two streams for as long as it is wanted.
func (x *execution) taker(out client.Output, stderr bool) printer {
	return printer{func(stderr bool, p []byte) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.over {
			return
		}
		head := &x.head[0]
		if stderr {
			head = &x.head[1]
		}
		if len(*head) < stderrKept {
			*head += string(p[:min(len(p), stderrKept)])
		}
		out(stderr, p)
	}, stderr}
}

// Started implements readiness.Process.
func (x *execution) Started() <-chan struct{} { return x.started }

// Exited implements readiness.Process.
func (x *execution) Exited() <-chan struct{} { return x.exited }

// Exit implements readiness.Process.
func (x *execution) Exit() wire.Exit { return x.exit }

// Wait implements readiness.Process.
func (x *execution) Wait(ctx context.Context) (wire.Exit, error) {
	select {
	case <-x.exited:
		return x.exit, nil
	case <-ctx.Done():
		return wire.Exit{}, ctx.Err()
	}
}

// Kill implements readiness.Process: the whole container ends, at once.
func (x *execution) Kill(time.Duration) error {
	if _, err := x.body.end(context.Background(), 0); err != nil {
		return errors.Join(errors.New("end the container of a command"), err)
	}
	return nil
}

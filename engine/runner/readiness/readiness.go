// Package readiness waits until a service is ready.
//
// A service of a test comes in with the agent beside it, its own process and
// what that prints and emits. Conditions are asked from inside, where neither a
// proxy nor a published port can answer for the service. What comes out is nil,
// or an error that names what was awaited, the last answer, the attempts, what
// the process does and the end of its output. The package starts no services and
// knows nothing of containers.
package readiness

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/client"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

const (
	// firstPause is the pause after the first failed look at a service; it
	// doubles from there, so that what comes up fast is seen fast.
	firstPause = 20 * time.Millisecond
	// longestPause is the longest pause between two looks.
	longestPause = 250 * time.Millisecond
	// within bounds how long a service may take to meet one condition.
	within = 30 * time.Second
	// attemptLimit bounds one look over the network.
	attemptLimit = 2 * time.Second
	// spanWait bounds wait_for_span.
	spanWait = 30 * time.Second
)

// Start starts a command where a service is: its variables come on top of the
// service's, a directory of "" is the service's own, and a timeout of 0 none. The
// channel Started of the process is of use only if tell is set.
type Start func(argv []string, env []spec.EnvVar, dir string, timeout time.Duration, tell bool, out client.Output) (Process, error)

// Agent is what looks after a service from inside, a *client.Client as a rule.
type Agent interface {
	// Probe makes one attempt to reach something.
	Probe(ctx context.Context, p wire.Probe) (wire.Probed, error)
	// Finish ends what runs, and returns when all telemetry was handed on.
	Finish(ctx context.Context, grace time.Duration) (wire.Finished, error)
	// Received counts the trace requests that were handed on.
	Received() int64
	// Fetch copies files out.
	Fetch(ctx context.Context, q wire.Fetch, file func(wire.File), data func([]byte)) (wire.Fetched, error)
	// Done is closed when nobody looks any more; Err says why.
	Done() <-chan struct{}
	Err() error
}

// Process is a process of a service, a *client.Process as a rule.
type Process interface {
	// Started is closed when it runs, and stays open when it could not be started.
	Started() <-chan struct{}
	// Exited is closed when it has ended and all of its output was handed on; Exit
	// may be called then.
	Exited() <-chan struct{}
	Exit() wire.Exit
	// Wait waits for its end.
	Wait(ctx context.Context) (wire.Exit, error)
	// Kill ends it: TERM, then KILL after grace, where that can be done.
	Kill(grace time.Duration) error
}

// Node is a service that is awaited, with the agent beside it. Make it with New.
type Node struct {
	Spec  *spec.Service
	Agent Agent
	Start Start
	// Own starts the service's own process where that is not done by Start; nil
	// where it is.
	Own func(ctx context.Context, argv []string, out client.Output) (Process, error)
	// Ending is called before the agent finishes; it ends what that has not
	// started, adds what it finds to t, and returns in words what was lost. nil
	// where there is nothing.
	Ending func(ctx context.Context, grace time.Duration, t *runner.Telemetry) []string
	// Lost says what it means that the agent is gone.
	Lost func(error) error
	Log  *Log

	own     Process // the service's own process; nil when it has none
	spans   spans
	started chan struct{} // closed when its own process runs, or there is none
	ready   chan struct{} // closed when the service is ready
	waking  atomic.Bool   // it is restarted, and not ready again
}

// await waits for everything that the test says about the readiness of the
// service. The error is a *runner.ServiceError when the service is at fault.
func (n *Node) await(ctx context.Context, progress func(string)) error {
	conditions := n.Spec.Ready
	if h := n.Spec.HealthCheck; h != nil {
		conditions = append([]*spec.Ready{{
			Kind: spec.ReadyCommand, Command: h.Command, Interval: h.Interval, Timeout: h.Timeout, Retries: h.Retries,
			Within: time.Duration(h.Retries) * h.Interval, Pos: h.Pos,
		}}, conditions...)
	}
	if len(conditions) == 0 && len(n.Spec.Ports) > 0 && n.own != nil {
		conditions = []*spec.Ready{{Kind: spec.ReadyTCP, Target: "127.0.0.1:" + strconv.Itoa(n.Spec.Ports[0]), Pos: n.Spec.PortsPos}}
	}
	logs := 0
	for _, r := range conditions {
		var err error
		switch r.Kind {
		case spec.ReadyLog:
			err = n.awaitLog(ctx, r, n.Log.watches[logs], progress)
			logs++
		case spec.ReadyExit:
			err = n.awaitExit(ctx, r.Code, limitOf(r), progress)
		default:
			err = n.poll(ctx, r, progress)
		}
		if err != nil {
			return err
		}
	}
	if n.awaitsSpan() {
		return n.awaitSpan(ctx, progress)
	}
	return nil
}

// limitOf is how long a condition may take.
func limitOf(r *spec.Ready) time.Duration {
	switch {
	case r.Within > 0:
		return r.Within
	case r.Retries > 0 && r.Interval > 0:
		return time.Duration(r.Retries) * r.Interval
	default:
		return within
	}
}

// poll looks again and again until a condition is met, its time has passed and
// at least the given number of looks were made, or the service has died.
func (n *Node) poll(ctx context.Context, r *spec.Ready, progress func(string)) error {
	what := describe(r)
	begin := time.Now()
	longest := r.Interval
	if longest <= 0 {
		longest = longestPause
	}
	pause := min(firstPause, longest)
	for tries := 1; ; tries++ {
		ok, detail, err := n.look(ctx, r)
		if ok || err != nil {
			return err
		}
		if death := n.Death(); death != "" {
			return n.Fault(r.Pos, fmt.Sprintf("%s before %s: %s", death, what, detail))
		}
		if time.Since(begin)+pause > limitOf(r) && tries >= r.Retries {
			return n.Fault(r.Pos, fmt.Sprintf("%s: not after %d attempts in %s; the last one: %s; its process %s",
				what, tries, time.Since(begin).Round(time.Millisecond), detail, n.State()))
		}
		progress(fmt.Sprintf("waiting for %s of %s (attempt %d)", what, n.Spec.Name, tries+1))
		if err := n.rest(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, longest)
	}
}

// rest waits for d, or until the service's process has failed.
func (n *Node) rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	var exited <-chan struct{}
	if n.own != nil && n.Death() == "" {
		exited = n.own.Exited()
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-n.Agent.Done():
			return n.Lost(n.Agent.Err())
		case <-exited:
			if n.Death() != "" {
				return nil // the caller sees it
			}
			exited = nil // it ended well, as one that puts itself into the background does
		case <-t.C:
			return nil
		}
	}
}

// awaitExit waits until the service's own process has ended with a status.
func (n *Node) awaitExit(ctx context.Context, code int, limit time.Duration, progress func(string)) error {
	what := "its end with status " + strconv.Itoa(code)
	if n.own == nil {
		return n.Fault(n.Spec.Pos, what+" is awaited, and it has no process: its image has no command and the test gives no args")
	}
	progress("waiting for the end of " + n.Spec.Name)
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-n.own.Exited():
	case <-t.C:
		return n.Fault(n.Spec.Pos, fmt.Sprintf("%s: not within %s; its process runs", what, limit))
	case <-n.Agent.Done():
		return n.Lost(n.Agent.Err())
	case <-ctx.Done():
		return ctx.Err()
	}
	if e := n.own.Exit(); e.StartError != "" || e.Signal != "" || e.Code != code {
		return n.Fault(n.Spec.Pos, fmt.Sprintf("%s is awaited, and %s", what, ended(e)))
	}
	return nil
}

// Fault is a *runner.ServiceError with the end of the service's output.
func (n *Node) Fault(pos spec.Pos, what string) error {
	return &runner.ServiceError{Service: n.Spec.Name, What: what, Log: n.Log.String(), Pos: pos}
}

// Death says how the service's own process failed; "" while it has not. An end
// that the test expects is none.
func (n *Node) Death() string {
	if n.own == nil {
		return ""
	}
	select {
	case <-n.own.Exited():
	default:
		return ""
	}
	e := n.own.Exit()
	expected, _ := n.Spec.Exits()
	if e.StartError == "" && e.Signal == "" && (e.Code == 0 || e.Code == expected) {
		return ""
	}
	return ended(e)
}

// State says what the service's own process does.
func (n *Node) State() string {
	if n.own == nil {
		return "is none: its image has no command and the test gives no args"
	}
	select {
	case <-n.own.Exited():
		return "ended with status " + strconv.Itoa(n.own.Exit().Code)
	default:
		return "runs"
	}
}

// describe names a condition in messages.
func describe(r *spec.Ready) string {
	switch r.Kind {
	case spec.ReadyTCP:
		if port, own := strings.CutPrefix(r.Target, "127.0.0.1:"); own {
			return "something listening on port " + port
		}
		return "something listening on " + r.Target
	case spec.ReadyHTTP:
		if len(r.Statuses) > 0 {
			return fmt.Sprintf("GET %s answering %s", r.Target, words(r.Statuses))
		}
		return "GET " + r.Target + " answering 200 to 399"
	case spec.ReadyGRPC:
		if r.Name != "" {
			return "grpc.health.v1 on " + r.Target + " saying that " + r.Name + " is SERVING"
		}
		return "grpc.health.v1 on " + r.Target + " saying SERVING"
	case spec.ReadyFile:
		return "the file " + r.Path
	case spec.ReadyLog:
		what := fmt.Sprintf("a line with %q", r.Text)
		if r.Pattern != "" {
			what = fmt.Sprintf("a line that matches %q", r.Pattern)
		}
		if r.Count > 1 {
			what = strconv.Itoa(r.Count) + " lines, each " + strings.TrimPrefix(what, "a line ")
		}
		if r.After != "" {
			what += fmt.Sprintf(" after one with %q", r.After)
		}
		return what
	default:
		return "health check `" + strings.Join(r.Command, " ") + "`"
	}
}

// words lists numbers as prose does.
func words(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, " or ")
}

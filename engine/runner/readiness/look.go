package readiness

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// commandLimit bounds one attempt of a command.
const commandLimit = 10 * time.Second

// look makes one attempt at a condition; detail says why it is not met.
func (n *Node) look(ctx context.Context, r *spec.Ready) (ok bool, detail string, err error) {
	if r.Kind == spec.ReadyCommand {
		return n.command(ctx, r)
	}
	limit := r.Timeout
	if limit <= 0 {
		limit = attemptLimit
	}
	p := wire.Probe{Target: r.Target, TimeoutMS: max(1, limit.Milliseconds())}
	switch r.Kind {
	case spec.ReadyTCP:
		p.Kind = wire.ProbeTCP
	case spec.ReadyHTTP:
		p.Kind, p.Statuses = wire.ProbeHTTP, r.Statuses
	case spec.ReadyGRPC:
		p.Kind, p.Service = wire.ProbeGRPC, r.Name
	case spec.ReadyFile:
		p.Kind, p.Target = wire.ProbeFile, r.Path
	}
	answer, err := n.Agent.Probe(ctx, p)
	if err != nil && ctx.Err() == nil {
		err = n.Lost(err)
	}
	return answer.OK, answer.Detail, err
}

// command runs a command to its end.
func (n *Node) command(ctx context.Context, r *spec.Ready) (ok bool, detail string, err error) {
	limit := r.Timeout
	if limit <= 0 {
		limit = commandLimit
	}
	var last Tail
	proc, err := n.Start(r.Command, nil, "", limit, false, func(_ bool, p []byte) { _, _ = last.Write(p) })
	if err != nil {
		return false, "", n.Lost(err)
	}
	e, err := proc.Wait(ctx)
	if err != nil && ctx.Err() == nil {
		err = n.Lost(err)
	}
	if err != nil {
		return false, "", err
	}
	return e.Code == 0 && e.Signal == "", explain(e, limit, last.String()), nil
}

// explain says how a command ended.
func explain(e wire.Exit, timeout time.Duration, output string) string {
	how := "exit status " + strconv.Itoa(e.Code)
	switch {
	case e.TimedOut:
		how = "no end within " + timeout.String()
	case e.StartError != "":
		how = "it could not be started: " + e.StartError
	case e.Signal != "":
		how = "ended by " + e.Signal
	}
	if output = strings.TrimSpace(output); output != "" {
		how += ", output: " + output
	}
	return how
}

// ended says how the service's own process ended.
func ended(e wire.Exit) string {
	switch {
	case e.StartError != "":
		return "it could not be started (" + e.StartError + ")"
	case e.OOM:
		return "its process " + Exit(e).OutOfMemory()
	case e.Signal != "":
		return "its process was ended by " + e.Signal
	default:
		return "its process ended with status " + strconv.Itoa(e.Code)
	}
}

// Exit translates how a process ended.
func Exit(e wire.Exit) runner.Exit {
	return runner.Exit{
		Code: e.Code, Signal: e.Signal, TimedOut: e.TimedOut, StartError: e.StartError,
		OOM: e.OOM, MemoryLimit: e.MemoryLimit, MemoryPeak: e.MemoryPeak,
		Lingering: e.Lingering, Duration: time.Duration(e.DurationNS),
	}
}

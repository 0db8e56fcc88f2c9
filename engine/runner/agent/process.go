package agent

import (
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

const (
	// drainLimit is how long the end of the output of a process is awaited after
	// its own end when something that it started still holds the pipe
	// (docs/faults.md, F16). What it has printed itself is awaited for as long as it takes.
	drainLimit = 200 * time.Millisecond
	// settleLimit is how long a process that has ended is kept back until its
	// shim reports that nothing is left, as it does at once in most cases.
	settleLimit = time.Millisecond
	// wakeEvery is how often a shim that does not answer an order is continued.
	wakeEvery = 20 * time.Millisecond
	// outputBuffer is how much output is carried in one frame, in bytes.
	outputBuffer = 64 << 10
)

// process is one program that was asked for, with the tree below it.
type process struct {
	id    uint32
	agent *agent
	run   wire.Run
	shim  *shim         // set when ready is closed, unless no shim could be had
	ready chan struct{} // closed when the program runs, or could not be started
	empty chan struct{} // closed when nothing is left of the tree

	mu       sync.Mutex
	killing  int        // kills under way
	killed   *sync.Cond // signalled when there is none any more
	over     bool       // the tree is empty: there is nothing more to kill
	timedOut bool
}

// start runs one program beside the caller.
func (a *agent) start(id uint32, r wire.Run) {
	p := &process{id: id, agent: a, run: r, ready: make(chan struct{}), empty: make(chan struct{})}
	p.killed = sync.NewCond(&p.mu)
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, used := a.procs[id]; used || a.finishing {
		go func() {
			// A failed write means that the stream ended; serve sees that too.
			_ = a.out.Send(wire.TypeExit, id, wire.Exit{Code: 126, StartError: "the agent takes no further process"})
		}()
		return
	}
	a.procs[id] = p
	a.running.Go(p.main)
}

// main is the life of a process, from its start to its Exit frame.
func (p *process) main() {
	begin := time.Now()
	kills := p.agent.group.OOMKills()
	exit := p.execute()
	if failed := exit.Signal == "SIGKILL" || exit.Signal == "" && exit.Code != 0; failed && p.agent.group.OOMKills() > kills {
		exit.OOM = true
		exit.MemoryLimit, exit.MemoryPeak = p.agent.group.Memory()
	}
	exit.DurationNS = time.Since(begin).Nanoseconds()
	// A failed write means that the stream ended; serve sees that too.
	_ = p.agent.out.Send(wire.TypeExit, p.id, exit)
}

// execute runs the program to its end.
func (p *process) execute() wire.Exit {
	pumps, err := p.begin()
	if err != nil {
		close(p.ready)
		close(p.empty)
		p.forget()
		return wire.Exit{Code: 126, StartError: err.Error()}
	}
	if d := time.Duration(p.run.TimeoutMS) * time.Millisecond; d > 0 {
		timer := time.AfterFunc(d, p.expire)
		defer timer.Stop()
	}
	exit := p.follow()
	exit.TimedOut = p.awaitKills()
	if held := drain(pumps); len(held) > 0 {
		exit.Lingering = true
		p.agent.keep(held)
	}
	select {
	case <-p.empty:
	case <-time.After(settleLimit):
	}
	return exit
}

// begin hands the order to a shim and carries the output out.
func (p *process) begin() (pumps []*pump, err error) {
	s, err := p.agent.shims.take()
	if err != nil {
		return nil, err
	}
	var pipes, theirs [2]*os.File
	for i := range pipes {
		if pipes[i], theirs[i], err = os.Pipe(); err != nil {
			break
		}
		defer theirs[i].Close()
	}
	if err == nil {
		err = s.order(p.run, theirs[0], theirs[1])
	}
	for i, kind := range []wire.Type{wire.TypeStdout, wire.TypeStderr} {
		if err == nil {
			var carried *pump
			if carried, err = startPump(p.agent.out, kind, p.id, pipes[i]); err == nil {
				pumps = append(pumps, carried)
				continue
			}
		}
		_ = pipes[i].Close() // nil or unused
	}
	if err != nil {
		s.close()
		return nil, err
	}
	p.shim = s
	return pumps, nil
}

// follow reads the reports of the shim up to the end of the program itself; the
// end of its tree is awaited beside.
func (p *process) follow() wire.Exit {
	r, err := p.answer()
	close(p.ready)
	if err != nil {
		p.settle(false)
		return wire.Exit{Code: 126, StartError: err.Error()}
	}
	if r.StartError != "" {
		p.settle(true) // there was never anything below the shim
		return wire.Exit{Code: r.Code, StartError: r.StartError}
	}
	if p.run.Tell {
		// A failed write means that the stream ended; serve sees that too.
		_ = p.agent.out.Send(wire.TypeStarted, p.id, wire.Started{PID: r.PID})
	}
	r, err = p.shim.report()
	switch {
	case err != nil:
		// The program killed all that it could reach, and so itself.
		p.settle(false)
		return wire.Exit{Code: -1, Signal: "SIGKILL"}
	case r.Empty:
		p.settle(true)
	default:
		go p.awaitEmpty()
	}
	if r.Signal != 0 {
		return wire.Exit{Code: -1, Signal: signalName(syscall.Signal(r.Signal))}
	}
	return wire.Exit{Code: r.Code}
}

// answer reads what the shim says of its order. A program can stop its shim before
// that, as it can at any time; here nobody could end it, so it is continued.
func (p *process) answer() (shimReport, error) {
	var mu sync.Mutex
	var again *time.Timer
	answered := false
	mu.Lock()
	again = time.AfterFunc(wakeEvery, func() {
		mu.Lock()
		defer mu.Unlock()
		if !answered {
			signalProcess(p.shim.pid, syscall.SIGCONT)
			again.Reset(wakeEvery)
		}
	})
	mu.Unlock()
	defer func() {
		mu.Lock()
		defer mu.Unlock()
		answered = true
		again.Stop()
	}()
	return p.shim.report()
}

// awaitEmpty waits for the last report about the tree.
func (p *process) awaitEmpty() {
	r, err := p.shim.report()
	p.settle(err == nil && r.Empty)
}

// settle ends the account of a tree that is empty, or whose shim is gone.
func (p *process) settle(reusable bool) {
	if !reusable {
		p.agent.killStrays(p.shim)
	}
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	close(p.empty)
	p.awaitKills() // a kill under way must not meet the shim's next tree
	p.forget()
	if reusable {
		p.agent.shims.put(p.shim)
	} else {
		p.shim.close()
	}
}

// expire ends the process at its deadline.
func (p *process) expire() {
	p.mu.Lock()
	p.timedOut = !p.over
	p.mu.Unlock()
	p.end(time.Duration(p.run.GraceMS) * time.Millisecond)
}

// end ends the process and everything below it, and returns when all of it is
// gone. It reports whether KILL was needed.
func (p *process) end(grace time.Duration) bool {
	<-p.ready
	p.mu.Lock()
	if p.over || p.shim == nil {
		p.mu.Unlock()
		return false
	}
	p.killing++
	p.mu.Unlock()
	forced := endTree(p.shim.pid, grace, p.empty)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killing--
	p.killed.Broadcast()
	return forced
}

// awaitKills waits until no kill is under way and reports whether the deadline
// of the process had passed.
func (p *process) awaitKills() (timedOut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.killing > 0 {
		p.killed.Wait()
	}
	return p.timedOut
}

// kill ends the process with that id beside the caller.
func (a *agent) kill(id uint32, grace time.Duration) {
	a.mu.Lock()
	p := a.procs[id]
	a.mu.Unlock()
	if p != nil {
		go p.end(grace)
	}
}

// forget drops a process whose tree is gone.
func (p *process) forget() {
	p.agent.mu.Lock()
	defer p.agent.mu.Unlock()
	delete(p.agent.procs, p.id)
}

package agent

import (
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

const (
	// drainLimit is how long the output of a process is awaited after its end
	// when something that it started still holds the pipe (runner F16).
	drainLimit = 200 * time.Millisecond
	// settleLimit is how long a process that has ended is kept back until its
	// shim reports that nothing is left, as it does at once in most cases.
	settleLimit = time.Millisecond
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
	kills := oomKills()
	exit := p.execute()
	if failed := exit.Signal == "SIGKILL" || exit.Signal == "" && exit.Code != 0; failed && oomKills() > kills {
		exit.OOM, exit.MemoryLimit, exit.MemoryPeak = true, memoryNumber(limitFiles), memoryNumber(peakFiles)
	}
	exit.DurationNS = time.Since(begin).Nanoseconds()
	// A failed write means that the stream ended; serve sees that too.
	_ = p.agent.out.Send(wire.TypeExit, p.id, exit)
}

// execute runs the program to its end.
func (p *process) execute() wire.Exit {
	pipes, err := p.begin()
	if err != nil {
		close(p.ready)
		close(p.empty)
		p.forget()
		return wire.Exit{Code: 126, StartError: err.Error()}
	}
	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(wire.TypeStdout, pipes[0]) })
	pumps.Go(func() { p.pump(wire.TypeStderr, pipes[1]) })
	if d := time.Duration(p.run.TimeoutMS) * time.Millisecond; d > 0 {
		timer := time.AfterFunc(d, p.expire)
		defer timer.Stop()
	}
	exit := p.follow()
	exit.TimedOut = p.awaitKills()
	exit.Lingering = !waitFor(&pumps, drainLimit)
	select {
	case <-p.empty:
	case <-time.After(settleLimit):
	}
	return exit
}

// begin hands the order to a shim and returns the read ends of the output pipes.
func (p *process) begin() (pipes [2]*os.File, err error) {
	s, err := p.agent.shims.take()
	if err != nil {
		return pipes, err
	}
	var theirs [2]*os.File
	for i := range pipes {
		if pipes[i], theirs[i], err = os.Pipe(); err != nil {
			break
		}
		defer theirs[i].Close()
	}
	if err == nil {
		err = s.order(p.run, theirs[0], theirs[1])
	}
	if err != nil {
		s.close()
		for _, f := range pipes {
			_ = f.Close() // nil or unused
		}
		return pipes, err
	}
	p.shim = s
	return pipes, nil
}

// follow reads the reports of the shim up to the end of the program itself; the
// end of its tree is awaited beside.
func (p *process) follow() wire.Exit {
	r, err := p.shim.report()
	close(p.ready)
	if err != nil {
		p.settle(false)
		return wire.Exit{Code: 126, StartError: err.Error()}
	}
	if r.StartError != "" {
		go p.awaitEmpty()
		return wire.Exit{Code: r.Code, StartError: r.StartError}
	}
	// A failed write means that the stream ended; serve sees that too.
	_ = p.agent.out.Send(wire.TypeStarted, p.id, wire.Started{PID: r.PID})
	r, err = p.shim.report()
	if err != nil {
		// The program killed all that it could reach, and so itself.
		p.settle(false)
		return wire.Exit{Code: -1, Signal: "SIGKILL"}
	}
	go p.awaitEmpty()
	if r.Signal != 0 {
		return wire.Exit{Code: -1, Signal: signalName(syscall.Signal(r.Signal))}
	}
	return wire.Exit{Code: r.Code}
}

// awaitEmpty waits for the last report about the tree.
func (p *process) awaitEmpty() {
	r, err := p.shim.report()
	p.settle(err == nil && r.Empty)
}

// settle ends the account of a tree that is empty, or whose shim is gone.
func (p *process) settle(reusable bool) {
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

// pump carries one output stream out until its last holder closes it.
func (p *process) pump(t wire.Type, from *os.File) {
	defer from.Close()
	buf := make([]byte, outputBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 && p.agent.out.Write(t, p.id, buf[:n]) != nil {
			return // the stream ended; serve sees that too
		}
		if err != nil {
			return // io.EOF: nobody holds the pipe any more
		}
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

// waitFor waits for wg, at most for limit.
func waitFor(wg *sync.WaitGroup, limit time.Duration) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

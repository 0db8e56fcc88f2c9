package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// drainLimit is how long the output of a process is awaited after its end when
// something that it started still holds the pipe (runner F16).
const drainLimit = 200 * time.Millisecond

// outputBuffer is how much output is carried in one frame, in bytes.
const outputBuffer = 64 << 10

// shim is one shim process, waiting for its order or above its tree.
type shim struct {
	pid     int
	gone    <-chan struct{} // closed when the shim, and so its tree, has ended
	control *os.File
	status  *os.File
	stdout  *os.File
	stderr  *os.File
}

// shimPool keeps one shim ready, so that a step does not wait for its start.
type shimPool struct {
	reap  *reaper
	ready chan shimOrError // holds the one spare
}

type shimOrError struct {
	s   *shim
	err error
}

func newShimPool(r *reaper) *shimPool {
	p := &shimPool{reap: r, ready: make(chan shimOrError, 1)}
	go p.refill()
	return p
}

// refill starts the next spare. Each take is followed by exactly one refill, so
// it never blocks.
func (p *shimPool) refill() {
	s, err := startShim(p.reap)
	p.ready <- shimOrError{s, err}
}

// take returns the spare and has the next one started. A spare that a program
// killed along with everything else it could reach is passed over.
func (p *shimPool) take() (*shim, error) {
	for {
		next := <-p.ready
		go p.refill()
		if next.err != nil {
			return nil, next.err
		}
		select {
		case <-next.s.gone:
			closeAll([]*os.File{next.s.control, next.s.status, next.s.stdout, next.s.stderr})
		default:
			return next.s, nil
		}
	}
}

// startShim starts a shim with its four pipes.
func startShim(r *reaper) (*shim, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer null.Close()
	s := &shim{}
	var theirs [4]*os.File
	ours := [4]**os.File{&s.control, &s.status, &s.stdout, &s.stderr}
	for i := range theirs {
		read, write, err := os.Pipe()
		if err != nil {
			closeAll(theirs[:i])
			closeAll([]*os.File{s.control, s.status, s.stdout, s.stderr}[:i])
			return nil, fmt.Errorf("open a pipe: %w", err)
		}
		theirs[i], *ours[i] = write, read
		if i == 0 {
			theirs[i], *ours[i] = read, write
		}
	}
	defer closeAll(theirs[:])
	fds := []uintptr{null.Fd(), 2, 2}
	for _, f := range theirs {
		fds = append(fds, f.Fd())
	}
	s.pid, s.gone, err = r.start("/proc/self/exe", []string{Arg, shimArg}, &syscall.ProcAttr{
		Env:   []string{"GOMAXPROCS=2"},
		Files: fds,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		closeAll([]*os.File{s.control, s.status, s.stdout, s.stderr})
		return nil, err
	}
	return s, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // pipes have nothing to flush
	}
}

// process is one program that was asked for, with the tree below it.
type process struct {
	id      uint32
	agent   *agent
	run     wire.Run
	shim    *shim
	started chan struct{} // closed when shim is set, or when it never will be
	ended   chan struct{} // closed when the Exit frame was written

	mu       sync.Mutex
	kills    sync.WaitGroup // kills under way; Exit waits for them
	timedOut bool
}

// start runs one program beside the caller.
func (a *agent) start(id uint32, r wire.Run) {
	p := &process{id: id, agent: a, run: r, started: make(chan struct{}), ended: make(chan struct{})}
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
	defer close(p.ended)
	begin := time.Now()
	kills := oomKills()
	exit := p.execute()
	exit.OOM = exit.Signal == "SIGKILL" && oomKills() > kills
	exit.DurationNS = time.Since(begin).Nanoseconds()
	// A failed write means that the stream ended; serve sees that too.
	_ = p.agent.out.Send(wire.TypeExit, p.id, exit)
}

// execute runs the program to its end.
func (p *process) execute() wire.Exit {
	s, err := p.agent.shims.take()
	if err != nil {
		close(p.started)
		p.forget()
		return wire.Exit{Code: 126, StartError: err.Error()}
	}
	p.shim = s
	close(p.started)
	go func() {
		<-s.gone
		p.forget()
		_ = s.control.Close() // a pipe has nothing to flush
	}()

	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(wire.TypeStdout, s.stdout) })
	pumps.Go(func() { p.pump(wire.TypeStderr, s.stderr) })
	if d := time.Duration(p.run.TimeoutMS) * time.Millisecond; d > 0 {
		timer := time.AfterFunc(d, p.expire)
		defer timer.Stop()
	}
	exit := p.follow(s)
	p.mu.Lock()
	exit.TimedOut = p.timedOut
	p.mu.Unlock()
	p.kills.Wait()
	exit.Lingering = !waitFor(&pumps, drainLimit)
	return exit
}

// follow hands the order to the shim and reads its reports.
func (p *process) follow(s *shim) wire.Exit {
	defer s.status.Close()
	broken := func(err error) wire.Exit {
		return wire.Exit{Code: 126, StartError: fmt.Sprintf("the process that starts programs ended early: %v", err)}
	}
	if err := json.NewEncoder(s.control).Encode(p.run); err != nil {
		return broken(err)
	}
	reports := json.NewDecoder(s.status)
	var r shimReport
	if err := reports.Decode(&r); err != nil {
		return broken(err)
	}
	if r.StartError != "" {
		return wire.Exit{Code: r.Code, StartError: r.StartError}
	}
	// A failed write means that the stream ended; serve sees that too.
	_ = p.agent.out.Send(wire.TypeStarted, p.id, wire.Started{PID: r.PID})
	r = shimReport{}
	if err := reports.Decode(&r); err != nil {
		return wire.Exit{Code: -1, Signal: "SIGKILL"} // the shim itself was killed, and its tree with it
	}
	exit := wire.Exit{Code: r.Code}
	if r.Signal != 0 {
		exit.Signal = signalName(syscall.Signal(r.Signal))
	}
	return exit
}

// pump carries one output stream out until its last holder closes it.
func (p *process) pump(t wire.Type, from *os.File) {
	defer from.Close()
	buf := make([]byte, outputBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if p.agent.out.Write(t, p.id, buf[:n]) != nil {
				return // the stream ended; serve sees that too
			}
		}
		if err != nil {
			return // io.EOF: nobody holds the pipe any more
		}
	}
}

// expire ends the process at its deadline.
func (p *process) expire() {
	p.mu.Lock()
	p.timedOut = true
	p.mu.Unlock()
	p.end(time.Duration(p.run.GraceMS) * time.Millisecond)
}

// end ends the process and everything below it, and returns when all of it is
// gone. It reports whether KILL was needed.
func (p *process) end(grace time.Duration) bool {
	p.kills.Add(1)
	defer p.kills.Done()
	<-p.started
	if p.shim == nil {
		return false
	}
	return endTree(p.shim.pid, grace, p.shim.gone)
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

// Package agent is the process that runs inside a container as PID 1.
//
// Over its standard input and output, which the runner holds, it takes frames
// of package wire: it starts the service and the steps, each in a process tree
// of its own, carries their output out byte for byte, kills whole trees at
// their deadline, probes readiness from inside, and listens for OpenTelemetry
// on the loopback addresses that every SDK uses by default. Exit statuses,
// output, telemetry payloads and an account of what arrived flow out. When its
// input ends the agent ends, and with it everything in the container.
//
// Only the standard library and packages group and wire may be imported: the package is
// built into a small static program of its own (agentmain) on the machine of
// the user, from the sources that Sources embeds.
package agent

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/group"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// Arg is the hidden first argument that makes a program the agent.
const Arg = "clnrm-agent"

// shimArg is the hidden first argument of the process above each process tree.
const shimArg = "clnrm-agent-shim"

// RunIfRequested turns the calling program into the agent, and never returns,
// when its first argument asks for that. It must be the first call in main.
func RunIfRequested() {
	if len(os.Args) < 2 {
		return
	}
	switch os.Args[1] {
	case Arg:
		os.Exit(run(os.Stdin, os.Stdout))
	case HostsArg:
		if len(os.Args) == 3 {
			fmt.Fprintln(os.Stderr, "clnrm agent:", enterHosts(os.Args[2]))
		}
		os.Exit(1)
	case shimArg:
		os.Exit(shimMain())
	case StressArg:
		os.Exit(stress(os.Args[2:], os.Stdout))
	case RestartArg:
		os.Exit(askForRestart(os.Stdout))
	case RelayArg:
		os.Exit(standBetween(os.Args[2:], os.Stdout))
	}
}

// agent is the state of the process behind one stream.
type agent struct {
	out   *wire.Writer
	reap  *reaper
	shims *shimPool
	otlp  *receiver
	host  *wire.Host // set by Setup outside a container
	// group is where the kernel counts what is only ours: a container's, or the one
	// that Setup names; none on the host otherwise, where others count as well.
	group group.Group

	requests requests

	mu        sync.Mutex
	procs     map[uint32]*process
	finishing bool
	held      []*pump        // output of processes that have ended, in the hands of others
	running   sync.WaitGroup // processes whose Exit frame was not written yet
}

// run serves one stream until it ends and returns the exit status.
func run(in io.Reader, out io.Writer) int {
	if err := hide(); err != nil {
		fmt.Fprintln(os.Stderr, "clnrm agent:", err)
		return 1
	}
	a := &agent{
		out:   wire.NewWriter(out),
		reap:  newReaper(),
		procs: map[uint32]*process{},
		group: group.Container,
	}
	a.shims = &shimPool{reap: a.reap}
	a.otlp = newReceiver(a.out)
	if err := a.out.Send(wire.TypeHello, 0, wire.Hello{Version: wire.Version, PID: os.Getpid()}); err != nil {
		return 1
	}
	err := a.serve(wire.NewReader(bufio.NewReaderSize(in, 64<<10)))
	// In a container nothing is cleaned up on purpose: the end of this process
	// ends every shim, and each shim ends its tree; as PID 1 the kernel does it at
	// once.
	if a.host != nil {
		if lerr := a.leaveHost(); lerr != nil {
			fmt.Fprintln(os.Stderr, "clnrm agent:", lerr)
		}
	}
	if errors.Is(err, io.EOF) {
		return 0
	}
	fmt.Fprintln(os.Stderr, "clnrm agent:", err)
	return 1
}

// hide makes the descriptors and memory of this process unreachable for other
// processes of the same user, so that a program under test cannot write frames
// of its own into the stream through /proc/1/fd.
func hide() error {
	const prSetDumpable = 4
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0); e != 0 {
		return fmt.Errorf("make the agent undumpable: %w", e)
	}
	return nil
}

// serve handles frames until the stream ends.
func (a *agent) serve(in *wire.Reader) error {
	for {
		f, err := in.Read()
		if err != nil {
			return err
		}
		if err := a.handle(f); err != nil {
			return err
		}
	}
}

// handle acts on one frame; everything that takes time goes on beside it.
func (a *agent) handle(f wire.Frame) error {
	switch f.Type {
	case wire.TypeSetup:
		var s wire.Setup
		if err := f.Decode(&s); err != nil {
			return err
		}
		return a.setup(s)
	case wire.TypeRun:
		var r wire.Run
		if err := f.Decode(&r); err != nil {
			return err
		}
		a.start(f.ID, r)
	case wire.TypeKill:
		var k wire.Kill
		if err := f.Decode(&k); err != nil {
			return err
		}
		a.kill(f.ID, time.Duration(k.GraceMS)*time.Millisecond)
	case wire.TypeProbe:
		var p wire.Probe
		if err := f.Decode(&p); err != nil {
			return err
		}
		go func() {
			// A failed write means that the stream ended; serve sees that too.
			_ = a.out.Send(wire.TypeProbed, f.ID, probe(p))
		}()
	case wire.TypeFetch:
		var q wire.Fetch
		if err := f.Decode(&q); err != nil {
			return err
		}
		go a.fetch(f.ID, q)
	case wire.TypeAnswered:
		var r wire.Answered
		if err := f.Decode(&r); err != nil {
			return err
		}
		a.answered(f.ID, r)
	case wire.TypeFinish:
		var fin wire.Finish
		if err := f.Decode(&fin); err != nil {
			return err
		}
		go a.finish(f.ID, time.Duration(fin.GraceMS)*time.Millisecond)
	default:
		return fmt.Errorf("%w: unexpected type %d", wire.ErrFrame, f.Type)
	}
	return nil
}

// setup answers the first frame of the runner.
func (a *agent) setup(s wire.Setup) error {
	if s.Version != wire.Version {
		return fmt.Errorf("the runner speaks version %d of the protocol, this agent %d", s.Version, wire.Version)
	}
	addresses := defaultAddresses
	if s.Host != nil {
		if err := a.enterHost(*s.Host); err != nil {
			return err
		}
		addresses = []string{"127.0.0.1:0"}
	}
	if s.Host == nil {
		a.takeRequests()
	}
	go a.shims.warm()
	var ready wire.Ready
	if s.OTLP {
		ready.Listening, ready.Problem = a.otlp.listen(addresses)
	}
	for _, dir := range s.Open {
		// An engine gives a mount the mode of the directory that it covers.
		if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil && ready.Problem == "" {
			ready.Problem = err.Error()
		}
	}
	if s.Names && ready.Problem == "" {
		if err := writeNames(nameFiles); err != nil {
			ready.Problem = err.Error()
		}
	}
	return a.out.Send(wire.TypeReady, 0, ready)
}

// keep notes output that is held beyond the end of its process.
func (a *agent) keep(held []*pump) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held = append(a.held, held...)
}

// finish ends every process, drains the receiver and accounts for it.
func (a *agent) finish(id uint32, grace time.Duration) {
	a.mu.Lock()
	a.finishing = true
	procs := make([]*process, 0, len(a.procs))
	for _, p := range a.procs {
		procs = append(procs, p)
	}
	a.mu.Unlock()

	var mu sync.Mutex
	var killed []uint32
	var wg sync.WaitGroup
	for _, p := range procs {
		wg.Go(func() {
			if p.end(grace) {
				mu.Lock()
				killed = append(killed, p.id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	a.running.Wait()
	a.mu.Lock()
	held := a.held
	a.mu.Unlock()
	drain(held) // what cannot be ended from here may go on to hold it
	report := a.otlp.drain()
	report.Killed = killed
	// A failed write means that the stream ended; serve sees that too.
	_ = a.out.Send(wire.TypeFinished, id, report)
}

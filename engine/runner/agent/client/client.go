// Package client is the runner's end of the stream to an agent.
//
// It takes a pair of byte streams, wherever they come from, and offers the
// agent's abilities as calls: start a process and wait for it, kill it, probe,
// finish. Output and telemetry flow out through callbacks in the order of the
// stream; a slow callback slows the programs in the container down and loses
// nothing. It knows nothing of containers or of tests.
package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

// ErrClosed marks the end of the stream: the agent, its container or the daemon
// between is gone.
var ErrClosed = errors.New("the connection to the agent ended")

// Output receives what a process prints. The slice is only valid during the
// call, and calls for one agent never overlap.
type Output func(stderr bool, p []byte)

// Traces receives one accepted OTLP trace request, with the same rules.
type Traces func(json bool, body []byte)

// Client talks to one agent. It is safe for concurrent use.
type Client struct {
	out    *wire.Writer
	traces Traces
	nextID atomic.Uint32

	got atomic.Int64 // trace requests received

	mu    sync.Mutex
	procs map[uint32]*Process
	calls map[uint32]chan wire.Frame
	asked func(answer func(wire.Answered)) // see HandleAsked
	// fetches are the calls of Fetch under way.
	fetches map[uint32]*fetching
	err     error         // set when done is closed
	done    chan struct{} // closed at the end of the stream
	setup   chan wire.Frame
	closer  func()
}

// New starts reading from r, until it ends. closer, called once, must make that
// happen.
func New(r io.Reader, w io.Writer, closer func(), traces Traces) *Client {
	c := &Client{
		out:    wire.NewWriter(w),
		traces: traces,
		procs:  map[uint32]*Process{},
		calls:  map[uint32]chan wire.Frame{},
		done:   make(chan struct{}),
		setup:  make(chan wire.Frame, 2), // Hello and Ready
		closer: sync.OnceFunc(closer),
	}
	go c.read(wire.NewReader(bufio.NewReaderSize(r, 128<<10)))
	return c
}

// Close ends the stream, and with it the agent, and waits for the reader.
func (c *Client) Close() {
	c.closer()
	<-c.done
}

// Done is closed when the stream has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the stream ended; nil while it has not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Received counts the trace requests that were handed on.
func (c *Client) Received() int64 { return c.got.Load() }

// Setup greets the agent and has it prepare, for example listen for OTLP. It must
// be the first call; the version is filled in.
func (c *Client) Setup(ctx context.Context, s wire.Setup) (wire.Ready, error) {
	s.Version = wire.Version
	if err := c.send(wire.TypeSetup, 0, s); err != nil {
		return wire.Ready{}, err
	}
	var hello wire.Hello
	if err := c.await(ctx, c.setup, &hello); err != nil {
		return wire.Ready{}, fmt.Errorf("wait for the agent: %w", err)
	}
	if hello.Version != wire.Version {
		return wire.Ready{}, fmt.Errorf("the agent speaks version %d of the protocol, this program %d", hello.Version, wire.Version)
	}
	var ready wire.Ready
	if err := c.await(ctx, c.setup, &ready); err != nil {
		return wire.Ready{}, fmt.Errorf("wait for the agent: %w", err)
	}
	return ready, nil
}

// await waits for a frame on ch.
func (c *Client) await(ctx context.Context, ch <-chan wire.Frame, v any) error {
	select {
	case f := <-ch:
		return f.Decode(v)
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
		select { // what arrived before the end still counts
		case f := <-ch:
			return f.Decode(v)
		default:
			return c.Err()
		}
	}
}

// send writes one control frame.
func (c *Client) send(t wire.Type, id uint32, v any) error {
	if err := c.out.Send(t, id, v); err != nil {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return nil
}

// Process is one program in the container.
type Process struct {
	c       *Client
	id      uint32
	output  Output
	started chan struct{}
	exited  chan struct{}
	exit    wire.Exit // set when exited is closed
}

// Start asks the agent to start a program. The error is only about the stream;
// whether the program could be started is told by Wait.
func (c *Client) Start(r wire.Run, out Output) (*Process, error) {
	p := &Process{c: c, id: c.nextID.Add(1), output: out, started: make(chan struct{}), exited: make(chan struct{})}
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return nil, c.err
	}
	c.procs[p.id] = p
	c.mu.Unlock()
	if err := c.send(wire.TypeRun, p.id, r); err != nil {
		return nil, err
	}
	return p, nil
}

// ID is the number of the process in wire.Finished.
func (p *Process) ID() uint32 { return p.id }

// Started is closed when the program runs, if wire.Run asks to be told that. It
// stays open when the program could not be started; Exited is closed then.
func (p *Process) Started() <-chan struct{} { return p.started }

// Exited is closed when the process has ended and all of its output was handed on.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Exit is how the process ended. It may be called when Exited is closed.
func (p *Process) Exit() wire.Exit { return p.exit }

// Wait waits for the end of the process. The error is that of ctx, or wraps
// ErrClosed.
func (p *Process) Wait(ctx context.Context) (wire.Exit, error) {
	select {
	case <-p.exited:
		return p.exit, nil
	case <-ctx.Done():
		return wire.Exit{}, ctx.Err()
	case <-p.c.done:
		select { // the exit may have been the last frame before the end
		case <-p.exited:
			return p.exit, nil
		default:
			return wire.Exit{}, p.c.Err()
		}
	}
}

// Kill ends the process and everything it started: TERM, then KILL after grace.
// Wait returns when all of it is gone.
func (p *Process) Kill(grace time.Duration) error {
	return p.c.send(wire.TypeKill, p.id, wire.Kill{GraceMS: grace.Milliseconds()})
}

// Probe makes one attempt to reach something from inside the container.
func (c *Client) Probe(ctx context.Context, p wire.Probe) (wire.Probed, error) {
	var r wire.Probed
	err := c.call(ctx, wire.TypeProbe, p, &r)
	return r, err
}

// Finish ends all processes (TERM, then KILL after grace), waits until the agent
// has sent everything it accepted, and returns its account.
func (c *Client) Finish(ctx context.Context, grace time.Duration) (wire.Finished, error) {
	var r wire.Finished
	err := c.call(ctx, wire.TypeFinish, wire.Finish{GraceMS: grace.Milliseconds()}, &r)
	return r, err
}

// call sends a question and waits for its answer.
func (c *Client) call(ctx context.Context, t wire.Type, question, answer any) error {
	id := c.nextID.Add(1)
	ch := make(chan wire.Frame, 1)
	c.mu.Lock()
	c.calls[id] = ch
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.calls, id)
		c.mu.Unlock()
	}()
	if err := c.send(t, id, question); err != nil {
		return err
	}
	return c.await(ctx, ch, answer)
}

// read handles frames until the stream ends.
func (c *Client) read(in *wire.Reader) {
	var err error
	for err == nil {
		var f wire.Frame
		if f, err = in.Read(); err == nil {
			err = c.handle(f)
		}
	}
	c.closer()
	c.mu.Lock()
	if errors.Is(err, io.EOF) {
		c.err = ErrClosed
	} else {
		c.err = fmt.Errorf("%w: %w", ErrClosed, err)
	}
	c.mu.Unlock()
	close(c.done)
}

// handle acts on one frame.
func (c *Client) handle(f wire.Frame) error {
	switch f.Type {
	case wire.TypeHello, wire.TypeReady:
		f.Payload = append([]byte(nil), f.Payload...)
		select {
		case c.setup <- f:
		default:
			return fmt.Errorf("%w: a second greeting", wire.ErrFrame)
		}
	case wire.TypeStarted, wire.TypeStdout, wire.TypeStderr, wire.TypeExit:
		return c.handleProcess(f)
	case wire.TypeFile, wire.TypeData:
		return c.handleFetch(f)
	case wire.TypeProbed, wire.TypeFinished, wire.TypeFetched:
		c.mu.Lock()
		ch := c.calls[f.ID]
		delete(c.calls, f.ID)
		c.mu.Unlock()
		if ch != nil { // nil when the caller gave up
			f.Payload = append([]byte(nil), f.Payload...)
			ch <- f
		}
	case wire.TypeAsked:
		c.ask(f.ID)
	case wire.TypeTraces:
		if len(f.Payload) == 0 {
			return fmt.Errorf("%w: telemetry without a format", wire.ErrFrame)
		}
		c.traces(f.Payload[0] == wire.FormatJSON, f.Payload[1:])
		c.got.Add(1)
	default:
		return fmt.Errorf("%w: unexpected type %d", wire.ErrFrame, f.Type)
	}
	return nil
}

// HandleAsked sets what is done when somebody in the container asks the agent for
// a restart of its service. It must not block, and answer may be called later;
// without it the answer is no.
func (c *Client) HandleAsked(f func(answer func(wire.Answered))) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = f
}

// ask has a request answered.
func (c *Client) ask(id uint32) {
	answer := func(a wire.Answered) {
		// A failed write means that the stream ended; read sees that too.
		_ = c.send(wire.TypeAnswered, id, a)
	}
	c.mu.Lock()
	f := c.asked
	c.mu.Unlock()
	if f == nil {
		f = func(answer func(wire.Answered)) { go answer(wire.Answered{Problem: "nothing here can be restarted"}) }
	}
	f(answer)
}

// handleProcess acts on a frame of one process.
func (c *Client) handleProcess(f wire.Frame) error {
	c.mu.Lock()
	p := c.procs[f.ID]
	c.mu.Unlock()
	if p == nil {
		return fmt.Errorf("%w: type %d for unknown process %d", wire.ErrFrame, f.Type, f.ID)
	}
	switch f.Type {
	case wire.TypeStarted:
		close(p.started)
	case wire.TypeStdout:
		p.output(false, f.Payload)
	case wire.TypeStderr:
		p.output(true, f.Payload)
	case wire.TypeExit:
		if err := f.Decode(&p.exit); err != nil {
			return err
		}
		if !p.exit.Lingering { // else more output may come
			c.mu.Lock()
			delete(c.procs, f.ID)
			c.mu.Unlock()
		}
		close(p.exited)
	}
	return nil
}

package client

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the other end of a client, in the hands of the test.
type peer struct {
	*wire.Writer
	in  *wire.Reader
	end func()
}

// connect returns a client and its peer.
func connect(t *testing.T) (*Client, peer) {
	t.Helper()
	toPeer, fromClient := io.Pipe()
	toClient, fromPeer := io.Pipe()
	end := func() { _, _ = fromPeer.Close(), toPeer.Close() } // neither can fail
	c := New(toClient, fromClient, end, func(bool, []byte) {})
	t.Cleanup(c.Close)
	return c, peer{wire.NewWriter(fromPeer), wire.NewReader(toPeer), end}
}

// next is the next frame that the client sends.
func (p peer) next(t *testing.T, want wire.Type) wire.Frame {
	t.Helper()
	f, err := p.in.Read()
	if err != nil || f.Type != want {
		t.Errorf("frame %+v, %v, want type %d", f, err, want)
	}
	return f
}

func TestEndOfStreamEndsEveryWait(t *testing.T) {
	c, p := connect(t)
	go func() {
		p.next(t, wire.TypeRun)
		p.next(t, wire.TypeFinish)
		p.end()
	}()
	proc, err := c.Start(wire.Run{Argv: []string{"a"}}, func(bool, []byte) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(t.Context(), 0); !errors.Is(err, ErrClosed) {
		t.Errorf("finish: %v", err)
	}
	if _, err := proc.Wait(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("wait: %v", err)
	}
	if _, err := c.Start(wire.Run{}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("start: %v", err)
	}
}

func TestExitBeforeTheEndOfTheStreamCounts(t *testing.T) {
	c, p := connect(t)
	go func() {
		f := p.next(t, wire.TypeRun)
		if err := p.Send(wire.TypeExit, f.ID, wire.Exit{Code: 5}); err != nil {
			t.Error(err)
		}
		p.end()
	}()
	proc, err := c.Start(wire.Run{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if e, err := proc.Wait(t.Context()); err != nil || e.Code != 5 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestAgentOfAnotherVersionIsRefused(t *testing.T) {
	c, p := connect(t)
	go func() {
		p.next(t, wire.TypeSetup)
		if err := p.Send(wire.TypeHello, 0, wire.Hello{Version: wire.Version + 1}); err != nil {
			t.Error(err)
		}
	}()
	if _, err := c.Setup(t.Context(), wire.Setup{OTLP: true}); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("err = %v", err)
	}
}

func TestStrangeFramesEndTheStream(t *testing.T) {
	for name, send := range map[string]func(p peer) error{
		"unknown process":  func(p peer) error { return p.Write(wire.TypeStdout, 99, []byte("x")) },
		"empty telemetry":  func(p peer) error { return p.Write(wire.TypeTraces, 1) },
		"frame for agents": func(p peer) error { return p.Send(wire.TypeRun, 1, wire.Run{}) },
		"too many hellos":  func(p peer) error { return errors.Join(hello(p), hello(p), hello(p)) },
		"no frame at all":  func(p peer) error { return p.Write(0, 0) },
		"answer to nothing": func(p peer) error {
			return errors.Join(p.Send(wire.TypeProbed, 5, wire.Probed{}), p.Write(wire.TypeTraces, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := connect(t)
			if err := send(p); err != nil {
				t.Error(err)
			}
			<-c.Done()
			if !errors.Is(c.Err(), wire.ErrFrame) {
				t.Errorf("err = %v", c.Err())
			}
		})
	}
}

func hello(p peer) error { return p.Send(wire.TypeHello, 0, wire.Hello{Version: wire.Version}) }

func TestCallerMayGiveUp(t *testing.T) {
	c, p := connect(t)
	asked := make(chan struct{})
	go func() {
		p.next(t, wire.TypeProbe)
		close(asked)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := c.Probe(ctx, wire.Probe{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if c.Err() != nil {
		t.Errorf("the stream ended: %v", c.Err())
	}
}

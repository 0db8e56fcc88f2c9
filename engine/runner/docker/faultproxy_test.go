package docker

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// proxy stands between a client and a daemon and does to the connection what
// networks and daemons do.
type proxy struct {
	upstream string // the daemon's socket
	mu       sync.Mutex
	conns    map[net.Conn]bool
	// answer, when set, is all that a client ever gets.
	answer func(net.Conn)
	delay  time.Duration // before each piece that goes to the client
}

// newProxy starts one before the machine's daemon, listening on network ("unix"
// or "tcp"); it ends with the test. host is its address.
func newProxy(t testing.TB, network string, answer func(net.Conn)) (p *proxy, host string) {
	t.Helper()
	e, err := resolveEndpoint(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	upstream, ok := strings.CutPrefix(e.Host, "unix://")
	if !ok {
		t.Skip("the daemon is not on a socket of this machine")
	}
	at := "127.0.0.1:0"
	if network == "unix" {
		dir, err := os.MkdirTemp("", "clnrm-proxy-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		at = filepath.Join(dir, "sock")
	}
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	p = &proxy{upstream: upstream, conns: map[net.Conn]bool{}, answer: answer}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns[c] = true
			p.mu.Unlock()
			wg.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		wg.Wait()
	})
	return p, network + "://" + l.Addr().String()
}

// cut cuts every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// serve carries one connection.
func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	if p.answer != nil {
		p.answer(c)
		return
	}
	up, err := net.Dial("unix", p.upstream)
	if err != nil {
		return
	}
	defer up.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = io.Copy(up, c) // the end of either is the end of both
		_ = up.(*net.UnixConn).CloseWrite()
	})
	buf := make([]byte, 32<<10)
	for {
		n, err := up.Read(buf)
		if n > 0 {
			<-time.After(p.delay) // the fault
			if _, werr := c.Write(buf[:n]); werr != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = c.Close()
	wg.Wait()
}

// TestDaemonThatAnswersAnythingButItselfIsTheMachinesFault is the part of fault
// F9 where somebody does listen.
func TestDaemonThatAnswersAnythingButItselfIsTheMachinesFault(t *testing.T) {
	t.Parallel()
	needDocker(t)
	for name, answer := range map[string]func(net.Conn){
		"silence":       func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"a closed door": func(net.Conn) {},
		"garbage":       func(c net.Conn) { _, _ = c.Write([]byte("\x15\x03\x01garbage\r\n\r\n")) },
		"status 500": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
		},
		"half an answer": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"ID\":") },
		"another page": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, host := newProxy(t, "unix", answer)
			b := backendAt(t, host)
			begin := time.Now()
			err := b.Ready(t.Context())
			var ee *runner.EnvironmentError
			if !errors.As(err, &ee) || !strings.Contains(err.Error(), host) || ee.Remedy == "" {
				t.Errorf("err = %v", err)
			}
			within(t, begin, answerWithin+time.Second, "the answer")
			if err := b.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestConnectionThatIsCutFailsTheStepAndLeavesNothing is F7 without the end of
// the daemon: only the way to it breaks.
func TestConnectionThatIsCutFailsTheStepAndLeavesNothing(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	p, host := newProxy(t, "unix", nil)
	b := backendAt(t, host)
	out := &record{}
	s, err := b.Open(t.Context(), two(busyboxContext(t)), out)
	if err != nil {
		t.Fatal(err)
	}
	done := execute(t.Context(), s, loop)
	out.await(t, "box/step/out", "begun")
	cut := time.Now()
	p.cut()
	got := <-done
	if got.err == nil {
		t.Errorf("the step ended as %+v", got.exit)
	}
	within(t, cut, 2*time.Second, "the end of the step")
	if tel, err := s.Finish(t.Context(), ample); err == nil && tel.Complete {
		t.Errorf("the telemetry counts as complete: %+v", tel)
	}
	if err := errors.Join(s.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Error(err) // new connections work
	}
	expectGone(t, api, b.owner, 3*time.Second)
}

// TestSlowConnectionChangesNothing runs a scenario over one with 20 ms of delay
// each way back.
func TestSlowConnectionChangesNothing(t *testing.T) {
	t.Parallel()
	api := needDocker(t)
	p, host := newProxy(t, "unix", nil)
	p.delay = 20 * time.Millisecond
	b := backendAt(t, host)
	s, err := b.Open(t.Context(), request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	if err != nil {
		t.Fatal(err)
	}
	if e := sh(t, s, "exit 3"); e.Code != 3 {
		t.Errorf("%+v", e)
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || !tel.Complete {
		t.Errorf("%+v, %v", tel, err)
	}
	if err := errors.Join(s.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Error(err)
	}
	expectGone(t, api, b.owner, 3*time.Second)
}

// TestRemoteDaemonGetsTheAgentCopied runs on a daemon at a tcp address, which
// need not see the files of this machine.
func TestRemoteDaemonGetsTheAgentCopied(t *testing.T) {
	t.Parallel()
	needDocker(t)
	_, host := newProxy(t, "tcp", nil)
	b := backendAt(t, host)
	s, err := b.Open(t.Context(), request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
	if err != nil {
		t.Fatal(err)
	}
	if e := sh(t, s, "test -x "+agentPath+" && ! grep "+agentPath+" /proc/mounts"); e.Code != 0 {
		t.Errorf("the agent is bound into the container of a remote daemon: %+v", e)
	}
	if err := errors.Join(s.Close(t.Context()), b.Close(t.Context())); err != nil {
		t.Error(err)
	}
}

// TestDockerContextChoosesTheDaemon runs on the daemon of a context: a private
// one.
func TestDockerContextChoosesTheDaemon(t *testing.T) {
	t.Parallel()
	d := newPrivateDaemon(t, "200m")
	config := t.TempDir()
	const name = "lab"
	writeContext(t, config, name, "unix://"+d.socket)
	write(t, filepath.Join(config, "config.json"), `{"currentContext":"`+name+`"}`, 0o600)
	for _, env := range []map[string]string{{}, {"DOCKER_CONTEXT": name}} {
		b, err := New(Options{CacheDir: cacheDir, Getenv: func(n string) string {
			if n == "DOCKER_CONFIG" {
				return config
			}
			return env[n]
		}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := b.connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c.endpoint.Host != "unix://"+d.socket || !strings.Contains(c.endpoint.Source, name) {
			t.Errorf("%+v", c.endpoint)
		}
		s, err := b.Open(t.Context(), request(busyboxContext(t), &spec.Service{Name: "box"}), &record{})
		if err != nil {
			t.Fatal(err)
		}
		if n := left(t, d.api(t), b.owner); n != 1 {
			t.Errorf("the daemon of the context has %d containers", n)
		}
		if err := errors.Join(s.Close(t.Context()), b.Close(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

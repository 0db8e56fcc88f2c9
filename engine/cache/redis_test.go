package cache

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a Redis server of the test's own.
type server struct {
	t    *testing.T
	port int
	cmd  *exec.Cmd
}

// startRedis starts a server; without the program the test is skipped, unless in
// continuous integration.
func startRedis(t *testing.T) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed: run scripts/setup")
		}
		t.Skip("redis-server is not installed: run scripts/setup")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, port: l.Addr().(*net.TCPAddr).Port}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

// start starts the server and waits until it says that it is ready.
func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", "--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", s.t.TempDir(), "--requirepass", "geheim")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() {
				for lines.Scan() {
				}
			}()
			return
		}
	}
	s.t.Fatal("redis-server has ended")
}

// stop kills the server.
func (s *server) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill() // it may be gone
		_ = s.cmd.Wait()         // killed
		s.cmd = nil
	}
}

func (s *server) address() string { return fmt.Sprintf("redis://:geheim@127.0.0.1:%d/0", s.port) }

func (s *server) open() *Redis {
	s.t.Helper()
	r, err := NewRedis(s.t.Context(), s.address())
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func TestMachinesShareRenderingsThroughRedis(t *testing.T) {
	s := startRedis(t)
	var n notes
	e, reason := fresh(t, &n, func() Blobs { return s.open() }, func(*world) {})
	if e == nil || string(e.Text) != "rendered" || strings.Contains(reason, "geheim") || !strings.HasPrefix(reason, "hit in redis://") {
		t.Errorf("%v, %s", e, reason)
	}
	r := s.open()
	defer r.Close()
	if err := r.client.Set(t.Context(), "of:others", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if st, err := r.Stats(t.Context()); err != nil || st.Entries != 2 || st.Bytes == 0 {
		t.Errorf("%+v, %v", st, err)
	}
	for _, k := range r.client.Keys(t.Context(), redisPrefix+"*").Val() {
		if ttl := r.client.TTL(t.Context(), k).Val(); ttl <= 0 || ttl > redisKeep {
			t.Errorf("%s is kept for %s", k, ttl)
		}
	}
	if err := r.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keys := r.client.Keys(t.Context(), "*").Val(); len(keys) != 1 || keys[0] != "of:others" {
		t.Errorf("left: %v", keys)
	}
	if n.all() != "" {
		t.Error(n.all())
	}
}

func TestF29DamageInRedisIsAMissThatIsReported(t *testing.T) {
	s := startRedis(t)
	for name, damage := range map[string]func(r *Redis, key string) error{
		"overwritten": func(r *Redis, key string) error { return r.client.SetRange(t.Context(), key, 60, "XX").Err() },
		"another type": func(r *Redis, key string) error {
			return errors.Join(r.client.Del(t.Context(), key).Err(), r.client.LPush(t.Context(), key, "x").Err())
		},
		"something else": func(r *Redis, key string) error { return r.client.Set(t.Context(), key, "hello", 0).Err() },
	} {
		t.Run(name, func(t *testing.T) {
			var n notes
			e, _ := fresh(t, &n, func() Blobs { return s.open() }, func(*world) {
				r := s.open()
				defer r.Close()
				for _, k := range r.client.Keys(t.Context(), redisPrefix+"*").Val() {
					if err := damage(r, k); err != nil {
						t.Fatal(err)
					}
				}
			})
			if e != nil || n.all() == "" {
				t.Errorf("%v; said %q", e, n.all())
			}
		})
	}
}

func TestF29RedisThatIsKilledIsBypassedAndUsedAgain(t *testing.T) {
	s := startRedis(t)
	var n notes
	at := &clock{at: time.Unix(1000, 0)}
	m, err := NewMemory(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := New(m, NewFar(s.open(), "", at.now, n.note))
	defer closed(t, c)
	w := world{}
	lookup(t, c, w, "a", "text")
	s.stop()
	if e, _ := lookup(t, c, w, "b", "text"); e != nil || strings.Count(n.all(), "is bypassed") != 1 {
		t.Errorf("%v, said %q", e, n.all())
	}
	if strings.Contains(n.all(), "geheim") {
		t.Error("the password is said: " + n.all())
	}
	s.start()
	at.move(farRest)
	lookup(t, c, w, "c", "text")
	if !strings.HasSuffix(n.all(), "is used again") {
		t.Errorf("said %q", n.all())
	}
}

// A server that is stopped in the middle keeps its connections open and answers
// nothing.
func TestF29RedisThatHangsIsBypassed(t *testing.T) {
	s := startRedis(t)
	var n notes
	c := process(t, &n, s.open())
	defer closed(t, c)
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if e, _ := lookup(t, c, world{}, "a", "text"); e != nil || !strings.Contains(n.all(), "is bypassed") {
		t.Errorf("%v, said %q", e, n.all())
	}
}

func TestRedisThatIsNotThereIsTheEnvironmentsFault(t *testing.T) {
	s := startRedis(t)
	s.stop()
	blobs, err := Open(t.Context(), []string{s.address(), "disk"}, Where{Dir: filepath.Join(t.TempDir(), "d")})
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "geheim") || len(blobs) != 1 {
		t.Errorf("%v, %v", blobs, err)
	}
	s.start()
	if _, err := NewRedis(t.Context(), fmt.Sprintf("redis://:wrong@127.0.0.1:%d", s.port)); !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "wrong@") {
		t.Errorf("wrong password: %v", err)
	}
}

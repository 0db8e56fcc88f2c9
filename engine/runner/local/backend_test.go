package local

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// record is a runner.Sink that keeps everything.
type record struct {
	mu     sync.Mutex
	output map[string]*bytes.Buffer // by service/step
	spans  int
	json   bool
}

func (r *record) Output(service, step string, _ runner.Stream, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.output == nil {
		r.output = map[string]*bytes.Buffer{}
	}
	key := service + "/" + step
	if r.output[key] == nil {
		r.output[key] = &bytes.Buffer{}
	}
	r.output[key].Write(p)
}

func (r *record) Spans(_ string, p runner.Payload) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans++
	r.json = p.JSON
}

func (r *record) Progress(string) {}

func (r *record) text(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.output[key] == nil {
		return ""
	}
	return r.output[key].String()
}

// newBackend returns a backend that is closed with the test, and checks that
// nothing of it is left then.
func newBackend(t testing.TB) *Backend {
	t.Helper()
	b, err := New(Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		expectEmpty(t, b.root)
	})
	return b
}

// expectEmpty fails the test when there is a directory of a service left.
func expectEmpty(t testing.TB, root string) {
	t.Helper()
	left, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for _, d := range left {
		t.Errorf("the directory %s is left", d.Name())
	}
}

// request is a scenario over services; "box" stands in for a place without a
// program.
func request(dir string, services ...*spec.Service) runner.Request {
	return runner.Request{
		RunID: "test", Dir: dir, File: &spec.File{Services: services},
		Services: append([]*spec.Service{{Name: "box", Plugin: "generic_container", Image: runner.DefaultImage}}, services...),
		Scenario: &spec.Scenario{Name: "scenario"},
	}
}

func open(t testing.TB, b *Backend, r runner.Request, out runner.Sink) runner.Session {
	t.Helper()
	s, err := b.Open(t.Context(), r, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func sh(t testing.TB, s runner.Session, script string) runner.Exit {
	t.Helper()
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", script}})
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return e
}

// program writes the Go program that the tests use as a service.
func program(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.invalid/web\n\ngo 1.24\n", "web/main.go": webSource} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// webSource answers on the port that it is given; with "say" it exports a span,
// with "ask" it makes a request, and ends.
const webSource = `package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if os.Args[1] == "say" {
		body := ` + "`" + `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"said","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}` + "`" + `
		r, err := http.Post(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+"/v1/traces", "application/json", strings.NewReader(body))
		if err != nil || r.StatusCode != 200 {
			fmt.Println(err, r)
			os.Exit(1)
		}
		return
	}
	if os.Args[1] == "deaf" {
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("deaf")
		for {
			time.Sleep(time.Hour)
		}
	}
	if os.Args[1] == "eat" {
		var kept [][]byte
		for range 900 {
			p := make([]byte, 1<<20)
			for i := range p {
				p[i] = 1
			}
			kept = append(kept, p)
		}
		fmt.Println(len(kept))
		return
	}
	if os.Args[1] == "ask" {
		r, err := http.Get(os.Args[2])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(r.Status)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening")
	panic(http.Serve(l, http.NotFoundHandler()))
}
`

// heldPort is a port on which nobody listens and that the kernel gives to nobody
// until the end of the test: a socket is bound to it, in the way that lets a
// service of Go listen there.
func heldPort(t testing.TB) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Close(fd); err != nil {
			t.Error(err)
		}
	})
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return at.(*syscall.SockaddrInet4).Port
}

package docker

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestMain(m *testing.M) {
	agent.RunIfRequested()
	RunWatchdogIfRequested()
	runChildIfRequested()
	runKeeperIfRequested()
	// A program with the race detector sleeps for a second before it ends, and
	// every backend awaits the end of a watchdog that is this program.
	if err := os.Setenv("GORACE", strings.TrimSpace(os.Getenv("GORACE")+" atexit_sleep_ms=0")); err != nil {
		panic(err)
	}
	// Tests wait for the daemon most of the time.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// ample is longer than anything takes that is expected to happen, on a machine
// that is busy with other things.
const ample = 30 * time.Second

// record is a runner.Sink that keeps everything.
type record struct {
	mu       sync.Mutex
	output   map[string]*bytes.Buffer // by service/step/stream
	spans    []runner.Payload
	progress []string
	more     chan struct{} // closed and replaced at every output
}

// await waits until something was printed under a key.
func (r *record) await(t testing.TB, key, text string) {
	t.Helper()
	limit := time.After(ample)
	for {
		r.mu.Lock()
		if r.more == nil {
			r.more = make(chan struct{})
		}
		more := r.more
		r.mu.Unlock()
		if strings.Contains(r.text(key), text) {
			return
		}
		select {
		case <-more:
		case <-limit:
			t.Fatalf("%s did not print %q but %q", key, text, r.text(key))
		}
	}
}

func (r *record) Output(service, step string, stream runner.Stream, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := service + "/" + step + "/" + map[runner.Stream]string{runner.Stdout: "out", runner.Stderr: "err"}[stream]
	if r.output == nil {
		r.output = map[string]*bytes.Buffer{}
	}
	if r.output[key] == nil {
		r.output[key] = &bytes.Buffer{}
	}
	r.output[key].Write(p)
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

func (r *record) Spans(service string, p runner.Payload) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Body = bytes.Clone(p.Body)
	r.spans = append(r.spans, p)
}

func (r *record) Progress(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress = append(r.progress, text)
}

// text returns what was printed under a key.
func (r *record) text(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.output[key] == nil {
		return ""
	}
	return r.output[key].String()
}

// elsewhere are the daemons of tests that run on another one than the machine's,
// by the first part of their names.
var elsewhere sync.Map

// getenvOf is the environment of a test.
func getenvOf(t testing.TB) func(string) string {
	test, _, _ := strings.Cut(t.Name(), "/")
	host, ok := elsewhere.Load(test)
	return func(name string) string {
		if ok && name == "DOCKER_HOST" {
			return host.(string)
		}
		return os.Getenv(name)
	}
}

// needDocker skips the test where no daemon answers, unless this is CI.
func needDocker(t testing.TB) *engineClient {
	t.Helper()
	d, err := dialDaemon(t.Context(), getenvOf(t))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := d.api.Close(); err != nil {
			t.Error(err)
		}
	})
	return d.api
}

// cacheDir is shared by the tests of one run, so that the agent is built once.
var cacheDir = filepath.Join(os.TempDir(), "clnrm-tui-test-cache")

// newBackend returns a backend that is closed with the test, and checks that
// nothing of it is left then.
func newBackend(t testing.TB, change ...func(*Options)) *Backend {
	t.Helper()
	api := needDocker(t)
	o := Options{Getenv: getenvOf(t), CacheDir: cacheDir}
	for _, f := range change {
		f(&o)
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		expectNothing(t, api, b.owner)
	})
	return b
}

// expectNothing fails the test when something of that owner is on the daemon.
func expectNothing(t testing.TB, api remover, owner string) {
	t.Helper()
	f, err := sweep(context.Background(), api, labelOwner, owner, nil)
	if err != nil || f.len() > 0 {
		t.Errorf("%d containers or networks were left (%v)", f.len(), err)
	}
}

// busyboxContext is a build context whose image is the machine's static busybox.
func busyboxContext(t testing.TB) string {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no busybox to make an image of")
	}
	dir := t.TempDir()
	text, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ctx", "busybox"), string(text), 0o755)
	write(t, filepath.Join(dir, "ctx", "passwd"), "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n", 0o644)
	write(t, filepath.Join(dir, "ctx", "Dockerfile"), `FROM scratch
COPY busybox /bin/busybox
COPY passwd /etc/passwd
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN ["/bin/mkdir", "-p", "/tmp", "/home/app"]
ENV FROM_IMAGE=yes
`, 0o644)
	return dir
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// request is a scenario over services of the busybox image.
func request(dir string, services ...*spec.Service) runner.Request {
	for _, s := range services {
		if s.Build == nil && s.Image == "" && s.Plugin == "" {
			s.Build = &spec.Build{Context: "ctx"}
		}
	}
	return runner.Request{
		RunID: "test", Dir: dir, Services: services,
		File:     &spec.File{Services: services},
		Scenario: &spec.Scenario{Name: "scenario"},
	}
}

// open opens a session that is closed with the test.
func open(t testing.TB, b *Backend, r runner.Request, out runner.Sink) runner.Session {
	t.Helper()
	s, err := b.Open(t.Context(), r, out)
	if err != nil {
		t.Fatalf("open: %v\n%s", err, serviceLog(err))
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func serviceLog(err error) string {
	var se *runner.ServiceError
	if errors.As(err, &se) {
		return se.Log
	}
	return ""
}

// sh executes a script in service "box".
func sh(t testing.TB, s runner.Session, script string) runner.Exit {
	t.Helper()
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", script}})
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return e
}

func TestStepsRunInOneFreshContainerWithoutNetwork(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box"}), out)

	if e := sh(t, s, "echo out; echo err >&2; echo $FROM_IMAGE $TZ $$ > /tmp/kept; exit 3"); e.Code != 3 {
		t.Errorf("exit = %+v, want status 3", e)
	}
	if got := out.text("box/step/out"); got != "out\n" {
		t.Errorf("stdout = %q", got)
	}
	if got := out.text("box/step/err"); got != "err\n" {
		t.Errorf("stderr = %q", got)
	}
	if e := sh(t, s, "grep -q 'yes UTC' /tmp/kept"); e.Code != 0 {
		t.Errorf("the second step does not see what the first wrote: %+v", e)
	}
	if e := sh(t, s, "test $(ls /sys/class/net | wc -l) = 1"); e.Code != 0 {
		t.Errorf("there is more than a loopback interface: %+v", e)
	}
	ev := s.Evidence()
	if ev.Network != "none" || !ev.Hermetic || len(ev.Containers) != 1 || !strings.HasPrefix(ev.Containers[0].Digest, "sha256:") || !ev.Containers[0].Agent {
		t.Errorf("evidence = %+v", ev)
	}
	tel, err := s.Finish(t.Context(), ample)
	if err != nil || !tel.Complete {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
}

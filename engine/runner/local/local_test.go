package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestMain(m *testing.M) {
	agent.RunIfRequested()
	runChildIfRequested()
	goleak.VerifyTestMain(m)
}

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

func TestStepsRunInAFreshDirectoryWithAScrubbedEnvironment(t *testing.T) {
	t.Setenv("CLNRM_TEST_OF_THE_HOST", "secret")
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(t.TempDir()), out)
	if e := sh(t, s, `pwd; ls; env; ulimit -n; ulimit -c; echo kept > kept; exit 3`); e.Code != 3 {
		t.Errorf("%+v", e)
	}
	text := out.text("box/step")
	if strings.Contains(text, "secret") || strings.Contains(text, "CLNRM_TEST_OF_THE_HOST") || !strings.Contains(text, "TZ=UTC") || !strings.Contains(text, "HOME="+b.root) {
		t.Errorf("environment:\n%s", text)
	}
	if !strings.HasPrefix(text, b.root) || !strings.Contains(text, "\nbin\ntmp\n") || !strings.HasSuffix(text, "\n4096\n0\n") {
		t.Errorf("not a fresh directory, or not the limits:\n%s", text)
	}
	if e := sh(t, s, "test -e kept"); e.Code != 0 {
		t.Error("the second step does not see what the first wrote")
	}
	again := open(t, b, request(t.TempDir()), out)
	if e := sh(t, again, "test -e kept"); e.Code == 0 {
		t.Error("another attempt sees what this one wrote")
	}
	ev := s.Evidence()
	if ev.Hermetic || ev.Backend != "local" || ev.Network != "host" || len(ev.Containers) != 1 {
		t.Errorf("%+v", ev)
	}
	if tel, err := s.Finish(t.Context(), 30*time.Second); err != nil || !tel.Complete {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestServiceIsTheBuiltProgramAndItsSpansArrive(t *testing.T) {
	b := newBackend(t)
	port := heldPort(t)
	out := &record{}
	s := open(t, b, request(program(t), &spec.Service{Name: "web", Plugin: "go_binary", Package: "./web", Args: []string{strconv.Itoa(port)}, Ports: []int{port}}), out)
	e, err := s.Exec(t.Context(), runner.Command{Service: "web", Step: "say", Argv: []string{"web", "say"}})
	if err != nil || e.Code != 0 {
		t.Errorf("%+v, %v: %s", e, err, out.text("web/say"))
	}
	tel, err := s.Finish(t.Context(), 30*time.Second)
	if err != nil || tel.Requests != 1 || out.spans != 1 || !out.json {
		t.Errorf("%+v, %v, %d payloads", tel, err, out.spans)
	}
	// It may listen before its line is read; at the end everything was.
	if out.text("web/") != "listening\n" {
		t.Errorf("the service printed %q", out.text("web/"))
	}
	if c := s.Evidence().Containers[1]; c.Image != "go_binary ./web" || !strings.HasPrefix(c.Digest, "sha256:") || c.Fingerprint == "" {
		t.Errorf("%+v", c)
	}
}

func TestServicesFindEachOtherByName(t *testing.T) {
	b := newBackend(t)
	dir := program(t)
	web := func(name string, after ...string) *spec.Service {
		port := heldPort(t)
		return &spec.Service{
			Name: name, Plugin: "go_binary", Package: "./web", Args: []string{strconv.Itoa(port)}, DependsOn: after,
			Ready: []*spec.Ready{{Kind: spec.ReadyHTTP, Target: "http://" + name + ":" + strconv.Itoa(port), Statuses: []int{404}}},
		}
	}
	db, api := web("data_base"), web("api", "data_base")
	out := &record{}
	s := open(t, b, request(dir, db, api), out)
	for _, from := range []string{"box", "data_base", "api"} {
		for _, to := range []*spec.Service{db, api} {
			step := from + " asks " + to.Name
			argv := []string{filepath.Join(s.(*session).nodes[1].dir, "bin", "web"), "ask", "http://" + to.Name + ":" + to.Args[0]}
			if e, err := s.Exec(t.Context(), runner.Command{Service: from, Step: step, Argv: argv}); err != nil || e.Code != 0 || out.text(from+"/"+step) != "404 Not Found\n" {
				t.Errorf("%s: %+v, %v, %s", step, e, err, out.text(from+"/"+step))
			}
		}
	}
	if e := sh(t, s, "ls; grep api /etc/hosts; umount /etc/hosts 2>/dev/null; true"); e.Code != 0 || out.text("box/step") != "bin\ntmp\n127.0.0.1 api\n" {
		t.Errorf("%+v: %s", e, out.text("box/step"))
	}
	if text, err := os.ReadFile(hostsFile); err != nil || strings.Contains(string(text), "data_base") {
		t.Errorf("the machine's own file of names: %s, %v", text, err)
	}
}

func TestNamesOfServicesAreTheirsAlone(t *testing.T) {
	known := "127.0.0.1\tlocalhost\n10.0.0.5 db.example db # the real one\n# 1.1.1.1 comment\n10.0.0.6 API\n::1 localhost"
	want := "127.0.0.1 localhost\n10.0.0.5 db.example\n::1 localhost\n127.0.0.1 db\n127.0.0.1 api\n"
	if got := hosts(known, []string{"db", "api", "not a name"}); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestPortsAreNotSharedWithAnybody(t *testing.T) {
	b := newBackend(t)
	dir := program(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	web := func(port int) *spec.Service {
		return &spec.Service{Name: "web", Plugin: "go_binary", Package: "./web", Args: []string{strconv.Itoa(port)}, Ports: []int{port}}
	}
	if _, err := b.Open(t.Context(), request(dir, web(taken)), &record{}); err == nil || !strings.Contains(err.Error(), "in use by another program") {
		t.Errorf("a port on which another program answers: %v", err)
	}
	port := heldPort(t)
	var wg sync.WaitGroup
	for range 3 { // one after the other, or the second finds the port taken
		wg.Go(func() {
			s, err := b.Open(t.Context(), request(dir, web(port)), &record{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestWhatNeedsAContainerIsRefusedWithAReason(t *testing.T) {
	b := newBackend(t)
	for reason, s := range map[string]*spec.Service{
		"it is the image postgres:16":            {Name: "a", Plugin: "generic_container", Image: "postgres:16"},
		"its image is built from ctx":            {Name: "a", Build: &spec.Build{Context: "ctx"}},
		"plugin surrealdb needs a container":     {Name: "a", Plugin: "surrealdb"},
		"user needs a container":                 {Name: "a", Plugin: "go_binary", Package: "./web", User: "nobody"},
		"there is the file /run/up":              {Name: "a", Plugin: "go_binary", Package: "./web", Ready: []*spec.Ready{{Kind: spec.ReadyFile, Path: "/run/up"}}},
		"volumes needs a container":              {Name: "a", Plugin: "go_binary", Package: "./web", Volumes: []spec.Volume{{Host: "/a", Container: "/b"}}},
		"it is the image " + runner.DefaultImage: {Name: "default", Plugin: "generic_container", Image: runner.DefaultImage},
	} {
		_, err := b.Open(t.Context(), request(t.TempDir(), s), &record{})
		var ee *runner.EnvironmentError
		if !errors.As(err, &ee) || !strings.Contains(err.Error(), reason) || !strings.Contains(ee.Remedy, "--backend docker") {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestServiceThatDiesIsToldAsSuch(t *testing.T) {
	b := newBackend(t)
	_, err := b.Open(t.Context(), request(program(t), &spec.Service{Name: "web", Plugin: "go_binary", Package: "./web", Args: []string{"not-a-port"}, Ports: []int{heldPort(t)}}), &record{})
	var se *runner.ServiceError
	if !errors.As(err, &se) || !strings.Contains(se.What, "ended with status 1") || !strings.Contains(se.Log, "not-a-port") {
		t.Errorf("%v", err)
	}
}

func TestServiceThatIgnoresTermIsKilledAndNamed(t *testing.T) {
	b := newBackend(t)
	s := open(t, b, request(program(t), &spec.Service{
		Name: "deaf", Plugin: "go_binary", Package: "./web", Args: []string{"deaf"}, Ready: []*spec.Ready{{Kind: spec.ReadyLog, Text: "deaf"}},
	}), &record{})
	tel, err := s.Finish(t.Context(), 200*time.Millisecond)
	if err != nil || tel.Complete || !slices.Equal(tel.Cut, []string{"service deaf did not end within 200ms of TERM and was killed"}) {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestFilesAreCopiedFromTheDirectoryOfTheService(t *testing.T) {
	b := newBackend(t)
	s := open(t, b, request(t.TempDir()), &record{})
	sh(t, s, "mkdir -p out/d; printf one > out/a; printf two > out/d/b; ln -s /etc/hostname out/link; ln -s /etc/hostname away")
	if _, err := s.Finish(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]string{
		"out":           "/out/a=one /out/d/b=two missing [/out/link: it is no ordinary file] <nil>",
		"out/d/*":       "/out/d/b=two missing [] <nil>",
		"away":          "missing [/away: it leads out of the directory of the service] <nil>",
		"../../../etc":  "missing [",
		"nothing":       "missing [] there is no /nothing",
		"/etc/hostname": "missing [] /etc/hostname is a file of this machine",
	} {
		files := map[string]*bytes.Buffer{}
		f, err := s.(runner.Fetcher).Fetch(t.Context(), "box", pattern, func(name string) io.Writer {
			files[name] = &bytes.Buffer{}
			return files[name]
		})
		var got []string
		for _, name := range slices.Sorted(maps.Keys(files)) {
			got = append(got, name+"="+files[name].String())
		}
		if text := strings.Join(append(got, fmt.Sprint("missing ", f.Missing, " ", err)), " "); !strings.HasPrefix(text, want) {
			t.Errorf("%s: %s", pattern, text)
		}
	}
}

func TestConsumptionIsThatOfTheProgramsOfEachService(t *testing.T) {
	b := newBackend(t)
	s := open(t, b, request(t.TempDir()), &record{})
	// One that has ended counts, too; the one that runs holds 64 MiB at least.
	busy := runner.Command{Service: "box", Step: "busy", Argv: []string{"sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; head -c 64M /dev/zero | (tail -c 64M; sleep 1000)"}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := s.Exec(ctx, busy); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	}()
	defer func() { cancel(); <-done }()
	limit := time.After(time.Minute)
	for {
		got, err := s.(runner.Meter).Consumption(t.Context())
		if err != nil || len(got) != 1 || got[0].Service != "box" || got[0].At.IsZero() || got[0].LimitBytes != 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		if got[0].MemoryBytes >= 64<<20 && got[0].CPU > 50*time.Millisecond {
			break
		}
		select {
		case <-limit:
			t.Fatalf("%+v", got)
		case <-time.After(10 * time.Millisecond): // the kernel is asked again
		}
	}
}

// raceDetector says that the program under test, which is the agent of its
// services, holds the memory of the race detector, too.
var raceDetector bool

func TestMemoryLimitHoldsForEachProcessWithoutControlGroups(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector itself needs more than the limit; .ci/run has this test once without it")
	}
	b := groupless(t)
	r := request(t.TempDir())
	r.Limits.MemoryMB = 300
	s := open(t, b, r, &record{})
	if e := sh(t, s, `head -c 50000000 /dev/zero | tail -c 50000000 | wc -c`); e.Code != 0 {
		t.Errorf("below the limit: %+v", e)
	}
	if e := sh(t, s, `head -c 500000000 /dev/zero | tail -c 500000000 > /dev/null`); e.Code == 0 {
		t.Errorf("above the limit: %+v", e)
	}
}

// stray is a script that leaves a process behind that has left its session and
// its parent, prints its number and does not end.
const stray = `(setsid sh -c 'trap "" TERM HUP INT; echo $$; while :; do sleep 0.01; done' &)
sleep 1000`

// alive reports whether a process runs.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestStepThatIsStoppedLeavesNoProcess(t *testing.T) {
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(t.TempDir()), out)
	var pid int
	for timeout := 500 * time.Millisecond; pid == 0; timeout *= 2 {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", stray}, Timeout: timeout})
		if err != nil || !e.TimedOut {
			t.Fatalf("%+v, %v", e, err)
		}
		if text := strings.TrimSpace(out.text("box/step")); text != "" { // else it had no time to print
			if pid, err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if alive(pid) {
		t.Errorf("process %d is alive", pid)
	}
}

// childArg makes the test program a runner of its own, to be killed.
const childArg = "clnrm-test-local-child"

func runChildIfRequested() {
	if len(os.Args) != 3 || os.Args[1] != childArg {
		return
	}
	b, err := New(Options{CacheDir: os.Args[2]})
	if err == nil {
		var s runner.Session
		if s, err = b.Open(context.Background(), request("/"), printer{}); err == nil {
			_, err = s.Exec(context.Background(), runner.Command{Service: "box", Step: "step", Argv: []string{"sh", "-c", stray}})
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// printer is a runner.Sink that prints output.
type printer struct{}

func (printer) Output(_, _ string, _ runner.Stream, p []byte) { _, _ = os.Stdout.Write(p) }
func (printer) Spans(string, runner.Payload)                  {}
func (printer) Progress(string)                               {}

func TestKilledRunnerLeavesNothing(t *testing.T) {
	cache := t.TempDir()
	for range 3 {
		cmd := exec.Command("/proc/self/exe", childArg, cache)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Fscan(out, &pid); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		limit := time.After(time.Minute)
		for {
			left, err := os.ReadDir(filepath.Join(cache, "local"))
			if err != nil {
				t.Fatal(err)
			}
			if len(left) == 0 && !alive(pid) && len(groupsOf(cmd.Process.Pid)) == 0 {
				break
			}
			select {
			case <-limit:
				t.Fatalf("process %d alive: %v, directories: %v, control groups: %v", pid, alive(pid), left, groupsOf(cmd.Process.Pid))
			case <-time.After(5 * time.Millisecond): // the kernel is asked again
			}
		}
	}
}

func TestSweepRemovesWhatDeadProcessesLeft(t *testing.T) {
	b := newBackend(t)
	live := open(t, b, request(t.TempDir()), &record{})
	dead := b.me
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	dead.PID = gone.Process.Pid
	foreign := b.me
	foreign.Machine = "another"
	dir := func(p owner.Process) string {
		return filepath.Join(b.root, directory(p, "token", "web"))
	}
	other := filepath.Join(b.root, "somebody-elses")
	for _, d := range []string{dir(dead), dir(foreign), other} {
		if err := os.MkdirAll(filepath.Join(d, "tmp"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Sweep(); n.Directories != 1 || err != nil {
		t.Errorf("%+v removed, %v", n, err)
	}
	if e := sh(t, live, "true"); e.Code != 0 {
		t.Errorf("the running scenario: %+v", e)
	}
	for _, d := range []string{dir(foreign), other} {
		if err := os.RemoveAll(d); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir(dead)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what the dead one left: %v", err)
	}
}

func TestCancelledOpenLeavesNothing(t *testing.T) {
	b := newBackend(t)
	for i := range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*3)*time.Millisecond)
		s, err := b.Open(ctx, request(t.TempDir()), &record{})
		cancel()
		if err == nil {
			err = s.Close(ctx)
			if err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		expectEmpty(t, b.root)
	}
}

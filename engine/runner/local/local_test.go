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
	"path/filepath"
	"slices"
	"strconv"
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
	runChildIfRequested()
	goleak.VerifyTestMain(m)
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

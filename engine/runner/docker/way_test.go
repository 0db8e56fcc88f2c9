package docker

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// initContext is a build context of the busybox image whose init is the test
// program, which insists on being process 1.
func initContext(t testing.TB) string {
	t.Helper()
	dir := busyboxContext(t)
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "ctx", "init"), "./testdata/shop")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	path := filepath.Join(dir, "ctx", "Dockerfile")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+"RUN [\"/bin/rm\", \"-f\", \"/bin/init\"]\nCOPY init /sbin/init\nENTRYPOINT [\"/sbin/init\"]\n", 0o644)
	return dir
}

// box returns the only container of the evidence.
func box(t *testing.T, s runner.Session) runner.Container {
	t.Helper()
	e := s.Evidence()
	if len(e.Containers) != 1 {
		t.Fatalf("evidence = %+v", e)
	}
	return e.Containers[0]
}

func TestImageWhoseInitMustBeProcessOneHasTheAgentBesideIt(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(initContext(t), &spec.Service{
		Name: "box", Args: []string{"init"}, Ready: []*spec.Ready{
			{Kind: spec.ReadyLog, Text: "serving"}, {Kind: spec.ReadyFile, Path: "/etc/passwd"},
			{Kind: spec.ReadyCommand, Command: []string{"test", "-e", "/sbin/init"}},
		}, WaitForSpan: "shop.span0",
	}), out)
	c := box(t, s)
	if c.Way != runner.WaySidecar || c.Agent || !strings.Contains(c.Because, "/sbin/init must be process 1") || len(c.Missing) == 0 {
		t.Errorf("evidence = %+v", c)
	}
	if _, err := b.Restart(t.Context(), Running{ID: s.Evidence().Containers[0].ID, Service: "box"}); err == nil || !strings.Contains(err.Error(), "cannot be restarted") {
		t.Errorf("a restart by hand: %v", err)
	}
	out.await(t, "box//err", "as process 1")
	if got := out.text("box//err"); got != "as process 1\n" {
		t.Errorf("standard error of the service = %q", got)
	}
	// Steps have all that they have elsewhere.
	if e := sh(t, s, "echo out; echo err >&2; exit 3"); e.Code != 3 || out.text("box/step/out") != "out\n" || out.text("box/step/err") != "err\n" {
		t.Errorf("exit = %+v", e)
	}
	if e := sh(t, s, "/sbin/init grpc"); e.Code != 0 {
		t.Errorf("exit = %+v: %s", e, out.text("box/step/err"))
	}
	if e := sh(t, s, "mkdir -p /out/d && printf one >/out/a && printf two >/out/d/b && ln -s /etc/passwd /out/link"); e.Code != 0 {
		t.Errorf("exit = %+v", e)
	}
	begin := time.Now()
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "slow", Argv: []string{"sh", "-c", "trap '' TERM; sleep 1000 & sleep 1000"}, Timeout: 200 * time.Millisecond})
	if err != nil || !e.TimedOut || time.Since(begin) > 30*time.Second {
		t.Errorf("exit = %+v, %v after %s", e, err, time.Since(begin))
	}
	if e := sh(t, s, "! ps | grep -v grep | grep 'sleep 1000'"); e.Code != 0 {
		t.Errorf("processes of a step were left: %s", out.text("box/step/out"))
	}
	if e := sh(t, s, "test $(ls /sys/class/net | wc -l) = 1"); e.Code != 0 {
		t.Error("there is more than a loopback interface")
	}
	tel, err := s.Finish(t.Context(), ample)
	if err != nil || !tel.Complete || tel.Dropped != 0 || len(tel.Died) != 0 {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
	names := out.spanNames(t)
	slices.Sort(names)
	if !slices.Equal(names, []string{"grpc.span", "shop.span0"}) {
		t.Errorf("spans = %v", names)
	}
	if got := out.text("box//out"); got != "serving\nending\n" {
		t.Errorf("output of the service = %q", got)
	}
	for pattern, want := range map[string]string{"/out": "/out/a=one /out/d/b=two", "/out/?": "/out/a=one /out/d/b=two", "/out/d*/b": "/out/d/b=two"} {
		got := map[string]*bytes.Buffer{}
		f, err := s.(runner.Fetcher).Fetch(t.Context(), "box", pattern, func(name string) io.Writer {
			got[name] = &bytes.Buffer{}
			return got[name]
		})
		var list []string
		for _, name := range slices.Sorted(maps.Keys(got)) {
			list = append(list, name+"="+got[name].String())
		}
		if text := strings.Join(list, " "); err != nil || text != want || f.Files != len(got) {
			t.Errorf("%s: %s, %+v, %v", pattern, text, f, err)
		}
	}
	for _, pattern := range []string{"/nowhere", "/out/x*", "/nowhere/*"} {
		if _, err := s.(runner.Fetcher).Fetch(t.Context(), "box", pattern, func(string) io.Writer { return io.Discard }); err == nil || !strings.Contains(err.Error(), "there is no") {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestServicesWithTheAgentBesideThemReachEachOther(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := initContext(t)
	out := &record{}
	s := open(t, b, request(dir,
		&spec.Service{Name: "system", Args: []string{"init"}},
		&spec.Service{Name: "web", Build: &spec.Build{Context: "ctx"}, DependsOn: []string{"system"}, Args: []string{"init"}},
	), out)
	start := func(service, script string) runner.Exit {
		e, err := s.Exec(t.Context(), runner.Command{Service: service, Step: service, Argv: []string{"sh", "-c", script}})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	start("system", "nc -ll -p 80 -e echo hello >/dev/null 2>&1 &")
	e := start("web", "until nc system 80 </dev/null; do usleep 100000; done")
	if e.Code != 0 || !strings.HasPrefix(out.text("web/web/out"), "hello\n") {
		t.Errorf("exit = %+v: %q %s", e, out.text("web/web/out"), out.text("web/web/err"))
	}
	if ev := s.Evidence(); ev.Network != "sealed" || !ev.Hermetic {
		t.Errorf("evidence = %+v", ev)
	}
}

func TestInitThatDoesNotEndMakesTelemetryIncomplete(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	write(t, filepath.Join(dir, "ctx", "init"), "#!/bin/sh\ntrap '' TERM\nwhile true; do usleep 100000; done\n", 0o755)
	svc := &spec.Service{Name: "box", Args: []string{"/sbin/init"}, Build: &spec.Build{Context: "ctx"}}
	path := filepath.Join(dir, "ctx", "Dockerfile")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+"COPY init /sbin/init\n", 0o644)
	s := open(t, b, request(dir, svc), &record{})
	tel, err := s.Finish(t.Context(), 300*time.Millisecond)
	if err != nil || tel.Complete || !slices.Equal(tel.Cut, []string{"service box did not end within 300ms of TERM and was killed"}) {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
}

// engineOnly returns a backend on a daemon that does not see our files: under a
// read-only root there is no way to put the agent into a container.
func engineOnly(t *testing.T) *Backend {
	t.Helper()
	b := newBackend(t)
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.copies = true
	return b
}

func TestStepsGoThroughTheEngineWhereTheAgentCannotBe(t *testing.T) {
	t.Parallel()
	b := engineOnly(t)
	out := &record{}
	svc := shop("serve")
	svc.ReadOnly, svc.WaitForSpan = true, "shop.span0"
	svc.Ready = []*spec.Ready{{Kind: spec.ReadyLog, Text: "serving"}, {Kind: spec.ReadyFile, Path: "/bin/shop"}}
	s := open(t, b, request(".", svc), out)
	c := box(t, s)
	if c.Way != runner.WayExec || c.Agent || !strings.Contains(c.Because, "read-only root") || !slices.ContainsFunc(c.Missing, func(m string) bool { return strings.Contains(m, "deadline") }) {
		t.Errorf("evidence = %+v", c)
	}
	for _, tc := range []struct {
		argv []string
		code int
	}{{[]string{"shop", "grpc"}, 0}, {[]string{"shop", "nothing"}, 1}} {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: tc.argv})
		if err != nil || e.Code != tc.code || e.StartError != "" {
			t.Errorf("%v: %+v, %v", tc.argv, e, err)
		}
	}
	if got := out.text("box/step/err"); !strings.Contains(got, `unknown mode "nothing"`) {
		t.Errorf("standard error = %q", got)
	}
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"nowhere"}})
	if err != nil || e.StartError == "" || e.Code == 0 {
		t.Errorf("a program that is not there: %+v, %v", e, err)
	}
	tel, err := s.Finish(t.Context(), ample)
	if err != nil || !tel.Complete {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
	names := out.spanNames(t)
	slices.Sort(names)
	if !slices.Equal(names, []string{"grpc.span", "shop.span0"}) {
		t.Errorf("spans = %v", names)
	}
}

func TestDeadlineOfAStepThroughTheEngineEndsItsContainer(t *testing.T) {
	t.Parallel()
	b := engineOnly(t)
	svc := shop("serve")
	svc.ReadOnly = true
	s := open(t, b, request(".", svc), &record{})
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "step", Argv: []string{"shop", "serve"}, Timeout: time.Second})
	if err != nil || !e.TimedOut || e.Signal != "SIGKILL" {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "after", Argv: []string{"shop", "grpc"}}); err == nil || !strings.Contains(err.Error(), "the container of service box is gone") {
		t.Errorf("err = %v", err)
	}
}

func TestProcessesThatTheEngineCannotEndMakeTelemetryIncomplete(t *testing.T) {
	t.Parallel()
	b := engineOnly(t)
	svc := &spec.Service{Name: "box", ReadOnly: true, Args: []string{"sleep", "1000"}}
	r := request(busyboxContext(t), svc)
	var counted []runner.Demand
	r.Beside = func(d runner.Demand) { counted = append(counted, d) }
	s := open(t, b, r, &record{})
	if want := []runner.Demand{{Containers: 1, MemoryMB: sidecarMemoryMB}}; !slices.Equal(counted, want) {
		t.Errorf("beside its services it needs %+v, want %+v", counted, want)
	}
	if e := sh(t, s, "sleep 1000 >/dev/null 2>&1 &"); e.Code != 0 {
		t.Errorf("%+v", e)
	}
	tel, err := s.Finish(t.Context(), 300*time.Millisecond)
	if err != nil || tel.Complete || !strings.Contains(strings.Join(tel.Cut, ""), "1 processes of service box beside its process 1 were killed") {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
}

func TestWhatOnlyTheAgentCanDoIsRefusedWithoutIt(t *testing.T) {
	t.Parallel()
	b := engineOnly(t)
	dir := busyboxContext(t)
	refused := func(r runner.Request, want string) {
		t.Helper()
		_, err := b.Open(t.Context(), r, &record{})
		var ee *runner.EnvironmentError
		if !errors.As(err, &ee) || !strings.Contains(err.Error(), want) || ee.Remedy == "" {
			t.Errorf("err = %v, want %q", err, want)
		}
	}
	refused(request(dir, &spec.Service{Name: "box", ReadOnly: true}), "a command must keep the container running")
	r := request(dir, &spec.Service{Name: "box", ReadOnly: true, Args: []string{"sleep", "1000"}})
	r.Scenario.Chaos = []*spec.Chaos{{Fault: spec.ChaosMemory, Service: "box", During: "step", Megabytes: 8}}
	refused(r, "memory pressure needs it there")
}

func TestImageWithSomethingInThePlaceOfTheAgentIsRunByTheEngine(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	path := filepath.Join(dir, "ctx", "Dockerfile")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text)+"RUN [\"/bin/mkdir\", \""+agentPath+"\"]\n", 0o644)
	out := &record{}
	s := open(t, b, request(dir, &spec.Service{Name: "box", Args: []string{"sleep", "1000"}}), out)
	if c := box(t, s); c.Way != runner.WayExec || !strings.Contains(c.Because, "something else is in the place of the agent") {
		t.Errorf("evidence = %+v", c)
	}
	if e := sh(t, s, "echo out; echo err >&2; exit 3"); e.Code != 3 || out.text("box/step/out") != "out\n" || out.text("box/step/err") != "err\n" {
		t.Errorf("exit = %+v, %q, %q", e, out.text("box/step/out"), out.text("box/step/err"))
	}
}

func TestImageForAnotherProcessorNamesTheEmulationThatIsMissing(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	if other == "" {
		t.Skip("the test knows two processors")
	}
	if _, err := os.Stat("/proc/sys/fs/binfmt_misc/qemu-" + map[string]string{"arm64": "aarch64", "amd64": "x86_64"}[other]); err == nil {
		t.Skip("this machine emulates it")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() {}\n", 0o644)
	cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, "program"), filepath.Join(dir, "main.go"))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+other)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(filepath.Join(dir, "program"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	images := service.Images{API: c.api, GOARCH: other, CacheDir: c.images.CacheDir}
	img, err := images.Around(t.Context(), "program", program)
	if err != nil {
		t.Fatal(err)
	}
	if img.Architecture != other {
		t.Fatalf("the image is for %q", img.Architecture)
	}
	_, err = b.Open(t.Context(), request(dir, &spec.Service{Name: "box", Image: img.Name, Args: []string{"x"}}), &record{})
	var ee *runner.EnvironmentError
	if !errors.As(err, &ee) || !strings.Contains(err.Error(), "is for "+other) || !strings.Contains(err.Error(), "binfmt_misc") {
		t.Errorf("err = %v", err)
	}
}

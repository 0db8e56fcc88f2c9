package docker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// keepWarm has containers created ahead.
func keepWarm(t testing.TB, b *Backend, most int, want ...runner.Request) {
	t.Helper()
	if err := b.KeepWarm(t.Context(), want, most); err != nil {
		t.Fatal(err)
	}
}

// waiting lists the containers that wait.
func waiting(b *Backend) (ids []string) {
	b.warm.mu.Lock()
	defer b.warm.mu.Unlock()
	for _, w := range b.warm.list {
		for _, n := range w.s.nodes {
			ids = append(ids, n.id)
		}
	}
	return ids
}

func TestContainersCreatedAheadAreUsedExactlyOnce(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	ask := func() runner.Request {
		return two(dir) // other values of the same content, as a second reading of the file gives
	}
	keepWarm(t, b, 10, ask())
	ahead := waiting(b)
	if len(ahead) != 2 {
		t.Fatalf("%d containers wait, want 2", len(ahead))
	}
	r := ask()
	r.RunID = "later"
	r.Services[0].Pos = spec.Pos{Line: 99} // a line was added above it
	r.File.Expect = &spec.Expect{}
	out := &record{}
	s := open(t, b, r, out)
	if got := s.Evidence().Containers[0].ID; got != ahead[0] {
		t.Errorf("the scenario has container %s, %s was ready for it", got, ahead[0])
	}
	if e := sh(t, s, "echo hello; test $(ls /tmp | wc -l) = 0"); e.Code != 0 || out.text("box/step/out") != "hello\n" {
		t.Errorf("%+v, %q", e, out.text("box/step/out"))
	}
	if len(waiting(b)) != 0 {
		t.Error("they are still there for somebody else")
	}
	again := open(t, b, ask(), &record{})
	if got := again.Evidence().Containers[0].ID; got == ahead[0] {
		t.Error("a second scenario has the container of the first")
	}
}

func TestConditionOfAContainerCreatedAheadIsReportedWhereTheTestHasItNow(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	ask := func(line int) runner.Request {
		return request(dir, &spec.Service{Name: "box", Args: []string{"true"}, Ready: []*spec.Ready{{
			Kind: spec.ReadyLog, Text: "never said", Pos: spec.Pos{File: "a.toml", Line: line},
		}}})
	}
	keepWarm(t, b, 10, ask(3))
	_, err := b.Open(t.Context(), ask(99), &record{})
	if len(waiting(b)) != 0 {
		t.Error("what was created ahead was not used")
	}
	var fault *runner.ServiceError
	if !errors.As(err, &fault) || fault.Pos.Line != 99 {
		t.Errorf("err = %#v, want one at line 99", err)
	}
}

func TestServicesBeginOnlyWhenTheScenarioDoes(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box", Args: []string{"sh", "-c", "cat /proc/uptime; sleep 1000"}})
	api := needDocker(t)
	keepWarm(t, b, 10, r)
	top, err := api.ContainerTop(t.Context(), waiting(b)[0], client.ContainerTopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range top.Processes {
		if line := strings.Join(p, " "); !strings.Contains(line, "clnrm-agent") {
			t.Errorf("in a container that waits runs %s", line)
		}
	}
	out := &record{}
	s := open(t, b, r, out)
	out.await(t, "box//out", ".")
	if n := left(t, api, b.owner); n != 1 {
		t.Errorf("%d containers, want the one that waited", n)
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || !tel.Complete {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestContainersAreNotUsedForAnythingButTheirSpec(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	api := needDocker(t)
	for name, change := range map[string]func(*runner.Request){
		"environment":  func(r *runner.Request) { r.Services[0].Env = []spec.EnvVar{{Name: "A", Value: "2"}} },
		"arguments":    func(r *runner.Request) { r.Services[0].Args = []string{"sleep", "999"} },
		"memory":       func(r *runner.Request) { r.Limits.MemoryMB = 77 },
		"user":         func(r *runner.Request) { r.Services[0].User = "app" },
		"another test": func(r *runner.Request) { r.Scenario.Name = "another" },
		"clock":        func(r *runner.Request) { r.File.Determinism.FreezeClock = "2025-01-01T00:00:00Z" },
	} {
		t.Run(name, func(t *testing.T) {
			ask := func() runner.Request {
				return request(dir, &spec.Service{Name: "box", Args: []string{"sleep", "1000"}})
			}
			keepWarm(t, b, 10, ask())
			ahead := waiting(b)
			r := ask()
			change(&r)
			s, err := b.Open(t.Context(), r, &record{})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Evidence().Containers[0].ID; got == ahead[0] {
				t.Error("it has the container of another spec")
			}
			if n := left(t, api, b.owner); n != 1 {
				t.Errorf("%d containers exist, want that of the scenario: what waited for others is over the limits", n)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestImageThatWasBuiltAnewGetsNewContainers(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	r := request(dir, &spec.Service{Name: "box"})
	keepWarm(t, b, 10, r)
	ahead := waiting(b)
	write(t, dir+"/ctx/passwd", "root:x:0:0:root:/root:/bin/sh\nother:x:1:1::/:/bin/sh\n", 0o644)
	s := open(t, b, r, &record{})
	if got := s.Evidence().Containers[0].ID; got == ahead[0] {
		t.Error("the scenario runs in an image of the past")
	}
}

func TestWhatIsNoLongerExpectedIsRemovedAndTheLimitHolds(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	api := needDocker(t)
	one := request(dir, &spec.Service{Name: "box"})
	other := request(dir, &spec.Service{Name: "box", Env: []spec.EnvVar{{Name: "A", Value: "1"}}})
	third := request(dir, &spec.Service{Name: "box", Env: []spec.EnvVar{{Name: "A", Value: "2"}}})
	keepWarm(t, b, 2, one, other, third)
	if n := left(t, api, b.owner); n != 2 {
		t.Errorf("%d containers wait, the limit is 2", n)
	}
	first := waiting(b)[0]
	keepWarm(t, b, 2, one)
	if got := waiting(b); len(got) != 1 || got[0] != first || left(t, api, b.owner) != 1 {
		t.Errorf("%v wait, want the first of before", got)
	}
	keepWarm(t, b, 2)
	if n := left(t, api, b.owner); n != 0 {
		t.Errorf("%d containers wait for nothing", n)
	}
}

func TestContainerThatDiedWhileItWaitedIsReplaced(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"})
	keepWarm(t, b, 10, r)
	w := b.warm.list[0]
	if err := removeContainer(t.Context(), b.conn.api, w.s.nodes[0].id); err != nil {
		t.Fatal(err)
	}
	<-w.s.nodes[0].client.Done()
	s := open(t, b, r, &record{})
	if e := sh(t, s, "true"); e.Code != 0 {
		t.Errorf("%+v", e)
	}
}

func TestWarmingThatIsInterruptedLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	api := needDocker(t)
	newBackendWarm(t, dir)
	for i := range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*60*time.Millisecond)
		if err := b.KeepWarm(ctx, []runner.Request{two(dir)}, 10); err != nil && !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "context") {
			t.Error(err)
		}
		cancel()
		keepWarm(t, b, 0)
		if n := left(t, api, b.owner); n != 0 {
			t.Fatalf("%d containers and networks are left", n)
		}
	}
	keepWarm(t, b, 10, two(dir)) // the end of the backend removes these: newBackend looks
}

package docker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// runningService is what `services restart` is told of a service of b.
func runningService(t *testing.T, b *Backend, service string) Running {
	t.Helper()
	list, err := b.Running(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(r Running) bool {
		x, err := b.conn.api.ContainerInspect(t.Context(), r.ID, client.ContainerInspectOptions{})
		return err == nil && r.Service == service && x.Container.Config.Labels[labelOwner] == b.owner
	})
	if i < 0 {
		t.Fatalf("service %s does not run: %+v", service, list)
	}
	return list[i]
}

// A restarted service is a new process in the same container, ready by the same
// conditions as the first time, and the scenario knows of it.
func TestRestartedServiceIsProbedAgain(t *testing.T) {
	b, other := newBackend(t), newBackend(t)
	web := &spec.Service{
		Name: "web", Ports: []int{8080},
		Args:  []string{"sh", "-c", "echo life >>/lives; echo up; exec httpd -f -p 8080 -h /"},
		Ready: []*spec.Ready{{Kind: spec.ReadyLog, Text: "up"}, {Kind: spec.ReadyTCP, Target: "127.0.0.1:8080"}},
	}
	out := &record{}
	s := open(t, b, request(busyboxContext(t), web, &spec.Service{Name: "box", DependsOn: []string{"web"}}), out)
	r := runningService(t, b, "web")
	said, err := other.Restart(t.Context(), r)
	if err != nil || !strings.HasPrefix(said, "was ready again after ") {
		t.Fatalf("%q, %v", said, err)
	}
	if got := shell(t, s, out, "box", "ask", "wget -q -O - http://web:8080/lives"); got != "life\nlife" {
		t.Errorf("the lives of the service: %q", got)
	}
	if now := runningService(t, b, "web"); now.ID != r.ID {
		t.Errorf("it runs in another container, %s", now.ID)
	}
	tel, err := s.Finish(t.Context(), time.Second)
	if err != nil || !tel.Complete || len(tel.Died) > 0 || len(tel.Restarted) != 1 || tel.Restarted[0] != (runner.Restart{Service: "web", How: said}) {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestRestartThatDoesNotSucceedIsToldAndOnRecord(t *testing.T) {
	b, other := newBackend(t), newBackend(t)
	once := &spec.Service{
		Name: "once", Args: []string{"sh", "-c", "[ ! -e /second ] || { echo no more >&2; exit 3; }; touch /second; echo up; exec sleep 1000"},
		Ready: []*spec.Ready{{Kind: spec.ReadyLog, Text: "up"}},
	}
	s := open(t, b, request(busyboxContext(t), once, &spec.Service{Name: "idle"}), &record{})
	if _, err := other.Restart(t.Context(), runningService(t, b, "idle")); err == nil || !strings.Contains(err.Error(), "service idle has no process of its own") {
		t.Errorf("a service without a process: %v", err)
	}
	if _, err := other.Restart(t.Context(), runningService(t, b, "once")); err == nil || !strings.Contains(err.Error(), "service once: its process ended with status 3") {
		t.Errorf("a service that does not come up again: %v", err)
	}
	tel, err := s.Finish(t.Context(), time.Second)
	if err != nil || len(tel.Restarted) != 1 || !strings.HasPrefix(tel.Restarted[0].How, "was not ready again: ") || len(tel.Died) != 1 {
		t.Errorf("%+v, %v", tel, err)
	}
	if _, err := other.Restart(t.Context(), runningService(t, b, "once")); err == nil {
		t.Error("it was restarted after the end of its scenario")
	}
}

// The end of a scenario does not wait for a service that is being restarted.
func TestRestartEndsWithItsScenario(t *testing.T) {
	b, other := newBackend(t), newBackend(t)
	slow := &spec.Service{
		Name: "slow", Args: []string{"sh", "-c", "[ -e /second ] && { echo again; exec sleep 1000; }; touch /second; echo up; exec sleep 1000"},
		Ready: []*spec.Ready{{Kind: spec.ReadyLog, Text: "up", Within: 10 * time.Minute}},
	}
	out := &record{}
	s := open(t, b, request(busyboxContext(t), slow), out)
	r := runningService(t, b, "slow")
	asked := make(chan error, 1)
	go func() {
		_, err := other.Restart(context.WithoutCancel(t.Context()), r)
		asked <- err
	}()
	out.await(t, "slow//out", "again")
	tel, err := s.Finish(t.Context(), time.Second)
	if err != nil || len(tel.Restarted) != 1 || !strings.HasPrefix(tel.Restarted[0].How, "was not ready again") {
		t.Errorf("%+v, %v", tel, err)
	}
	if err := <-asked; err == nil {
		t.Error("whoever asked is told that it is ready")
	}
}

func TestOnlyRootMayAskForARestart(t *testing.T) {
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box", User: "1000", Args: []string{"sleep", "1000"}}), out)
	e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "ask", Argv: []string{agentPath, "clnrm-agent-restart"}})
	if err != nil || e.Code != 1 || !strings.Contains(out.text("box/ask/err"), "only root may ask") {
		t.Errorf("%+v, %v: %q", e, err, out.text("box/ask/err"))
	}
	if tel, err := s.Finish(t.Context(), time.Second); err != nil || len(tel.Restarted) != 0 {
		t.Errorf("%+v, %v", tel, err)
	}
}

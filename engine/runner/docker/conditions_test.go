package docker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// oracle is a service that becomes ready after a while.
func oracle(delay string, ready ...*spec.Ready) *spec.Service {
	return &spec.Service{Name: "oracle", Plugin: spec.PluginGoBinary, Package: "./testdata/oracle", Args: []string{delay}, Ready: ready}
}

func TestServiceIsReadyWhenItsConditionIsMet(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	for _, tc := range []struct {
		name string
		on   spec.Ready
		late bool // the condition can only be met after the delay
	}{
		{"tcp", spec.Ready{Kind: spec.ReadyTCP, Target: "127.0.0.1:9000"}, true},
		{"http", spec.Ready{Kind: spec.ReadyHTTP, Target: "http://127.0.0.1:8080/health"}, true},
		{"http with a status", spec.Ready{Kind: spec.ReadyHTTP, Target: "http://127.0.0.1:8080/teapot", Statuses: []int{200, 418}}, false},
		{"grpc", spec.Ready{Kind: spec.ReadyGRPC, Target: "127.0.0.1:50051"}, true},
		{"file", spec.Ready{Kind: spec.ReadyFile, Path: "/ready"}, true},
		{"log", spec.Ready{Kind: spec.ReadyLog, Pattern: `^worker \d ready$`, Count: 2}, true},
		{"log after a mark", spec.Ready{Kind: spec.ReadyLog, Text: "ready", After: "migration", Count: 1}, true},
		{"log without a mark", spec.Ready{Kind: spec.ReadyLog, Text: "ready", Count: 1}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out := &record{}
			s := open(t, b, request(".", oracle("600ms", &tc.on)), out)
			if tel, err := s.Finish(t.Context(), ample); err != nil || len(tel.Died) > 0 {
				t.Errorf("%+v, %v", tel, err)
			}
			// The end comes at once; what was printed by then has arrived.
			if printed := strings.Contains(out.text("oracle//out"), "worker 1"); tc.late && !printed {
				t.Error("ready before the service was")
			}
		})
	}
}

func TestConditionThatIsNotMetExplainsItself(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	for _, tc := range []struct {
		name string
		on   spec.Ready
		want []string
	}{
		{"tcp", spec.Ready{Kind: spec.ReadyTCP, Target: "127.0.0.1:9000"}, []string{"something listening on port 9000: not after ", "connection refused", "its process runs"}},
		{"http", spec.Ready{Kind: spec.ReadyHTTP, Target: "http://127.0.0.1:8080/health"}, []string{"GET http://127.0.0.1:8080/health answering 200 to 399", "503 Service Unavailable: still warming up"}},
		{"grpc", spec.Ready{Kind: spec.ReadyGRPC, Target: "127.0.0.1:50051", Name: "never"}, []string{"saying that never is SERVING", "127.0.0.1:50051 says NOT_SERVING"}},
		{"grpc of no such service", spec.Ready{Kind: spec.ReadyGRPC, Target: "127.0.0.1:50051", Name: "none"}, []string{"gRPC status 5: unknown service"}},
		{"grpc of an HTTP server", spec.Ready{Kind: spec.ReadyGRPC, Target: "127.0.0.1:8080"}, []string{"grpc.health.v1 on 127.0.0.1:8080 saying SERVING", "the last one: "}},
		{"file", spec.Ready{Kind: spec.ReadyFile, Path: "/ready"}, []string{"the file /ready: not after", "no such file"}},
		{"log", spec.Ready{Kind: spec.ReadyLog, Text: "ready", Count: 3}, []string{`3 lines, each with "ready": not within 3s; 1 of 3 such lines were printed; its process runs`}},
		{"log after a mark", spec.Ready{Kind: spec.ReadyLog, Text: "ready", After: "never said", Count: 1}, []string{`the line with "never said" was not printed`}},
		{"exit", spec.Ready{Kind: spec.ReadyExit}, []string{"its end with status 0: not within 3s; its process runs"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.on.Within, tc.on.Pos = 3*time.Second, spec.Pos{File: "t.clnrm.toml", Line: 9, Column: 2}
			_, err := b.Open(t.Context(), request(".", oracle("1h", &tc.on)), &record{})
			var se *runner.ServiceError
			if !errors.As(err, &se) {
				t.Fatalf("err = %v", err)
			}
			for _, part := range tc.want {
				if !strings.Contains(se.What, part) {
					t.Errorf("%q lacks %q", se.What, part)
				}
			}
			if !strings.Contains(se.Log, "ready for nothing yet") || tc.on.Kind != spec.ReadyExit && se.Pos != tc.on.Pos {
				t.Errorf("log %q, place %v", se.Log, se.Pos)
			}
		})
	}
}

func TestDependenciesAreAwaitedAsFarAsTheTestAsks(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	script := func(name, text string) *spec.Service {
		return &spec.Service{Name: name, Args: []string{"sh", "-c", text}}
	}
	depending := func(on string, until spec.Until) *spec.Service {
		s := script("box", "cut -d. -f1-2 /proc/uptime; sleep 1000")
		s.DependsOn, s.Until = []string{on}, map[string]spec.Until{on: until}
		return s
	}
	t.Run("ended", func(t *testing.T) {
		out := &record{}
		migrate := script("migrate", "sleep 0.4; cut -d. -f1-2 /proc/uptime")
		s := open(t, b, request(dir, migrate, depending("migrate", spec.UntilExited)), out)
		out.await(t, "box//out", "\n")
		if began, ended := uptime(t, out, "box"), uptime(t, out, "migrate"); began < ended {
			t.Errorf("box began at %v, migrate ended at %v", began, ended)
		}
		if tel, err := s.Finish(t.Context(), ample); err != nil || len(tel.Died) > 0 {
			t.Errorf("a service that did its one thing is called dead: %+v, %v", tel, err)
		}
	})
	t.Run("ended badly", func(t *testing.T) {
		_, err := b.Open(t.Context(), request(dir, script("migrate", "echo no table; exit 3"), depending("migrate", spec.UntilExited)), &record{})
		var se *runner.ServiceError
		if !errors.As(err, &se) || se.Service != "migrate" || !strings.Contains(se.What, "its end with status 0 is awaited, and its process ended with status 3") || !strings.Contains(se.Log, "no table") {
			t.Errorf("err = %v", err)
		}
	})
	t.Run("started", func(t *testing.T) {
		never := script("never", "sleep 1000")
		never.Ready = []*spec.Ready{{Kind: spec.ReadyFile, Path: "/go"}}
		out := &record{}
		opened := make(chan error, 1)
		go func() {
			_, err := b.Open(t.Context(), request(dir, never, depending("never", spec.UntilStarted)), out)
			opened <- err
		}()
		out.await(t, "box//out", "\n") // although never is not ready
		b.sessions.End()
		if err := <-opened; !errors.Is(err, errClosed) && err == nil {
			t.Errorf("err = %v", err)
		}
	})
}

func TestServiceThatDoesOneThingIsReadyWhenItHasEnded(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	job := &spec.Service{Name: "box", Args: []string{"sh", "-c", "sleep 0.2; echo > /tmp/done; exit 7"}, Ready: []*spec.Ready{{Kind: spec.ReadyExit, Code: 7}}}
	s := open(t, b, request(busyboxContext(t), job), &record{})
	if e := sh(t, s, "test -e /tmp/done"); e.Code != 0 {
		t.Errorf("exit = %+v", e)
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || len(tel.Died) > 0 {
		t.Errorf("%+v, %v", tel, err)
	}
}

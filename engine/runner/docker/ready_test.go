package docker

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestServicesFindEachOtherByNameInASealedNetwork(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	web := &spec.Service{Name: "web", Args: []string{"sh", "-c", "mkdir -p /www && echo hello > /www/index.html && exec httpd -f -p 8080 -h /www"}, Ports: []int{8080}}
	box := &spec.Service{Name: "box", DependsOn: []string{"web"}}
	r := request(busyboxContext(t), web, box)
	s := open(t, b, r, out)
	if e := sh(t, s, "wget -q -O - http://web:8080/"); e.Code != 0 || out.text("box/step/out") != "hello\n" {
		t.Errorf("%+v: %s%s", e, out.text("box/step/out"), out.text("box/step/err"))
	}
	if s.Evidence().Network != "sealed" || len(s.Evidence().Containers) != 2 {
		t.Errorf("evidence = %+v", s.Evidence())
	}
	// The world, the host through each of its addresses, and names outside; all at
	// once, for what is blocked is waited out.
	var all sync.WaitGroup
	for _, script := range []string{
		"nc -w 1 192.0.2.1 80",
		"nc -w 1 $(ip -4 addr show eth0 | sed -n 's/.*inet \\(.*\\)\\.[0-9]*\\/.*/\\1/p').1 22",
		"nc -w 1 172.17.0.1 22",
		"wget -q -O - http://example.com/",
		"nc -w 1 169.254.169.254 80",
	} {
		all.Go(func() {
			if e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "out", Argv: []string{"sh", "-c", script}}); err != nil || e.Code == 0 {
				t.Errorf("%s: %+v, %v", script, e, err)
			}
		})
	}
	all.Wait()
}

// uptime reads the time that a service printed, in seconds since the start of
// the machine.
func uptime(t *testing.T, out *record, service string) float64 {
	t.Helper()
	out.await(t, service+"//out", "\n")
	s, err := strconv.ParseFloat(strings.Fields(out.text(service + "//out"))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServicesStartInTheOrderOfTheirDependencies(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	// Each says when it is ready only after a while; the next may start then.
	slow := func(name string, after ...string) *spec.Service {
		return &spec.Service{
			Name: name, DependsOn: after, Args: []string{"sh", "-c", "cut -d. -f1-2 /proc/uptime; sleep 0.2; echo > /tmp/ready; sleep 1000"},
			HealthCheck: &spec.HealthCheck{Command: []string{"test", "-e", "/tmp/ready"}},
		}
	}
	s := open(t, b, request(busyboxContext(t), slow("base_1"), slow("mid", "base_1"), slow("box", "mid", "base_1")), out)
	var last float64
	for _, name := range []string{"base_1", "mid", "box"} {
		began := uptime(t, out, name)
		if began <= last {
			t.Errorf("%s began at %v, before what it depends on", name, began)
		}
		last = began
	}
	if e := sh(t, s, "ping -c 1 base_1 && ping -c 1 mid"); e.Code != 0 {
		t.Errorf("services are not found by name: %s", out.text("box/step/out"))
	}
	if tel, err := s.Finish(t.Context(), ample); err != nil || !tel.Complete {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestHealthCheckThatFailsExplainsItself(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	svc := &spec.Service{
		Name: "box", Args: []string{"sh", "-c", "echo starting up; sleep 1000"},
		HealthCheck: &spec.HealthCheck{Command: []string{"sh", "-c", "echo not yet; exit 4"}, Interval: 50 * time.Millisecond, Timeout: time.Second, Retries: 3},
	}
	_, err := b.Open(t.Context(), request(busyboxContext(t), svc), &record{})
	var se *runner.ServiceError
	if !errors.As(err, &se) {
		t.Fatalf("err = %v", err)
	}
	for _, part := range []string{"health check `sh -c echo not yet; exit 4`", "attempts", "exit status 4", "output: not yet", "its process runs"} {
		if !strings.Contains(se.What, part) {
			t.Errorf("%q lacks %q", se.What, part)
		}
	}
	if !strings.Contains(se.Log, "starting up") {
		t.Errorf("log = %q", se.Log)
	}
}

func TestServiceThatDiesBeforeItIsReadyIsItsOwnMessage(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	for _, tc := range []struct {
		name string
		svc  *spec.Service
		want string
	}{
		{"status", &spec.Service{Name: "box", Args: []string{"sh", "-c", "echo boom >&2; exit 9"}, Ports: []int{80}}, "its process ended with status 9 before something listening on port 80"},
		{"signal", &spec.Service{Name: "box", Args: []string{"sh", "-c", "kill -11 $$"}, HealthCheck: &spec.HealthCheck{Command: []string{"false"}}}, "its process was ended by SIGSEGV before health check"},
		{"start", &spec.Service{Name: "box", Args: []string{"nothing"}}, "it could not be started: nothing: executable file not found"},
		{"span", &spec.Service{Name: "box", Args: []string{"false"}, WaitForSpan: "up"}, `its process ended with status 1 before it emitted the span "up"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := b.Open(t.Context(), request(dir, tc.svc), &record{})
			var se *runner.ServiceError
			if !errors.As(err, &se) || !strings.Contains(se.What, tc.want) {
				t.Errorf("err = %v, want %q", err, tc.want)
			}
		})
	}
}

func TestSpanThatNeverComesSaysWhatCame(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	svc := shop("sdk", "1")
	svc.WaitForSpan, svc.WaitForSpanTimeout = "shop.ready", 5*time.Second
	_, err := b.Open(t.Context(), request(".", svc), &record{})
	var se *runner.ServiceError
	if !errors.As(err, &se) || !strings.Contains(se.What, `the span "shop.ready" was not emitted within 5s; these arrived: shop.span0; its process ended with status 0`) {
		t.Errorf("err = %v", err)
	}
}

// awaitDeath waits until it has come through that a service of s ended in failure.
func awaitDeath(t *testing.T, s runner.Session) {
	t.Helper()
	for begin := time.Now(); s.(*session).nodes[0].await.Death() == ""; <-time.After(5 * time.Millisecond) { // it is looked at again
		if time.Since(begin) > ample {
			t.Fatal("the service lives")
		}
	}
}

func TestServiceThatHadDiedIsReportedAtTheEnd(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box", Args: []string{"sh", "-c", "echo gone; exit 5"}}), out)
	out.await(t, "box//out", "gone")
	awaitDeath(t, s)
	tel, err := s.Finish(t.Context(), ample)
	want := []runner.Death{{Service: "box", How: "its process ended with status 5", Log: "gone\n"}}
	if err != nil || !slices.Equal(tel.Died, want) {
		t.Errorf("%+v, %v", tel, err)
	}
}

func TestServiceThatIgnoresTermIsKilledAndNamed(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(busyboxContext(t), &spec.Service{Name: "box", Args: []string{"sh", "-c", `trap "" TERM; echo deaf; while :; do sleep 1; done`}}), out)
	out.await(t, "box//out", "deaf")
	begin := time.Now()
	tel, err := s.Finish(t.Context(), 200*time.Millisecond)
	if err != nil || tel.Complete || !slices.Equal(tel.Cut, []string{"service box did not end within 200ms of TERM and was killed"}) {
		t.Errorf("%+v, %v", tel, err)
	}
	within(t, begin, 200*time.Millisecond+time.Second, "the end")
}

func TestMissingImageIsTheMachinesFault(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	_, err := b.Open(t.Context(), request(".", &spec.Service{Name: "box", Image: "localhost:1/no/such:image"}), &record{})
	var ee *runner.EnvironmentError
	if !errors.As(err, &ee) || !strings.Contains(ee.Error(), "image localhost:1/no/such:image is not on this machine") || ee.Remedy == "" {
		t.Errorf("err = %v", err)
	}
}

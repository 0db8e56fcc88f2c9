package docker

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestFaultsActDuringTheirStepAndNoLonger(t *testing.T) {
	b := newBackend(t)
	dir := busyboxContext(t)
	for _, fault := range []string{spec.ChaosPartition, spec.ChaosPause} {
		t.Run(fault, func(t *testing.T) {
			web := &spec.Service{Name: "web", Args: []string{"sh", "-c", "exec httpd -f -p 8080 -h /etc"}, Ports: []int{8080}}
			r := request(dir, web, &spec.Service{Name: "box", DependsOn: []string{"web"}})
			r.Scenario.Chaos = []*spec.Chaos{{Fault: fault, Service: "web", During: "struck"}}
			s := open(t, b, r, &record{})
			asks := func(step string, seconds string) bool {
				e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: step, Argv: []string{"timeout", seconds, "wget", "-q", "-O", "/dev/null", "http://web:8080/passwd"}})
				if err != nil {
					t.Fatal(err)
				}
				return e.Code == 0
			}
			if !asks("before", "10") || len(s.Evidence().Faults) != 0 {
				t.Errorf("before: the service does not answer, or %v", s.Evidence().Faults)
			}
			if asks("struck", "1") {
				t.Error("the service answers during the fault")
			}
			if !asks("after", "10") {
				t.Error("the service does not answer after the fault")
			}
			want := regexp.MustCompile("^" + fault + " of web during step struck, for [0-9.]+m?s from [0-9:.]+Z$")
			if f := s.Evidence().Faults; len(f) != 1 || !want.MatchString(f[0]) {
				t.Errorf("evidence = %q", f)
			}
			if tel, err := s.Finish(t.Context(), time.Second); err != nil || len(tel.Died) > 0 {
				t.Errorf("%+v, %v", tel, err)
			}
		})
	}
}

func TestPressureActsInTheContainerDuringItsStepAndNoLonger(t *testing.T) {
	b := newBackend(t)
	dir := busyboxContext(t)
	const (
		memory    = "cat /sys/fs/cgroup/memory.current 2>/dev/null || cat /sys/fs/cgroup/memory/memory.usage_in_bytes"
		processor = "now() { cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || sed -n 's/usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat; }; a=$(now); sleep 1; b=$(now); echo $((b - a))"
	)
	for _, c := range []struct {
		chaos    spec.Chaos
		measure  string
		least    int // more than without it
		evidence string
	}{
		{spec.Chaos{Fault: spec.ChaosMemory, Megabytes: 64}, memory, 60 << 20, "^memory of box during step struck, for [0-9.]+m?s from [0-9:.]+Z: (6[4-9]|7[0-9]) MiB held$"},
		{spec.Chaos{Fault: spec.ChaosCPU, Percent: 50}, processor, 50e6, "^cpu of box during step struck, for [0-9.]+m?s from [0-9:.]+Z: [0-9.]+m?s of processor time used, 50% of 1000 millicores asked$"},
	} {
		t.Run(c.chaos.Fault, func(t *testing.T) {
			r := request(dir, &spec.Service{Name: "box"})
			c.chaos.Service, c.chaos.During = "box", "struck"
			r.Scenario.Chaos = []*spec.Chaos{&c.chaos}
			r.Limits.MemoryMB, r.Limits.CPUMillicores = 128, 1000
			out := &record{}
			s := open(t, b, r, out)
			usage := func(step string) int {
				e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: step, Argv: []string{"sh", "-c", c.measure}})
				if err != nil || e.Code != 0 {
					t.Fatalf("%s: %+v, %v: %s", step, e, err, out.text("box/"+step+"/err"))
				}
				n, err := strconv.Atoi(strings.TrimSpace(out.text("box/" + step + "/out")))
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
			before, struck, after := usage("before"), usage("struck"), usage("after")
			if struck-before < c.least || struck-after < c.least {
				t.Errorf("the container used %d before, %d during the fault and %d after", before, struck, after)
			}
			if f := s.Evidence().Faults; len(f) != 1 || !regexp.MustCompile(c.evidence).MatchString(f[0]) {
				t.Errorf("evidence = %q", f)
			}
			if tel, err := s.Finish(t.Context(), time.Second); err != nil || !tel.Complete || len(tel.Died) > 0 {
				t.Errorf("%+v, %v", tel, err)
			}
		})
	}
}

func TestPressureThatDoesNotLastIsAnError(t *testing.T) {
	b := newBackend(t)
	dir := busyboxContext(t)
	for name, c := range map[string]struct {
		megabytes int
		step, say string
	}{
		"more than there is":    {500, "true", "inject memory into service box: it "},
		"ended before the step": {8, "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -q '^/.clnrm-agent clnrm-agent-stress' && kill -9 ${p#/proc/}; done; true", "did not act to the end of the step: it was ended by SIGKILL"},
		"as long as the step":   {8, "true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(dir, &spec.Service{Name: "box"})
			r.Scenario.Chaos = []*spec.Chaos{{Fault: spec.ChaosMemory, Megabytes: c.megabytes, Service: "box", During: "struck"}}
			r.Limits.MemoryMB = 64
			s := open(t, b, r, &record{})
			_, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "struck", Argv: []string{"sh", "-c", c.step}})
			if (err == nil) != (c.say == "") || err != nil && !strings.Contains(err.Error(), c.say) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestFaultThatCannotActIsAnError(t *testing.T) {
	b := newBackend(t)
	r := request(busyboxContext(t), &spec.Service{Name: "box"})
	r.Scenario.Chaos = []*spec.Chaos{{Fault: spec.ChaosPause, Service: "absent", During: "struck"}}
	s := open(t, b, r, &record{})
	if _, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "struck", Argv: []string{"true"}}); err == nil {
		t.Error("the step ran without its fault")
	}
}

// A paused agent cannot see that its stream has ended, so it is not what removes
// its container.
func TestServiceThatIsPausedWhenTheRunnerIsKilledIsRemoved(t *testing.T) {
	api := needDocker(t)
	dir := busyboxContext(t)
	newBackendWarm(t, dir)
	for _, guarded := range []bool{true, false} {
		t.Run("watchdog="+strconv.FormatBool(guarded), func(t *testing.T) {
			c := startChild(t, dir, spec.ChaosPause)
			c.line(t)
			guard, err := strconv.Atoi(c.line(t))
			if err != nil {
				t.Fatal(err)
			}
			awaitPaused(t, api, c.owner, 1)
			if !guarded {
				if err := syscall.Kill(guard, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			c.kill(t)
			if !guarded {
				awaitPaused(t, api, c.owner, 1) // nobody else has removed it
				if n, err := newBackend(t).Sweep(t.Context()); err != nil || n.Containers == 0 {
					t.Errorf("the sweep removed %+v, %v", n, err)
				}
			}
			expectGone(t, api, c.owner, 5*time.Second)
		})
	}
}

// awaitPaused waits until so many containers of an owner are paused.
func awaitPaused(t *testing.T, api remover, owner string, want int) {
	t.Helper()
	filters := make(client.Filters).Add("label", labelOwner+"="+owner).Add("status", string(container.StatePaused))
	for begin := time.Now(); ; <-time.After(20 * time.Millisecond) { // the daemon is asked again
		list, err := api.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: filters})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) == want {
			return
		}
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("%d containers are paused, want %d", len(list.Items), want)
		}
	}
}

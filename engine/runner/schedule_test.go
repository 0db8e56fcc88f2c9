package runner_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// sized is a job of one step, named after it, whose containers declare limits.
func sized(name string, memoryMB, millicores int) *runner.Job {
	j := job(step(name))
	j.File.Limits = spec.Limits{MemoryMB: memoryMB, CPUMillicores: millicores}
	return j
}

// crowd submits jobs to a scheduler and follows which of them run.
type crowd struct {
	*runner.Scheduler
	b   *stoppable
	obs map[string]*watcher
}

// stoppable is a backend whose steps end when the test says so, each by name.
type stoppable struct {
	*runnertest.Backend
	mu   sync.Mutex
	runs map[string]chan struct{}
}

type stoppableSession struct {
	runner.Session
	b *stoppable
}

func (b *stoppable) Open(ctx context.Context, r runner.Request, out runner.Sink) (runner.Session, error) {
	s, err := b.Backend.Open(ctx, r, out)
	return stoppableSession{s, b}, err
}

func (s stoppableSession) Exec(ctx context.Context, c runner.Command) (runner.Exit, error) {
	end := make(chan struct{})
	s.b.mu.Lock()
	s.b.runs[c.Step] = end
	s.b.mu.Unlock()
	select {
	case <-end:
		return runner.Exit{}, nil
	case <-ctx.Done():
		return runner.Exit{Code: -1}, ctx.Err()
	}
}

func (c *crowd) running() string {
	synctest.Wait()
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	var names []string
	for n := range c.b.runs {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (c *crowd) end(names ...string) {
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	for _, n := range names {
		close(c.b.runs[n])
		delete(c.b.runs, n)
	}
}

func (c *crowd) submit(ctx context.Context, jobs ...*runner.Job) {
	for _, j := range jobs {
		w := &watcher{}
		c.obs[j.Scenario.Steps[0].Name] = w
		c.Submit(ctx, j, w, func(*runner.Outcome) {}, func() {})
	}
}

func newCrowd(width int, m runner.Monitor) *crowd {
	b := &stoppable{Backend: &runnertest.Backend{}, runs: map[string]chan struct{}{}}
	return &crowd{runner.NewScheduler(b, width, m), b, map[string]*watcher{}}
}

func TestScenariosStartWhileTheirDemandFits(t *testing.T) {
	tests := []struct {
		name  string
		limit runner.Demand
		jobs  []*runner.Job
		want  string // running at first
		why   string // what the first that waits is told
	}{
		{"containers", runner.Demand{Containers: 2}, []*runner.Job{sized("a", 0, 0), sized("b", 0, 0), sized("c", 0, 0)}, "a b", "queued 1: containers: 3 of 2"},
		{"declared memory", runner.Demand{MemoryMB: 1000}, []*runner.Job{sized("a", 600, 0), sized("c", 500, 0)}, "a", "queued 1: memory: 1100 of 1000 MB"},
		{"memory that nobody declared", runner.Demand{MemoryMB: 1000}, []*runner.Job{sized("a", 0, 0), sized("c", 0, 0)}, "a", "queued 1: memory: 1024 of 1000 MB"},
		{"declared CPU", runner.Demand{CPUMillicores: 2000}, []*runner.Job{sized("a", 0, 1500), sized("c", 0, 600)}, "a", "queued 1: CPU: 2100 of 2000 millicores"},
		{"a smaller one passes", runner.Demand{MemoryMB: 1000}, []*runner.Job{sized("a", 600, 0), sized("c", 500, 0), sized("d", 400, 0)}, "a d", "queued 1: memory: 1100 of 1000 MB"},
		{"larger than everything, alone", runner.Demand{MemoryMB: 1000}, []*runner.Job{sized("a", 5000, 0), sized("c", 1, 0)}, "a", "queued 1: memory: 5001 of 1000 MB"},
		{"larger than everything, after the others", runner.Demand{MemoryMB: 1000}, []*runner.Job{sized("a", 1, 0), sized("c", 5000, 0)}, "a", "queued 1: memory: 5001 of 1000 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(8, runner.Simple{Limit: tt.limit})
				c.submit(t.Context(), tt.jobs...)
				if got := c.running(); got != tt.want {
					t.Errorf("running %q, want %q", got, tt.want)
				}
				facts := c.obs["c"].facts
				if got := facts[len(facts)-1]; got != tt.why {
					t.Errorf("told %q, want %q", got, tt.why)
				}
				for c.running() != "" {
					c.end(strings.Fields(c.running())...)
				}
				c.Wait()
				for name, w := range c.obs {
					if !slices.Contains(w.facts, "started") {
						t.Errorf("%s never started", name)
					}
				}
				if u := c.Usage(); u.Promised != (runner.Demand{}) {
					t.Errorf("%+v is still promised at the end", u.Promised)
				}
			})
		})
	}
}

func TestNoScenarioWaitsForEverForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(8, runner.Simple{Limit: runner.Demand{MemoryMB: 1000}})
		c.submit(t.Context(), sized("small00", 400, 0), sized("large", 900, 0))
		passed := 0
		// Another small one always runs: there is never room for the large one.
		for i := 1; i < 40; i++ {
			name := fmt.Sprintf("small%02d", i)
			c.submit(t.Context(), sized(name, 400, 0))
			if strings.Contains(c.running(), name) {
				passed++
			}
			for _, n := range strings.Fields(c.running()) {
				if n != name && strings.HasPrefix(n, "small") {
					c.end(n)
				}
			}
			if strings.Contains(c.running(), "large") {
				break
			}
		}
		if !strings.Contains(c.running(), "large") {
			t.Errorf("the large one still waits after %d passed it", passed)
		}
		if passed < 10 {
			t.Errorf("only %d passed: room was left idle", passed)
		}
		for c.running() != "" {
			c.end(strings.Fields(c.running())...)
		}
		c.Wait()
	})
}

func TestADaemonThatRefusesGetsLessToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(4, containers(10))
		c.b.OpenErr = &runner.EnvironmentError{What: "no"}
		c.submit(t.Context(), sized("x", 0, 0), sized("y", 0, 0))
		c.Wait()
		c.b.OpenErr = nil
		for i := range 20 {
			c.submit(t.Context(), sized(fmt.Sprint(i), 0, 0))
		}
		var wide []int
		for c.running() != "" {
			names := strings.Fields(c.running())
			wide = append(wide, len(names))
			c.end(names...)
		}
		c.Wait()
		if fmt.Sprint(wide[:5]) != "[1 2 4 4 4]" {
			t.Errorf("side by side after two refusals: %v", wide)
		}
	})
}

func TestScenarioThatEndsInTheQueueMakesRoomForThoseBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(1, containers(4))
		c.submit(t.Context(), sized("a", 0, 0))
		ctx, cancel := context.WithCancelCause(t.Context())
		c.submit(ctx, sized("b", 0, 0))
		c.submit(t.Context(), sized("c", 0, 0))
		synctest.Wait()
		cancel(errors.New("no more"))
		c.end(c.running())
		if got := c.running(); got != "c" {
			t.Errorf("running %q, want c", got)
		}
		c.end("c")
		c.Wait()
		if got := c.obs["c"].facts; got[0] != "queued 2" || got[1] != "queued 1" || got[2] != "started" {
			t.Errorf("c heard %v", got)
		}
	})
}

// machine is a /proc and /sys of a host with 8 GB, 6 of them available.
func machine(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{"proc/meminfo": {Data: []byte("MemTotal:        8388608 kB\nMemFree:  1 kB\nMemAvailable:    6291456 kB\n")}}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestCgroupMonitorKnowsTheTightestLimit(t *testing.T) {
	const v1 = "9:name=systemd:/\n4:memory:/a/b\n2:cpu,cpuacct:/a/b\n0::/\n"
	tests := []struct {
		name  string
		files map[string]string
		limit runner.Demand
		want  runner.Usage
	}{
		{"host only", nil, runner.Demand{Containers: 3, MemoryMB: 100000}, runner.Usage{Limit: runner.Demand{Containers: 3, MemoryMB: 8192}, MeasuredMB: 2048}},
		{"the request is tighter", nil, runner.Demand{MemoryMB: 512, CPUMillicores: 700}, runner.Usage{Limit: runner.Demand{MemoryMB: 512, CPUMillicores: 700}, MeasuredMB: 2048}},
		{"version 2, limit further up", map[string]string{
			"proc/self/cgroup":            "0::/ci/job\n",
			"sys/fs/cgroup/ci/memory.max": "2147483648\n", "sys/fs/cgroup/ci/memory.current": "1610612736\n", "sys/fs/cgroup/ci/memory.stat": "anon 5\ninactive_file 536870912\n",
			"sys/fs/cgroup/ci/job/memory.max": "max\n", "sys/fs/cgroup/ci/job/cpu.max": "max 100000\n", "sys/fs/cgroup/ci/cpu.max": "150000 100000\n",
		}, runner.Demand{CPUMillicores: 4000}, runner.Usage{Limit: runner.Demand{MemoryMB: 2048, CPUMillicores: 1500}, MeasuredMB: 1024}},
		{"version 2 inside a container", map[string]string{
			"proc/self/cgroup":         "0::/docker/0123\n",
			"sys/fs/cgroup/memory.max": "1073741824\n", "sys/fs/cgroup/memory.current": "0\n",
		}, runner.Demand{}, runner.Usage{Limit: runner.Demand{MemoryMB: 1024}}},
		{"version 1", map[string]string{
			"proc/self/cgroup": v1,
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1073741824\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "805306368\n",
			"sys/fs/cgroup/memory/a/memory.stat":             "inactive_file 1\ntotal_inactive_file 268435456\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
			"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us":           "50000\n",
			"sys/fs/cgroup/cpu/a/cpu.cfs_period_us":          "100000\n",
			"sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us":         "-1\n",
			"sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us":        "100000\n",
			"sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "nonsense\n",
		}, runner.Demand{}, runner.Usage{Limit: runner.Demand{MemoryMB: 1024, CPUMillicores: 500}, MeasuredMB: 512}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := runner.NewCgroup(machine(tt.files), tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Usage(runner.Demand{}); got != tt.want {
				t.Errorf("%+v\nwant %+v", got, tt.want)
			}
		})
	}
	if _, err := runner.NewCgroup(fstest.MapFS{}, runner.Demand{}); !errors.Is(err, runner.ErrNoCgroup) {
		t.Errorf("a machine that tells nothing: %v", err)
	}
}

// short is a machine whose free memory changes.
type short struct {
	mu   sync.Mutex
	free int
}

func (*short) Name() string                              { return "short" }
func (*short) Usage(promised runner.Demand) runner.Usage { return runner.Usage{Promised: promised} }
func (*short) Recheck() time.Duration                    { return time.Second }
func (m *short) Blocked(_, want runner.Demand) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if want.MemoryMB > m.free {
		return "memory"
	}
	return ""
}

func TestScenarioStartsWhenTheMachineHasMemoryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &short{free: 10}
		c := newCrowd(4, m)
		c.submit(t.Context(), sized("a", 1, 0), sized("b", 100, 0))
		time.Sleep(5 * time.Second) // of the bubble's clock
		if got := c.running(); got != "a" {
			t.Errorf("running %q, want a", got)
		}
		m.mu.Lock()
		m.free = 1000
		m.mu.Unlock()
		time.Sleep(2 * time.Second)
		if got := c.running(); got != "a b" {
			t.Errorf("running %q, want both", got)
		}
		c.end("a", "b")
		c.Wait()
	})
}

func TestCgroupMonitorHoldsBackWhatFreeMemoryCannotHold(t *testing.T) {
	m, err := runner.NewCgroup(machine(nil), runner.Demand{})
	if err != nil {
		t.Fatal(err)
	}
	if why := m.Blocked(runner.Demand{}, runner.Demand{MemoryMB: 6144}); why != "" {
		t.Errorf("what fits is held back: %s", why)
	}
	if why := m.Blocked(runner.Demand{}, runner.Demand{MemoryMB: 6145}); why != "memory: 6145 MB wanted, 6144 MB free" {
		t.Errorf("what does not fit: %q", why)
	}
	if why := m.Blocked(runner.Demand{MemoryMB: 8000}, runner.Demand{MemoryMB: 193}); why != "memory: 8193 of 8192 MB" {
		t.Errorf("more than there is: %q", why)
	}
}

// What a scenario needs beside its services is known when it runs, and from then on
// ahead.
func TestWhatIsBesideServicesIsCounted(t *testing.T) {
	b := &runnertest.Backend{Beside: runner.Demand{Containers: 1, MemoryMB: 300}, Steps: map[string]runnertest.Step{"hang": {Hang: true}}, Release: make(chan struct{}), Started: make(chan string, 4)}
	s := runner.NewScheduler(b, 4, containers(3))
	plain := s.Usage().Promised
	run := func() {
		s.Submit(t.Context(), job(step("hang")), &watcher{}, func(o *runner.Outcome) {
			if o.Err != nil {
				t.Error(o.Err)
			}
		}, func() {})
	}
	declared := runner.DemandOf(job(step("hang")).File, job(step("hang")).Scenario)
	want := runner.Demand{Containers: declared.Containers + 1, MemoryMB: declared.MemoryMB + 300, CPUMillicores: declared.CPUMillicores}
	run()
	<-b.Started
	if got := s.Usage().Promised; got != want {
		t.Errorf("promised %+v, want %+v", got, want)
	}
	// From the file alone there would be room for a second one.
	run()
	if got := s.Usage().Promised; got != want {
		t.Errorf("the second has started: promised %+v", got)
	}
	close(b.Release)
	s.Wait()
	if got := s.Usage().Promised; got != plain {
		t.Errorf("promised %+v when nothing runs", got)
	}
}

package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Finding is the answer to one question about the machine.
type Finding struct {
	Name   string
	Level  Level
	Detail string // what was found
	Remedy string // what to do about it; empty when all is well
}

// Level is how good a Finding is.
type Level int

// The levels. With Poor scenarios run, but not as well as they could; with Bad
// they do not.
const (
	Good Level = iota
	Poor
	Bad
)

const (
	// oldestAPI is the lowest version of the API that the client speaks.
	oldestAPI = "1.40"
	// skewLimit is how far the daemon's clock may be from this machine's before
	// times of spans and of the run are hard to compare.
	skewLimit = 2 * time.Second
	// roomLimit is how many bytes of disk should be free.
	roomLimit = 1 << 30
)

// Examine looks at everything that scenarios need from the daemon, for real: the
// last finding comes from two containers in a network that must be sealed. What
// needs something that was found missing is left out.
func (b *Backend) Examine(ctx context.Context, each func(Finding)) {
	c, err := b.connect(ctx)
	if err != nil {
		each(bad("daemon", err))
		return
	}
	each(Finding{Name: "daemon", Detail: fmt.Sprintf("%s %s at %s (from %s)", c.engine, c.version, c.endpoint.Host, c.endpoint.Source)})
	each(c.examineAPI(ctx))
	info, err := c.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		each(bad("daemon", err))
		return
	}
	cgroup := Finding{Name: "cgroups", Detail: fmt.Sprintf("version %s, driver %s", orUnknown(info.Info.CgroupVersion), orUnknown(info.Info.CgroupDriver))}
	if !info.Info.MemoryLimit {
		cgroup.Level, cgroup.Remedy = Poor, "the daemon cannot limit memory: limits of tests will not hold; give it a kernel with the memory controller"
	}
	each(cgroup)
	each(skew(info.Info.SystemTime, time.Now()))
	if c.copies {
		each(Finding{Name: "daemon's disk", Detail: "it is on another machine, or may be: not looked at"})
	} else {
		each(Room("daemon's disk", info.Info.DockerRootDir))
	}
	agent, err := c.agent(ctx)
	if err != nil {
		each(bad("agent", err))
		return
	}
	each(Finding{Name: "agent", Detail: "built for linux/" + c.goarch + ": " + agent})
	each(b.examineNetwork(ctx, c, agent))
}

// bad is a finding of a failure.
func bad(name string, err error) Finding {
	f := Finding{Name: name, Level: Bad, Detail: err.Error()}
	var ee *runner.EnvironmentError
	if errors.As(err, &ee) {
		f.Remedy = ee.Remedy
		f.Detail = (&runner.EnvironmentError{What: ee.What, Err: ee.Err}).Error()
	}
	return f
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// examineAPI says which version is spoken.
func (c *connection) examineAPI(ctx context.Context) Finding {
	p, err := c.api.Ping(ctx, client.PingOptions{})
	if err != nil {
		return bad("API", err)
	}
	f := Finding{Name: "API", Detail: fmt.Sprintf("the daemon speaks up to %s, %s is used", p.APIVersion, c.api.ClientVersion())}
	if older(p.APIVersion, oldestAPI) {
		f.Level, f.Remedy = Bad, "the oldest version that can be used is "+oldestAPI+": update the daemon to Docker 19.03 or later"
	}
	return f
}

// older reports whether version a, "1.41", comes before b. What is no version
// does not.
func older(a, b string) bool {
	var amajor, aminor, bmajor, bminor int
	if _, err := fmt.Sscanf(a, "%d.%d", &amajor, &aminor); err != nil {
		return false
	}
	if _, err := fmt.Sscanf(b, "%d.%d", &bmajor, &bminor); err != nil {
		return false
	}
	return amajor < bmajor || amajor == bmajor && aminor < bminor
}

// skew compares the daemon's clock, as RFC 3339, with this machine's.
func skew(daemon string, now time.Time) Finding {
	f := Finding{Name: "clocks"}
	t, err := time.Parse(time.RFC3339Nano, daemon)
	if err != nil {
		f.Level, f.Detail, f.Remedy = Poor, fmt.Sprintf("the daemon's time is %q", daemon), "times of spans cannot be compared with this machine's"
		return f
	}
	d := t.Sub(now).Round(time.Millisecond)
	f.Detail = fmt.Sprintf("the daemon's is %s off this machine's", d)
	if d.Abs() > skewLimit {
		f.Level, f.Remedy = Poor, "set both clocks by NTP: the runner's own spans and those of containers will not line up"
	}
	return f
}

// Room says how much is free on the disk that holds dir.
func Room(name, dir string) Finding {
	f := Finding{Name: name}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		f.Level, f.Detail, f.Remedy = Poor, fmt.Sprintf("%s: %v", dir, err), "make sure that the directory is there and can be read"
		return f
	}
	free := int64(st.Bavail) * st.Bsize
	f.Detail = fmt.Sprintf("%.1f GiB free at %s", float64(free)/(1<<30), dir)
	switch {
	case free < roomLimit/16:
		f.Level, f.Remedy = Bad, "make room: nothing can be created on a full disk"
	case free < roomLimit:
		f.Level, f.Remedy = Poor, "make room, for example with `docker system prune`: images and containers soon will not fit"
	}
	return f
}

// examineNetwork starts a scenario of two services in a network of their own and
// has its canary prove that nothing outside can be reached from it.
func (b *Backend) examineNetwork(ctx context.Context, c *connection, agent string) Finding {
	const name = "sealed network"
	program, err := os.ReadFile(agent)
	if err != nil {
		return bad(name, err)
	}
	img, err := c.images.Around(ctx, "agent", program)
	if err != nil {
		return bad(name, err)
	}
	a := &spec.Service{Name: "a", Image: img.Name}
	z := &spec.Service{Name: "z", Image: img.Name}
	begin := time.Now()
	s, err := b.Open(ctx, runner.Request{
		RunID: "health", Dir: "/", File: &spec.File{Services: []*spec.Service{a, z}}, Services: []*spec.Service{a, z},
		Scenario: &spec.Scenario{Name: "health"},
	}, silent{})
	if err != nil {
		return bad(name, err)
	}
	ev := s.Evidence()
	took := time.Since(begin).Round(time.Millisecond)
	if err := s.Close(ctx); err != nil {
		return bad(name, err)
	}
	return Finding{Name: name, Detail: fmt.Sprintf("two containers in %s (%s) reach nothing outside; up in %s", ev.Subnet, strings.TrimSpace(ev.Network), took)}
}

// silent is a runner.Sink for scenarios that nobody looks at.
type silent struct{}

// Output implements runner.Sink.
func (silent) Output(string, string, runner.Stream, []byte) {}

// Spans implements runner.Sink.
func (silent) Spans(string, runner.Payload) {}

// Progress implements runner.Sink.
func (silent) Progress(string) {}

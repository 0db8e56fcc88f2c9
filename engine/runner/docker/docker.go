// Package docker runs scenarios in containers.
//
// A request for one attempt at one scenario comes in. Fresh containers are
// created through testcontainers-go on the daemon that the docker command would
// use, without any network for a single service and with a private sealed one
// for several. In each the agent is process 1, and everything else happens over
// the one stream that is attached to it: the service's own command, steps,
// probes, output and telemetry flow out through a runner.Sink. When the stream
// ends, however that comes about, the container ends and removes itself; a
// watchdog process clears what has not begun to run, and Sweep what both left.
//
// The package judges nothing and knows no spans but by name, in order to wait
// for one. It never uses the docker command.
package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"golang.org/x/sync/semaphore"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/agent/binary"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
)

// Options are what a Backend takes from outside.
type Options struct {
	// Getenv reads the environment of the program: DOCKER_HOST and its like.
	Getenv func(name string) string
	// Project is the directory of the project: files below it may be mounted into
	// containers. "" means that there is none.
	Project string
	// CacheDir is where built programs are kept between runs.
	CacheDir string
}

// Backend implements runner.Backend with Docker containers. Make one with New.
type Backend struct {
	opts  Options
	owner string // the value of labelOwner

	mu       sync.Mutex
	conn     *connection
	warm     warmPool
	unsure   bool // something may have been created that nobody has a handle of
	sessions *shared.Set[*session]
}

var _ runner.Backend = (*Backend)(nil)

// connection is what exists once the daemon has answered.
type connection struct {
	*daemon
	provider *testcontainers.DockerProvider
	images   *service.Images
	agents   *binary.Builder
	me       owner.Process
	starts   *semaphore.Weighted // containers being created and started
	routes   string              // where the routes of this machine are told
	late     time.Duration       // beyond a step's own deadline that its end may be told
	closed   atomic.Bool         // nothing is asked any more

	mu     sync.Mutex
	guard  *watchdog
	copies bool // the daemon may not see our files: the agent is copied

	packing sync.Mutex // held while the agent is packed
	packed  []byte     // for copying; nil before it is needed
}

// New returns a Backend. It contacts nothing yet; Ready, Prepare and Open do.
func New(o Options) (*Backend, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find the cache directory: %w", err)
		}
		o.CacheDir = filepath.Join(dir, "clnrm-tui")
	}
	return &Backend{opts: o, owner: owner.Token(), sessions: shared.NewSet[*session](errClosed)}, nil
}

// Name implements runner.Backend.
func (b *Backend) Name() string { return "docker" }

// Hermetic implements runner.Backend.
func (b *Backend) Hermetic() bool { return true }

// Ready implements runner.Backend: a daemon answers and an agent can be had.
func (b *Backend) Ready(ctx context.Context) error {
	c, err := b.connect(ctx)
	if err != nil {
		return err
	}
	return noAgent(c.agents.Check(c.goarch))
}

// connect returns the connection, made on first use. A failure is not kept: the
// next call tries again.
func (b *Backend) connect(ctx context.Context) (*connection, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.sessions.Err(); err != nil {
		return nil, err
	}
	if b.conn != nil {
		return b.conn, nil
	}
	me, err := owner.This()
	if err != nil {
		return nil, err
	}
	agents, err := binary.NewBuilder(filepath.Join(b.opts.CacheDir, "agent"))
	if err != nil {
		return nil, err
	}
	d, err := dialDaemon(ctx, b.opts.Getenv)
	if err != nil {
		return nil, err
	}
	p, err := newProvider(d, b.owner)
	if err != nil {
		return nil, errors.Join(&runner.EnvironmentError{What: "containers cannot be created", Err: err}, d.api.Close())
	}
	b.conn = &connection{
		daemon:   d,
		provider: p,
		images:   &service.Images{API: d.api, GOARCH: d.goarch, CacheDir: filepath.Join(b.opts.CacheDir, "go")},
		agents:   agents,
		me:       me,
		copies:   !strings.HasPrefix(d.endpoint.Host, "unix://"),
		routes:   "/proc/net/route",
		late:     shared.AnswerLate,
		starts:   semaphore.NewWeighted(int64(2 * runtime.NumCPU())),
	}
	return b.conn, nil
}

// agent returns the path of the agent for the daemon's architecture.
func (c *connection) agent(ctx context.Context) (string, error) {
	path, err := c.agents.Path(ctx, c.goarch)
	if err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	return path, noAgent(err)
}

// noAgent says what it means that there is no agent.
func noAgent(err error) error {
	if err == nil {
		return nil
	}
	return &runner.EnvironmentError{
		What:   "the agent that runs in the containers cannot be made",
		Remedy: "install the Go toolchain (1.24 or later), or use a release of this program, which is static and needs none",
		Err:    err,
	}
}

// watched starts the watchdog unless it runs.
func (c *connection) watched(owner string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.guard != nil {
		return nil
	}
	w, err := startWatchdog(watchdogOrder{Endpoint: c.endpoint, Engine: c.engine, Owner: owner})
	if err != nil {
		return err
	}
	c.guard = w
	return nil
}

// Prepare implements runner.Backend.
func (b *Backend) Prepare(ctx context.Context, r runner.Request) error {
	c, err := b.connect(ctx)
	if err != nil {
		return err
	}
	if _, err := c.agent(ctx); err != nil {
		return err
	}
	for _, s := range r.Services {
		if !s.Contained() || s.Optional {
			continue // Open asks for it
		}
		if _, err := c.image(ctx, r.Dir, s, func(string) {}); err != nil {
			return err
		}
	}
	return nil
}

// errClosed is what calls after Close get.
var errClosed = errors.New("the docker backend is closed")

// Close implements runner.Backend. Sessions that are still open are taken down
// with everything else. It goes on when ctx has ended, for at most closeLimit.
func (b *Backend) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	b.mu.Lock()
	b.sessions.End()
	c := b.conn
	b.mu.Unlock()
	if c == nil {
		return nil
	}
	errs := b.sessions.Close(ctx)
	_, err := sweep(ctx, c.api, labelOwner, b.owner, nil)
	err = errors.Join(append(errs, err)...)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == nil {
		return err // closed by another call meanwhile
	}
	b.conn = nil
	if c.guard != nil {
		err = errors.Join(err, c.guard.stop(err == nil && !b.unsure))
	}
	c.closed.Store(true)
	return errors.Join(err, c.api.Close())
}

// suspect notes that something may exist that nobody has a handle of, so that
// the watchdog looks once more after the end.
func (b *Backend) suspect() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsure = true
}

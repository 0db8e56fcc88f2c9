// Package local runs scenarios as processes of this machine.
//
// A request for one attempt at one scenario comes in, as for containers. Each
// service gets a fresh directory, an environment without anything of the host's,
// and an agent: an ordinary process in a session of its own that starts the
// service and the steps, takes their telemetry on a loopback port of its own,
// and ends, with everything below it and its directory, when this process does.
//
// Nothing of that is hermetic: programs see the file system, the network and the
// processes of the machine, and every surface says so. What needs an image is
// refused. The package is only used when it was asked for by name.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/cgroup"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	shared "github.com/seanchatmangpt/clnrm-tui/engine/runner/session"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Name is the word that reports and --backend use.
const Name = "local"

// Options are what a Backend takes from outside.
type Options struct {
	// CacheDir is where built programs are kept between runs, and below it the
	// directories of services while they run. Default: clnrm-tui in the user's
	// cache directory.
	CacheDir string
}

// Backend implements runner.Backend with processes of this machine. Make one
// with New.
type Backend struct {
	programs *service.Images
	root     string // the directories of services
	me       owner.Process
	groups   *cgroup.Maker // nil before Ready

	sessions *shared.Set[*session]

	mu    sync.Mutex
	ports map[int]chan struct{} // those in use; closed when given back
}

var _ runner.Backend = (*Backend)(nil)

// New returns a Backend. It starts nothing yet.
func New(o Options) (*Backend, error) {
	if o.CacheDir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find the cache directory: %w", err)
		}
		o.CacheDir = filepath.Join(dir, "clnrm-tui")
	}
	cache, err := filepath.Abs(o.CacheDir)
	if err != nil {
		return nil, fmt.Errorf("find the cache directory: %w", err)
	}
	return &Backend{
		programs: &service.Images{GOARCH: runtime.GOARCH, CacheDir: filepath.Join(cache, "go")},
		root:     filepath.Join(cache, "local"),
		sessions: shared.NewSet[*session](errClosed),
		ports:    map[int]chan struct{}{},
	}, nil
}

// Name implements runner.Backend.
func (b *Backend) Name() string { return Name }

// Hermetic implements runner.Backend: it is not.
func (b *Backend) Hermetic() bool { return false }

// Ready implements runner.Backend: the machine is one that the agent knows.
func (b *Backend) Ready(context.Context) error {
	if runtime.GOOS != "linux" {
		return &runner.EnvironmentError{What: "the local backend needs Linux, this is " + runtime.GOOS, Remedy: "use --backend docker"}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.me.PID != 0 {
		return nil
	}
	var err error
	if b.me, err = owner.This(); err != nil {
		return &runner.EnvironmentError{What: "processes cannot be told apart", Err: err}
	}
	if err := os.MkdirAll(b.root, 0o700); err != nil {
		return &runner.EnvironmentError{What: "there is no place for the directories of services", Err: err}
	}
	b.groups = cgroup.Find("/", groupName(b.me, "self", "")+selfSuffix)
	return nil
}

// Prepare implements runner.Backend.
func (b *Backend) Prepare(ctx context.Context, r runner.Request) error {
	for _, s := range r.Services {
		if s.Plugin != "go_binary" {
			continue
		}
		if _, err := b.program(ctx, r.Dir, s, func(string) {}); err != nil {
			return err
		}
	}
	return b.Ready(ctx)
}

// program builds a go_binary service, with errors as runner has them.
func (b *Backend) program(ctx context.Context, dir string, s *spec.Service, progress func(string)) (service.Program, error) {
	p, err := b.programs.Program(ctx, dir, s, progress)
	var missing *service.UnavailableError
	var build *service.BuildError
	switch {
	case errors.As(err, &missing):
		err = &runner.EnvironmentError{What: "service " + s.Name + ": " + missing.What, Remedy: "install Go", Err: missing.Err}
	case errors.As(err, &build):
		err = &runner.ServiceError{Service: s.Name, What: build.Error(), Log: build.Log, Pos: s.Pos}
	case err != nil && ctx.Err() == nil:
		err = &runner.EnvironmentError{What: "the program of service " + s.Name + " could not be made", Err: err}
	}
	return p, err
}

// errClosed is what calls after Close get.
var errClosed = errors.New("the local backend is closed")

// Close implements runner.Backend.
func (b *Backend) Close(ctx context.Context) error {
	errs := b.sessions.Close(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.groups != nil {
		errs = append(errs, b.groups.Close())
	}
	return errors.Join(errs...)
}

// Left is what processes that have since ended left behind.
type Left struct{ Directories, Groups int }

// Sweep removes the directories and control groups of services that processes which
// have since ended left behind, which they do only when their agents were killed too,
// and returns how many. Those of a process that runs are left alone.
func (b *Backend) Sweep() (Left, error) {
	var removed Left
	me, err := owner.This()
	if err != nil {
		return removed, err
	}
	var errs []error
	groups := cgroup.Left("/", func(name string) bool {
		name, ours := strings.CutPrefix(name, groupPrefix)
		whose, ok := ownerOf(name)
		return ours && ok && whose.Dead(me)
	})
	for name, g := range groups {
		if strings.HasSuffix(name, selfSuffix) {
			// Somebody whom the process had started may live on in it.
			_ = os.Remove(g[0])
			continue
		}
		removed.Groups++
		errs = append(errs, g.Remove(leaveLimit))
	}
	left, err := os.ReadDir(b.root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, fmt.Errorf("look for directories of services: %w", err))
	}
	for _, d := range left {
		if whose, ok := ownerOf(d.Name()); !ok || !whose.Dead(me) {
			continue
		}
		removed.Directories++
		errs = append(errs, os.RemoveAll(filepath.Join(b.root, d.Name())))
	}
	return removed, errors.Join(errs...)
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/local"
)

// Backends are the names of what scenarios can run on; the first is the default.
// There is no falling back from one to another.
var Backends = []string{"docker", local.Name}

// backendNamed returns the maker of a backend over the project in dir, or a
// *RequestError.
func backendNamed(name, dir string) (func() (runner.Backend, error), error) {
	switch name {
	case "docker":
		return func() (runner.Backend, error) { return docker.New(docker.Options{Project: dir}) }, nil
	case local.Name:
		return func() (runner.Backend, error) { return local.New(local.Options{}) }, nil
	}
	return nil, &RequestError{fmt.Sprintf("there is no backend %q; there are %s", name, strings.Join(Backends, " and "))}
}

// Left counts what programs that have ended left behind.
type Left struct{ Containers, Networks, Directories, Groups int }

// Any reports whether there is anything.
func (l Left) Any() bool { return l != Left{} }

// String lists it: "2 containers and 1 network".
func (l Left) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{l.Containers, "container"}, {l.Networks, "network"}, {l.Directories, "directory"}, {l.Groups, "control group"}} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.word)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, plural(p.word)))
		}
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}

func plural(word string) string {
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		return stem + "ies"
	}
	return word + "s"
}

// Clean removes what runs left behind that are no longer alive, on every
// backend, and returns what it was. The error is an environment error when the
// Docker daemon cannot be asked; what the local backend left is removed then all
// the same.
func Clean(ctx context.Context) (Left, error) {
	var left Left
	l, err := local.New(local.Options{})
	if err == nil {
		var swept local.Left
		swept, err = l.Sweep()
		left.Directories, left.Groups = swept.Directories, swept.Groups
		err = errors.Join(err, l.Close(ctx))
	}
	b, derr := docker.New(docker.Options{})
	if derr != nil {
		return left, errors.Join(err, derr)
	}
	swept, serr := b.Sweep(ctx)
	left.Containers, left.Networks = swept.Containers, swept.Networks
	return left, errors.Join(err, serr, b.Close(ctx))
}

// reportLeft tells once, when the backend has first answered, what programs that
// have ended left behind: an outage of the daemon may have kept anybody from
// removing it.
func (e *Engine) reportLeft(ctx context.Context, b runner.Backend) {
	d, ok := b.(*docker.Backend)
	if !ok || !e.askedLeft.CompareAndSwap(false, true) {
		return
	}
	l, err := d.Leftovers(ctx)
	left := Left{Containers: l.Containers, Networks: l.Networks}
	switch {
	case err != nil && ctx.Err() == nil:
		e.notice(diag.Warning, "cannot tell whether earlier runs left anything behind: %v", err)
	case left.Any():
		e.notice(diag.Warning, "runs that have ended left %s behind; `clnrm-tui clean` removes that", left)
	}
}

// cacheDir is where built programs are kept, or the nearest directory above it
// that is there.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	for d := filepath.Join(dir, "clnrm-tui"); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			return d, nil
		}
	}
}

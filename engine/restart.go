package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
)

// RestartService has the process that runs a scenario restart one of its services,
// and waits until that is ready again; said tells how it went, for example "was
// ready again after 120ms". The scenario cannot pass any more, and its report says
// why. A service of another project than the one around dir, of another machine or
// of a process that has ended is a *RequestError.
func RestartService(ctx context.Context, dir string, s RunningService) (said string, err error) {
	root := projectRoot(dir, dir)
	switch {
	case s.Left:
		return "", &RequestError{fmt.Sprintf("service %s was left behind by process %d: nobody is there to restart it; `clnrm-tui clean` removes it", s.Service, s.PID)}
	case s.Project == "":
		return "", &RequestError{fmt.Sprintf("the container of service %s does not say which project it belongs to", s.Service)}
	case !s.Here:
		return "", &RequestError{fmt.Sprintf("service %s belongs to a run on the machine %s, not to one of this project", s.Service, s.Machine)}
	case resolved(s.Project) != resolved(root):
		return "", &RequestError{fmt.Sprintf("service %s belongs to the project %s, not to this one, %s", s.Service, s.Project, root)}
	}
	b, err := docker.New(docker.Options{})
	if err != nil {
		return "", err
	}
	said, err = b.Restart(ctx, s)
	return said, errors.Join(err, b.Close(ctx))
}

// resolved is a path without symbolic links, where they can be followed.
func resolved(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	return path
}

package docker

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/owner"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
)

// Running is one container of this program or of another clnrm-tui process.
type Running struct {
	Service  string
	Scenario string
	File     string // the test file, relative to Project; empty when unknown
	Project  string // absolute path of the project's root; empty when unknown
	ID       string
	Image    string
	State    string // "running", "created", …
	Since    time.Time
	PID      int    // of the process that owns it
	Machine  string // of that process
	Here     bool   // that is this one
	Left     bool   // that process has ended
}

// Running lists the containers of all clnrm-tui processes on the daemon, the
// oldest first.
func (b *Backend) Running(ctx context.Context) ([]Running, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	list, err := c.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", labelProcess)})
	if err != nil {
		return nil, &runner.EnvironmentError{What: "the daemon does not say what runs", Err: fmt.Errorf("list containers: %w", err)}
	}
	var out []Running
	for _, x := range list.Items {
		r := Running{
			Service: x.Labels[labelService], Scenario: x.Labels[labelScenario], File: x.Labels[labelFile], Project: x.Labels[labelProject],
			ID: x.ID, Image: x.Image, State: string(x.State), Since: time.Unix(x.Created, 0),
		}
		if p, ok := owner.Parse(x.Labels[labelProcess]); ok {
			r.PID, r.Machine, r.Here, r.Left = p.PID, p.Machine, p.Machine == c.me.Machine, p.Dead(c.me)
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Running) int { return a.Since.Compare(b.Since) })
	return out, nil
}

// projectOf is the root of the project of a request: the directory of its test
// file without the file's own path below the root. It is empty when they do not
// fit together.
func projectOf(r runner.Request) string {
	if r.File == nil || r.File.Path == "" {
		return ""
	}
	file := filepath.ToSlash(filepath.Join(r.Dir, path.Base(r.File.Path)))
	root, ok := strings.CutSuffix(file, "/"+r.File.Path)
	if !ok {
		return ""
	}
	return filepath.FromSlash(root)
}

// Pull gets an image that is not on the daemon; see service.Images.Pull. The
// error is an *runner.EnvironmentError.
func (b *Backend) Pull(ctx context.Context, image string, each func(service.Layer)) (pulled bool, err error) {
	c, err := b.connect(ctx)
	if err != nil {
		return false, err
	}
	pulled, err = c.images.Pull(ctx, image, each)
	var missing *service.UnavailableError
	switch {
	case errors.As(err, &missing):
		err = &runner.EnvironmentError{What: missing.What, Remedy: missing.Remedy, Err: missing.Err}
	case err != nil && ctx.Err() == nil:
		err = &runner.EnvironmentError{What: "image " + image + " could not be looked for", Err: err}
	}
	return pulled, err
}

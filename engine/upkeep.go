package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/docker"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/local"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// Finding is the answer to one question about the machine.
type Finding = docker.Finding

// How good a finding is: with Poor scenarios run, but not as well as they could;
// with Bad they do not.
const (
	Good = docker.Good
	Poor = docker.Poor
	Bad  = docker.Bad
)

// Health looks for real at everything that scenarios need, and tells each
// finding as it comes. It returns whether scenarios can run in containers.
func Health(ctx context.Context, each func(Finding)) (ok bool, err error) {
	ok = true
	tell := func(f Finding) {
		ok = ok && f.Level != Bad
		each(f)
	}
	limits := localLimits(ctx) // before anything is started that could be beside this process in its control group
	tell(goToolchain(ctx))
	dir, err := cacheDir()
	if err != nil {
		return false, err
	}
	tell(docker.Room("disk", dir))
	tell(limits)
	b, err := docker.New(docker.Options{})
	if err != nil {
		return false, err
	}
	b.Examine(ctx, tell)
	return ok, b.Close(ctx)
}

// goToolchain looks for the go command, which builds go_binary services.
func goToolchain(ctx context.Context) Finding {
	f := Finding{Name: "Go toolchain", Level: Poor, Remedy: "install Go to use go_binary services; nothing else needs it"}
	path, err := exec.LookPath("go")
	if err != nil {
		f.Detail = "there is no go command"
		return f
	}
	out, err := exec.CommandContext(ctx, path, "env", "GOVERSION").Output()
	if err != nil {
		f.Detail = fmt.Sprintf("%s: %v", path, err)
		return f
	}
	return Finding{Name: f.Name, Detail: string(bytes.TrimSpace(out)) + " at " + path}
}

// localLimits says what holds the limits of services without containers.
func localLimits(ctx context.Context) Finding {
	f := Finding{Name: "local limits", Level: Poor, Remedy: "only --backend local needs them: run as root, or in a control group of its own, as with `systemd-run --user --scope -p Delegate=yes clnrm-tui`"}
	b, err := local.New(local.Options{})
	if err == nil {
		err = b.Ready(ctx)
	}
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	held, lacking, err := b.Limits()
	if err = errors.Join(err, b.Close(ctx)); err != nil {
		lacking = append(lacking, err.Error())
	}
	f.Detail = strings.Join(append(held, lacking...), "; ")
	if len(lacking) == 0 {
		f.Level, f.Remedy = Good, ""
	}
	return f
}

// Images lists the images that the scenarios of all templates name, without
// those that tests build, in alphabetical order.
func (e *Engine) Images() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var names []string
	for _, en := range e.entries {
		for _, f := range filesOf(en.kept) {
			for _, sc := range f.Scenarios {
				for _, s := range runner.Services(f, sc) {
					if s.Image != "" && s.Build == nil {
						names = append(names, s.Image)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Layer is how far one layer of an image that is pulled has come.
type Layer = service.Layer

// Pull gets an image that is not on the daemon; each hears of every step of its
// layers. pulled is false when the image was there. The error is an environment
// error.
func (e *Engine) Pull(ctx context.Context, image string, each func(Layer)) (pulled bool, err error) {
	b, err := e.openBackend()
	if err != nil {
		return false, err
	}
	d, ok := b.(*docker.Backend)
	if !ok {
		return false, &RequestError{"the " + b.Name() + " backend has no images"}
	}
	return d.Pull(ctx, image, each)
}

// RunningService is one container of this or of another clnrm-tui process.
type RunningService = docker.Running

// RunningServices lists the containers of all clnrm-tui processes, the oldest
// first. The error is an environment error.
func RunningServices(ctx context.Context) (list []RunningService, err error) {
	b, err := docker.New(docker.Options{})
	if err != nil {
		return nil, err
	}
	list, err = b.Running(ctx)
	return list, errors.Join(err, b.Close(ctx))
}

// ServiceLog returns the last n lines of what a running service has printed,
// from the log of its scenario, which the process that runs it writes. It is a
// *RequestError when that process does not say where.
func ServiceLog(s RunningService, n int) ([]LogLine, error) {
	if s.Project == "" {
		return nil, &RequestError{fmt.Sprintf("the log of %s is not known: its container does not say which project it belongs to", s.Service)}
	}
	id := ScenarioID{Path: s.File, Name: s.Scenario}
	l := newLogs(nil, nil)
	l.recall(id, store.Open(s.Project, store.Limits{}).NewestLog(id.Path, id.Name, s.PID))
	w := l.window(id, 0, 1<<30)
	if w.File == "" {
		return nil, &RequestError{fmt.Sprintf("there is no log of %s yet: no run of %s in %s has written one that can be read", s.Service, id.Name, s.File)}
	}
	lines := slices.DeleteFunc(slices.Clone(w.Lines), func(x LogLine) bool { return !strings.EqualFold(x.Service, s.Service) || x.Step != "" })
	return lines[max(0, len(lines)-n):], nil
}

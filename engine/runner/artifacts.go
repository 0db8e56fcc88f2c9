package runner

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
)

// Fetcher is implemented by sessions that can copy files out of their containers,
// also when everything in them has ended.
type Fetcher interface {
	// Fetch copies what pattern names in the container of a service: a file, a
	// folder with everything below it, or what *, ? and […] match. Without a slash
	// at its beginning it is in the directory in which the service has its programs
	// start. keep is called for each file with its path there; what it returns is
	// written to until the next call. The error reports that nothing could be copied
	// at all.
	Fetch(ctx context.Context, service, pattern string, keep func(path string) io.Writer) (Fetched, error)
}

// Fetched says what became of a request for files.
type Fetched struct {
	Files   int
	Missing []string // what was left out or is not whole, and why
}

// fetchLimit bounds how long the copies of one scenario may take.
const fetchLimit = 30 * time.Second

// artifacts copies out the files that the scenario asks for. One that is not
// there, or not whole, is a failed condition: somebody wanted to see it.
func (o *Outcome) artifacts(parent context.Context, session Session, obs Observer) {
	if parent.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), fetchLimit)
	defer cancel()
	for _, a := range o.Job.Scenario.Artifacts {
		what, ok := strings.CutPrefix(a, "files:")
		if !ok {
			continue
		}
		service, pattern := o.place(what)
		missing := fetch(ctx, session, service, pattern, obs)
		for _, m := range missing {
			obs.Missing(a + ": " + m)
		}
		if len(missing) > 0 {
			o.Checks = append(o.Checks, expect.Check{
				Rule: "artifacts.collect[" + a + "]", Pos: o.Job.Scenario.ArtifactsPos,
				Message: "not everything could be copied: " + missing[0], Explain: missing[1:],
			})
		}
	}
}

// place is the service and the path of [SERVICE:]PATH. A path that does not begin
// with a slash is in the working directory of the service.
func (o *Outcome) place(what string) (service, pattern string) {
	sc := o.Job.Scenario
	service = sc.StepService(sc.Steps[0])
	if sc.Service != "" {
		service = sc.Service
	}
	if name, rest, ok := strings.Cut(what, ":"); ok && o.Job.File.Service(name) != nil {
		service, what = name, rest
	}
	if !strings.HasPrefix(what, "/") {
		if s := o.Job.File.Service(service); s != nil {
			what = path.Join(s.Workdir, what)
		}
	}
	return service, what
}

// fetch copies what one pattern names and returns what is missing.
func fetch(ctx context.Context, session Session, service, pattern string, obs Observer) (missing []string) {
	f, ok := session.(Fetcher)
	if !ok {
		return []string{"the backend does not copy files out"}
	}
	var open io.Closer
	shut := func() {
		if open != nil {
			if err := open.Close(); err != nil {
				missing = append(missing, err.Error())
			}
		}
		open = nil
	}
	got, err := f.Fetch(ctx, service, pattern, func(name string) io.Writer {
		shut()
		w, err := obs.Keep(service, name)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s: %v", name, err))
			return io.Discard
		}
		open = w
		return w
	})
	shut()
	if err != nil {
		missing = append(missing, err.Error())
	}
	return append(missing, got.Missing...)
}

package engine

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/baseline"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Baseline is what a suite did in one run, to hold another run against.
type Baseline struct{ file *baseline.File }

// BaselineName is where a baseline lies unless the user says otherwise, relative
// to the project's root.
const BaselineName = ".clnrm/baseline.json"

// BaselineFile is the file of a baseline: name as typed, or the default place
// when it is empty.
func (e *Engine) BaselineFile(name string) string {
	if name == "" {
		return filepath.Join(e.scope.root, filepath.FromSlash(BaselineName))
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(e.opts.Dir, name)
	}
	return name
}

// Observe makes a baseline of the last runs of scenarios in this process. One
// that was not run, or could not be, is an *UnrecordedError.
func (e *Engine) Observe(ids []ScenarioID) (*Baseline, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	env := baseline.Environment{Version: e.opts.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH}
	var list []baseline.Scenario
	for _, id := range ids {
		en := e.entries[id.Path]
		if en == nil || en.records[id.Name] == nil {
			return nil, &UnrecordedError{fmt.Sprintf("%s › %s was not run", e.TypedPath(id.Path), id.Name)}
		}
		s, err := en.observed(id)
		if err != nil {
			return nil, err
		}
		rec := en.records[id.Name]
		env.Backend, env.Hermetic = rec.Evidence.Backend, rec.Evidence.Hermetic
		list = append(list, s)
	}
	return &Baseline{baseline.New(e.now(), env, list)}, nil
}

// observed is what the last run of one scenario did, without secrets.
func (en *entry) observed(id ScenarioID) (baseline.Scenario, error) {
	rec := en.records[id.Name]
	f, sc := en.find(id.Name)
	if f == nil || rec.Error != "" {
		return baseline.Scenario{}, &UnrecordedError{fmt.Sprintf("%s › %s could not be run: %s", id.Path, id.Name, en.secrets.String(rec.Error))}
	}
	s := baseline.Scenario{
		File: id.Path, Name: id.Name, SpecHash: rec.SpecHash, RunHash: rec.RunHash,
		Verdict: rec.Verdict, Failure: en.secrets.String(rec.Failure), Duration: rec.Duration, Images: []baseline.Image{},
	}
	for _, c := range rec.Evidence.Containers {
		s.Images = append(s.Images, baseline.Image{Service: c.Service, Name: c.Image, Digest: c.Digest})
	}
	s.Observed(trace.NewSet(maskSpans(en.secrets, judgedSpans(f, sc, rec))))
	return s, nil
}

// Write writes the baseline to a file, and its digest beside it.
func (b *Baseline) Write(file string) error { return b.file.Write(file) }

// Digest is over the digests of all scenarios, lower hex.
func (b *Baseline) Digest() string { return b.file.Digest }

// Scenarios are the scenarios of the baseline, in its order.
func (b *Baseline) Scenarios() []ScenarioID {
	var out []ScenarioID
	for _, s := range b.file.Scenarios {
		out = append(out, ScenarioID{s.File, s.Name})
	}
	return out
}

// ReadBaseline reads a baseline that Write wrote. One that cannot be used is a
// *RequestError.
func ReadBaseline(name string) (*Baseline, error) {
	f, err := baseline.Read(name)
	if err != nil {
		return nil, &RequestError{err.Error()}
	}
	if len(f.Scenarios) == 0 {
		return nil, &RequestError{name + " holds no scenario"}
	}
	return &Baseline{f}, nil
}

// Paths are the test files of the baseline that are still there, in the project
// around the working directory. None at all is a *RequestError.
func (b *Baseline) Paths() ([]string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("working directory: %w", err)
	}
	root := projectRoot(dir, dir)
	var out []string
	for _, s := range b.file.Scenarios {
		name := filepath.Join(root, filepath.FromSlash(s.File))
		if _, err := os.Stat(name); err == nil && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return nil, &RequestError{"none of the test files of the baseline is in " + root}
	}
	return out, nil
}

// Runnable are the scenarios of the baseline that can be run now.
func (e *Engine) Runnable(b *Baseline) []ScenarioID {
	return slices.DeleteFunc(b.Scenarios(), func(id ScenarioID) bool { return e.notRunnable(id) != "" })
}

// notRunnable says why a scenario cannot be run; empty when it can.
func (e *Engine) notRunnable(id ScenarioID) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[id.Path]
	switch {
	case en == nil:
		return "its file is not there any more"
	case !en.sound:
		return "its file has errors"
	}
	if f, _ := en.find(id.Name); f == nil {
		return "its file has no such scenario any more"
	}
	return ""
}

// Reproduction is a run held against a baseline.
type Reproduction struct{ c *baseline.Comparison }

// Reproduce holds the runs of scenarios in this process against a baseline.
func (e *Engine) Reproduce(b *Baseline, ran []ScenarioID) (*Reproduction, error) {
	var done []ScenarioID
	why := map[ScenarioID]string{}
	for _, id := range ran {
		if _, err := e.Observe([]ScenarioID{id}); err != nil {
			why[id] = err.Error()
			continue
		}
		done = append(done, id)
	}
	now, err := e.Observe(done)
	if err != nil {
		return nil, err
	}
	c, err := baseline.Compare(b.file, now.file, func(file, name string) string {
		id := ScenarioID{file, name}
		if reason := e.notRunnable(id); reason != "" {
			return reason
		}
		if reason := why[id]; reason != "" {
			return reason
		}
		return "it was not run"
	})
	if err != nil {
		return nil, err
	}
	return &Reproduction{c}, nil
}

// Holds reports whether every scenario ran and came to the verdict of the
// baseline; with digests also whether its spans are the same.
func (r *Reproduction) Holds(digests bool) bool {
	for i := range r.c.Scenarios {
		s := &r.c.Scenarios[i]
		if !s.SameVerdict() || digests && !s.SameDigest() {
			return false
		}
	}
	return true
}

// Write writes the comparison for people, or as one clnrm.repro/1 object when
// format is "json".
func (r *Reproduction) Write(w io.Writer, format string, color bool) error {
	if format == "json" {
		return baseline.WriteJSON(w, r.c)
	}
	return baseline.WriteText(w, r.c, color)
}

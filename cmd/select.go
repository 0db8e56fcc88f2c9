package cmd

import (
	"context"
	"path"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
)

// selection is what a run has to do.
type selection struct {
	ids       []engine.ScenarioID
	unchanged []report.Scenario // left out by --changed
	shard     string
	plan      string
}

// choose narrows the scenarios of paths by --only, --shard and --changed, in this
// order: the division into shards must not depend on what a machine remembers.
func (a *app) choose(ctx context.Context, e *engine.Engine, paths []string, f *runFlags) (selection, error) {
	var sel selection
	var err error
	if sel.ids, err = selectRun(e, paths, f.only); err != nil {
		return sel, err
	}
	if f.shard != "" {
		if err := sel.part(a, e, f); err != nil {
			return sel, err
		}
	}
	if !f.changed {
		return sel, nil
	}
	todo, unchanged := e.SplitUnchanged(ctx, sel.ids)
	sel.ids = nil
	for _, r := range todo {
		why := r.Why
		if f.force {
			why = "--force"
		}
		a.progressf("%s › %s: is run: %s", e.TypedPath(r.ID.Path), r.ID.Name, why)
		sel.ids = append(sel.ids, r.ID)
	}
	for _, u := range unchanged {
		if f.force {
			sel.ids = append(sel.ids, u.ID)
			continue
		}
		sel.unchanged = append(sel.unchanged, e.UnchangedReport(u))
	}
	return sel, nil
}

// part keeps the scenarios of a shard. One that holds none is a mistake of the
// request: a green machine that did nothing proves nothing.
func (sel *selection) part(a *app, e *engine.Engine, f *runFlags) error {
	shard, err := engine.ParseShard(f.shard)
	if err != nil {
		return err
	}
	var timings engine.Timings
	if f.timings != "" {
		if timings, err = engine.ReadTimings(f.timings); err != nil {
			return err
		}
	}
	all := len(sel.ids)
	p := e.Part(sel.ids, shard, timings)
	if len(p.IDs) == 0 && all > 0 {
		return usage("shard %s is empty: there is nothing left for it of %d scenarios; use fewer shards", f.shard, all)
	}
	a.progressf("shard %s: %d of %d scenarios, plan %s", f.shard, len(p.IDs), all, p.Plan)
	sel.ids, sel.shard, sel.plan = p.IDs, f.shard, p.Plan
	return nil
}

// selectRun lists the scenarios to run: those of files that the user named, and
// those of folders that are not manual. only narrows them by name.
func selectRun(e *engine.Engine, paths []string, only string) ([]engine.ScenarioID, error) {
	named := map[string]bool{}
	for _, p := range paths {
		named[e.ProjectPath(p)] = true
	}
	var ids []engine.ScenarioID
	any, manual := false, false
	for _, t := range e.Snapshot().Templates {
		if t.Status == engine.CheckError {
			any = true // reported as broken
			continue
		}
		if t.Manual && !named[t.Path] {
			manual = true
			continue
		}
		for _, s := range t.Scenarios {
			any = true
			if s.ID.IsFile() {
				continue
			}
			ok, err := matches(only, t.Path, s.ID.Name)
			if err != nil {
				return nil, err
			}
			if ok {
				ids = append(ids, s.ID)
			}
		}
	}
	switch {
	case only != "" && len(ids) == 0:
		return nil, usage("--only %s matches no scenario", only)
	case !any && manual:
		return nil, usage("every file here is manual (meta.manual = true); name the one to run")
	case !any:
		return nil, usage("there is no scenario to run")
	}
	return ids, nil
}

// matches reports whether a scenario is meant by --only.
func matches(glob, file, name string) (bool, error) {
	if glob == "" {
		return true, nil
	}
	for _, s := range []string{name, file + "::" + name, path.Base(file) + "::" + name} {
		ok, err := path.Match(glob, s)
		if err != nil {
			return false, usage("--only: %v in %q", err, glob)
		}
		if ok || strings.EqualFold(glob, s) {
			return true, nil
		}
	}
	return false, nil
}

package engine

import (
	"maps"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/service"
)

// refresh derives the rows anew of templates that touched picks: recorded runs of
// them may no longer speak for them, or speak for them again. Templates without
// recorded runs are never picked.
func (e *Engine) refresh(touched func(*entry) bool) {
	var paths []string
	e.mu.Lock()
	for path, en := range e.entries {
		if en.shown != nil && len(en.records) > 0 && touched(en) {
			paths = append(paths, path)
		}
	}
	e.mu.Unlock()
	for _, path := range paths {
		e.refreshOne(path)
	}
}

func (e *Engine) refreshOne(path string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[path]
	if en == nil || en.shown == nil {
		return // removed meanwhile
	}
	before := en.shown
	var changed []*Scenario
	for _, row := range e.rows(en) {
		if old := findScenario(en.shown, row.ID); old == nil || old.Stale == row.Stale && old.Last().StaleReason == row.Last().StaleReason {
			continue
		}
		e.replaceLocked(en, row)
		e.emit(ScenarioChanged{Scenario: row})
		changed = append(changed, row)
	}
	e.tellReplays(en.path, before, changed)
}

// onGround reports whether a recorded run is on another ground than there is now,
// or a row says that one was.
func (e *Engine) onGround(en *entry) bool {
	for _, rec := range en.records {
		if rec != nil && e.ground.differs(&rec.Evidence) != "" {
			return true
		}
	}
	return slices.ContainsFunc(en.shown.Scenarios, func(s *Scenario) bool { return s.Stale })
}

// tellReplays publishes which of the rows of a template were judged over recorded
// runs, and which of those runs have stopped speaking for them since before.
func (e *Engine) tellReplays(path string, before *Template, rows []*Scenario) {
	var replayed, outdated []ScenarioID
	for _, s := range rows {
		old := findScenario(before, s.ID)
		switch {
		case s.Stale && (old == nil || !old.Stale || old.Last().StaleReason != s.Last().StaleReason):
			outdated = append(outdated, s.ID)
		case s.Replayed && !s.Stale:
			replayed = append(replayed, s.ID)
		}
	}
	if len(replayed) > 0 {
		e.emit(Replayed{Path: path, Scenarios: replayed})
	}
	if len(outdated) > 0 {
		e.emit(Outdated{Path: path, Scenarios: outdated})
	}
}

// builtFrom reports whether a recorded run of any template was built from a
// file. The caller holds e.mu.
func (e *Engine) builtFrom(file string) bool {
	for _, en := range e.entries {
		if en.builtFrom([]string{file}) {
			return true
		}
	}
	return false
}

// builtFrom reports whether a recorded run was built from one of the files.
func (en *entry) builtFrom(files []string) bool {
	for _, rec := range en.records {
		if rec == nil {
			continue
		}
		for _, c := range rec.Evidence.Containers {
			for _, src := range c.Sources() {
				if slices.ContainsFunc(files, func(f string) bool { return service.IsInput(src.Inputs, f) }) {
					return true
				}
			}
		}
	}
	return false
}

// watchExtras has everything watched that verdicts depend on beside templates:
// the settings, what they include, and what their services were built from.
func (e *Engine) watchExtras() {
	w := e.watcher.Load()
	if w == nil {
		return
	}
	extra := map[string]bool{}
	for _, file := range e.set.Load().Files {
		extra[file] = true
	}
	for _, dep := range e.pipeline.cache.Dependencies() {
		extra[e.scope.abs(dep)] = true
	}
	e.mu.Lock()
	for _, en := range e.entries {
		for _, rec := range en.records {
			if rec == nil {
				continue
			}
			for _, c := range rec.Evidence.Containers {
				for _, src := range c.Sources() {
					for _, f := range service.InputFiles(src.Inputs) {
						extra[f] = true
					}
				}
			}
		}
	}
	e.mu.Unlock()
	w.SetExtra(slices.Sorted(maps.Keys(extra)))
}

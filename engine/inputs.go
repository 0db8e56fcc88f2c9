package engine

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/service"
)

// refresh derives the rows anew of scenarios whose last run was built from one
// of the files: they may have become stale, or right again.
func (e *Engine) refresh(files []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, en := range e.entries {
		if en.shown == nil || !en.builtFrom(files) {
			continue
		}
		for _, row := range e.rows(en) {
			if old := findScenario(en.shown, row.ID); old == nil || old.Stale == row.Stale && old.StaleReason == row.StaleReason {
				continue
			}
			e.replaceLocked(en, row)
			e.emit(ScenarioChanged{Scenario: row})
		}
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
			for _, f := range files {
				if slices.Contains(c.Inputs, f) || slices.Contains(c.Inputs, filepath.Dir(f)+"/") {
					return true
				}
			}
		}
	}
	return false
}

// watchExtras has everything watched that verdicts depend on beside templates:
// what they include, and what their services were built from.
func (e *Engine) watchExtras() {
	w := e.watcher.Load()
	if w == nil {
		return
	}
	extra := map[string]bool{}
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
				for _, f := range service.InputFiles(c.Inputs) {
					extra[f] = true
				}
			}
		}
	}
	e.mu.Unlock()
	w.SetExtra(slices.Sorted(maps.Keys(extra)))
}

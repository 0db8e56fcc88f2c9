package engine

import (
	"cmp"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// LoadUI returns what a surface kept for this project with SaveUI; nil without
// an error when there is nothing. The data is the surface's own: the engine
// never looks into it.
func (e *Engine) LoadUI() ([]byte, error) { return e.store.LoadUI() }

// SaveUI keeps data of a surface for the next start, in the project's state
// folder. Where nothing says that this is a project and nothing was run, it keeps
// nothing: who only looks leaves no folder behind.
func (e *Engine) SaveUI(data []byte) error {
	if e.strange() {
		return nil
	}
	return e.store.SaveUI(data)
}

// strange reports whether the root has neither the marker of a project nor a state
// folder.
func (e *Engine) strange() bool {
	return !marked(e.scope.root, e.scope.base) && !e.store.Exists()
}

// LastReport is the report about every scenario as it stands, in the order of the
// tree. Only what was executed on what the files say now is told as passed: a
// stale or replayed pass, what never ran and what is under way are skipped, each
// with the reason.
func (e *Engine) LastReport() *report.Run {
	var list []report.Scenario
	elapsed := time.Duration(0)
	for _, t := range e.Snapshot().Templates {
		for _, s := range t.Scenarios {
			r := e.ScenarioReport(s)
			if why := unproved(s); why != "" {
				r.Verdict, r.Message = report.Skipped, why
				r.Steps, r.Checks, r.Counts, r.Attempts = nil, nil, report.Counts{}, 0 // they prove nothing about what is there now
				r.Complete()
			}
			list = append(list, r)
			if s.Last().Result != nil {
				elapsed += s.Last().Result.Duration
			}
		}
	}
	b := e.Snapshot().Backend
	return report.NewRun(b.Name, true, elapsed, "", list)
}

// RecordedReport is the report about the last recorded run of every scenario, after
// Scan: by this or by another process, with its own time. What passed is told as
// passed while the run speaks for what the file says now; else it is skipped, with
// the reason, and so is what never ran.
func (e *Engine) RecordedReport() *report.Run {
	e.recall()
	r := e.LastReport()
	list := append(e.BrokenReports(), r.Scenarios...)
	var backends []string
	for i := range list {
		if ev := list[i].Evidence; ev != nil && ev.Backend != "" && !slices.Contains(backends, ev.Backend) {
			backends = append(backends, ev.Backend)
		}
	}
	return report.NewRun(strings.Join(backends, ", "), true, time.Duration(r.ElapsedMS)*time.Millisecond, "", list)
}

// recall takes the recorded runs into the snapshot, which Scan leaves alone.
func (e *Engine) recall() {
	e.mu.Lock()
	e.forgetful = false
	var recs []*store.Record
	for _, en := range e.entries {
		e.loadRecords(en)
		for name, rec := range en.records {
			enter(&en.fresh, name, rec.SpecHash)
			recs = append(recs, rec)
		}
	}
	e.mu.Unlock()
	e.holdImages(recs)
	e.mu.Lock()
	for _, en := range e.entries {
		for _, row := range e.rows(en) {
			e.replaceLocked(en, row)
			e.emit(ScenarioChanged{Scenario: row})
		}
	}
	e.mu.Unlock()
	e.settleDown()
}

// unproved says why a scenario that has not failed is no pass, either.
func unproved(s *Scenario) string {
	switch {
	case s.Verdict == VerdictNone:
		return "never run"
	case s.Verdict == VerdictQueued || s.Verdict == VerdictRunning:
		return s.Verdict.String() + " when this was written"
	case s.Verdict == VerdictPass && s.Stale:
		return "it passed, and is out of date: " + cmp.Or(s.Last().StaleReason, "what it depends on changed")
	case s.Verdict == VerdictPass && s.Replayed:
		return "passes over the trace of " + s.Last().TracedAt.Format(time.RFC3339) + "; it was not executed since the expectations changed"
	}
	return ""
}

// Export writes a file for the user into the project's state folder, which
// version control ignores, and returns its path relative to the project. The
// name says what it is and when it was made; an older file is never replaced.
func (e *Engine) Export(what, ext string, write func(io.Writer) error) (string, error) {
	name := what + "-" + e.now().Format("20060102-150405.000") + "." + ext
	file, err := e.store.Export(name, write)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(e.scope.root, file); err == nil {
		return filepath.ToSlash(rel), nil
	}
	return file, nil
}

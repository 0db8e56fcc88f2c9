package engine

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// loadRecords brings the recorded runs of a template's scenarios up to date with
// the store, where other processes record, too. A run of this process gives way
// only to a newer one. The caller holds e.mu.
func (e *Engine) loadRecords(en *entry) {
	if e.forgetful {
		return
	}
	if !en.sound && en.shown != nil { // the scenarios are those of before
		for _, s := range en.shown.Scenarios {
			if !s.ID.IsFile() && en.active[s.ID.Name] == nil {
				e.loadRecord(en, s.ID.Name)
			}
		}
		return
	}
	for _, f := range filesOf(en.kept) {
		for _, sc := range f.Scenarios {
			if en.active[sc.Name] == nil {
				e.loadRecord(en, strings.Clone(sc.Name)) // which may become a key
			}
		}
	}
}

// loadRecord does so for one scenario, and leaves it with the log of its record.
func (e *Engine) loadRecord(en *entry, name string) {
	var own time.Time // when the run that this process made began
	if _, ran := en.fresh[name]; ran {
		own = en.records[name].At
	}
	rec, stamp, err := e.store.LoadNewer(en.path, name, en.stamps[name], own)
	if err != nil {
		e.notice(diag.Warning, "%v", err)
	}
	if stamp.None() {
		delete(en.stamps, name)
	} else {
		enter(&en.stamps, name, stamp)
	}
	if rec != nil {
		enter(&en.records, name, rec)
		delete(en.fresh, name)
	}
	if rec = en.records[name]; rec != nil {
		e.logs.forgetOther(ScenarioID{en.path, name}, e.store.LogFile(rec))
	}
}

// tookOver judges a template again when a run of one of its scenarios is newer
// than the one that is shown: another process made it.
func (e *Engine) tookOver(id ScenarioID, newest time.Time) {
	e.background(func() {
		e.mu.Lock()
		en := e.entries[id.Path]
		other := en != nil && !e.forgetful && en.shown != nil && en.active[id.Name] == nil &&
			(en.records[id.Name] == nil || newest.After(en.records[id.Name].At))
		e.mu.Unlock()
		if other {
			e.Recheck(id.Path)
		}
	})
}

// Log returns up to n lines of the log of a scenario's last run, also of one by
// another process; a negative from counts from the end.
func (e *Engine) Log(id ScenarioID, from, n int) LogWindow {
	if e.logs.of(id) == nil {
		e.logs.recall(id, e.logFile(id))
	}
	return e.logs.window(id, from, n)
}

// logFile is the log of the recorded run of a scenario; without one that of its
// last run, which was stopped.
func (e *Engine) logFile(id ScenarioID) string {
	var rec *store.Record
	e.mu.Lock()
	if en := e.entries[id.Path]; en != nil {
		rec = en.records[id.Name]
	}
	e.mu.Unlock()
	if rec != nil {
		return e.store.LogFile(rec)
	}
	return e.store.NewestLog(id.Path, id.Name, 0)
}

// startLog begins the log of an execution.
func (o *observer) startLog() {
	o.ring = o.e.logs.start(o.id, o.e.store.NewLog(o.id.Path, o.id.Name, o.e.now()))
}

// logName names the log of an execution in its record: of a quiet one the log that
// it leaves in place, "" when the execution was never started.
func (o *observer) logName() string {
	r := o.ring
	if r == nil && o.quiet {
		r = o.e.logs.of(o.id)
	}
	if r == nil {
		return ""
	}
	return filepath.Base(r.name)
}

package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// Unchanged is a scenario that need not be executed: it passed, and nothing that
// its verdict depends on has changed since.
type Unchanged struct {
	ID       ScenarioID
	PassedAt time.Time
	row      *Scenario // as its recorded run is judged now
}

// Reason is a scenario that has to be executed, and why.
type Reason struct {
	ID  ScenarioID
	Why string
}

// SplitUnchanged parts scenarios into those that have to be executed and those
// that passed when they were last executed and whose template, dependencies,
// build inputs and images are as they were. A scenario whose last run failed, was
// flaky, was not hermetic or is not recorded is executed, and so is one that uses a
// service that runs elsewhere. Of a file with expectations over several
// scenarios, all are or none.
func (e *Engine) SplitUnchanged(ctx context.Context, ids []ScenarioID) (run []Reason, unchanged []Unchanged) {
	now := e.present(ctx)
	why := map[ScenarioID]string{}
	same := map[ScenarioID]Unchanged{}
	e.mu.Lock()
	for _, en := range e.entries {
		for _, f := range filesOf(en.kept) {
			if en.sound {
				e.splitFile(en, f, ids, now, why, same)
			}
		}
	}
	e.mu.Unlock()
	for _, id := range ids {
		if u, ok := same[id]; ok && why[id] == "" {
			unchanged = append(unchanged, u)
		} else {
			run = append(run, Reason{id, why[id]})
		}
	}
	return run, unchanged
}

// splitFile decides about the scenarios of one file. The caller holds e.mu.
func (e *Engine) splitFile(en *entry, f *spec.File, ids []ScenarioID, now present, why map[ScenarioID]string, same map[ScenarioID]Unchanged) {
	var asked []ScenarioID
	var recs []*store.Record
	together := "" // why all have to be executed
	for _, sc := range f.Scenarios {
		id := ScenarioID{en.path, sc.Name}
		rec, err := e.store.Load(id.Path, id.Name)
		reason := ""
		if err != nil {
			reason = err.Error()
		} else {
			reason = e.differs(en, f, sc, rec, now)
		}
		if reason == "" {
			same[id] = Unchanged{ID: id, PassedAt: rec.At, row: e.recordedRow(en, f, sc, rec)}
			recs = append(recs, rec)
		} else {
			why[id] = reason
			together = fmt.Sprintf("it is judged together with %q: %s", sc.Name, reason)
		}
		if slices.Contains(ids, id) {
			asked = append(asked, id)
		}
	}
	if !fileScoped(f) {
		return
	}
	if together == "" {
		if r := judgeFile(f, recs, en.secrets); r.Verdict != VerdictPass {
			together = "the expectations of the file do not hold over the recorded runs"
		}
	}
	for _, id := range asked {
		if why[id] == "" {
			why[id] = together
		}
	}
}

// differs says why a scenario has to be executed; empty when it passed and all is
// as it was then. The caller holds e.mu.
func (e *Engine) differs(en *entry, f *spec.File, sc *spec.Scenario, rec *store.Record, now present) string {
	switch {
	case rec == nil:
		return "there is no recorded run"
	case rec.Verdict != VerdictPass.String():
		return "its last run did not pass: " + rec.Verdict
	case rec.Flaky:
		return "its last pass was flaky"
	case rec.Evidence.Backend != now.backend:
		return "its last run was on another backend"
	case rec.Evidence.Hermetic && !now.hermetic:
		return "its last run was hermetic, and another would not be"
	case rec.SpecHash != f.Hash:
		return "its file changed"
	}
	if why := e.staleReason(en, f, rec); why != "" {
		return why
	}
	if why := rec.Evidence.Exceptions; len(why) > 0 {
		return "what it can reach may have changed, for its last run was not hermetic: " + why[0]
	}
	for _, s := range runner.Services(f, sc) {
		if s.Endpoint != "" {
			return "it uses " + s.Name + " at " + s.Endpoint + ", which may have changed"
		}
		for _, v := range s.Volumes {
			if v.Host != "" && !v.ReadOnly {
				return "it can write to " + v.Host + ", whose content is not tracked"
			}
		}
	}
	for _, c := range rec.Evidence.Containers {
		if why := untold(f, c, now); why != "" {
			return why
		}
	}
	if r := judge(f, sc, rec, en.secrets); r.Verdict != VerdictPass {
		return "its recorded run does not hold any more: " + r.Verdict.String()
	}
	return ""
}

// untold says what of a container cannot be told to be as it was; empty when all
// that matters can.
func untold(f *spec.File, c runner.Container, now present) string {
	svc := f.Service(c.Service)
	built := svc != nil && (svc.Package != "" || svc.Build != nil)
	switch {
	case c.Fingerprint == "" && (built || len(c.Inputs) > 0):
		return "it cannot be told whether what " + c.Service + " is built from changed"
	case c.Fingerprint == "" && c.Digest == "":
		return "it cannot be told whether the programs of " + c.Service + " changed: it ran on " + c.Image
	case c.Fingerprint == "" && now.image(c.Image) != c.Digest:
		return "the image " + c.Image + " is not the one of the recorded run"
	}
	for _, m := range c.Mounts {
		if m.ReadOnly && m.Fingerprint == "" {
			return "it cannot be told whether what " + c.Service + " sees at " + m.Container + " changed: it is too large, or not readable"
		}
	}
	return ""
}

// present is what scenarios would be executed with now.
type present struct {
	backend  string
	hermetic bool // whether the backend isolates from the host
	// image tells which image a name stands for; empty when that cannot be told,
	// so that a record of it does not count.
	image func(name string) string
}

func (e *Engine) present(ctx context.Context) present {
	b, err := e.openBackend()
	if err != nil { // what has to be run will tell
		return present{image: func(string) string { return "" }}
	}
	teller, ok := b.(runner.ImageTeller)
	if !ok {
		return present{b.Name(), b.Hermetic(), func(string) string { return "" }}
	}
	known := map[string]string{}
	return present{b.Name(), b.Hermetic(), func(name string) string {
		id, met := known[name]
		if !met {
			id, _ = teller.ImageID(ctx, name) // without an answer the scenario is run, and tells
			known[name] = id
		}
		return id
	}}
}

// recordedRow is the row of a scenario as its recorded run is judged now.
func (e *Engine) recordedRow(en *entry, f *spec.File, sc *spec.Scenario, rec *store.Record) *Scenario {
	s := rowOf(en, sc, sc.Name, nil)
	s.Run = &ScenarioRun{Steps: stepsOf(sc, en.secrets), Result: judge(f, sc, rec, en.secrets), TracedAt: rec.At, Trace: e.recordFolder(rec)}
	s.Verdict, s.Replayed = s.Run.Result.Verdict, true
	return &s
}

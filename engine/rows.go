package engine

import (
	"fmt"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner/local"
	"github.com/seanchatmangpt/clnrm-tui/engine/service"
	"github.com/seanchatmangpt/clnrm-tui/engine/settings"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// find returns a scenario by its name and the file that it belongs to.
func (en *entry) find(name string) (*spec.File, *spec.Scenario) {
	for _, f := range filesOf(en.kept) {
		for _, sc := range f.Scenarios {
			if sc.Name == name {
				return f, sc
			}
		}
	}
	return nil, nil
}

// rows derives the state of every scenario of a template from the file as it
// stands and the recorded runs.
func (e *Engine) rows(en *entry) []*Scenario {
	var out []*Scenario
	for _, k := range en.kept {
		f := k.file()
		b := newRowBuilder(f, k, en.secrets)
		for _, sc := range f.Scenarios {
			s := b.row(en, sc)
			e.derive(en, f, sc, s)
			out = append(out, s)
		}
		if fileScoped(f) {
			out = append(out, e.fileRow(en, f))
		}
	}
	return slices.Clip(out)
}

// derive fills in the state of one scenario, whose row says what is declared.
func (e *Engine) derive(en *entry, f *spec.File, sc *spec.Scenario, s *Scenario) {
	old := findScenario(en.shown, s.ID)
	rec := en.records[sc.Name]
	lines := e.logs.total(s.ID)
	if rec == nil && lines == 0 && (old == nil || old.Run == nil) {
		return // it never ran
	}
	run := ScenarioRun{LogLines: lines}
	var last ScenarioRun
	if old != nil {
		last = old.Last()
		run.Since = last.Since
	}
	switch _, running := en.active[sc.Name]; {
	case running && old != nil:
		s.Verdict = old.Verdict
		run.Queue, run.Attempt, run.Progress, run.Steps = last.Queue, last.Attempt, last.Progress, last.Steps
		run.Expected, run.Uses = last.Expected, last.Uses
	case rec != nil:
		e.recorded(en, f, sc, rec, s, &run, last)
	case old != nil && old.Verdict == VerdictInterrupted:
		s.Verdict = VerdictInterrupted
	}
	s.Run = &run
}

// recorded fills in what the recorded run of a scenario says. last is what was known
// before.
func (e *Engine) recorded(en *entry, f *spec.File, sc *spec.Scenario, rec *store.Record, s *Scenario, run *ScenarioRun, last ScenarioRun) {
	run.TracedAt, run.Trace = rec.At, e.recordFolder(rec)
	if reason := e.staleReason(en, f, rec); reason != "" {
		s.Stale, run.StaleReason = true, reason
		s.Verdict = parseVerdict(rec.Verdict)
		if last.Result != nil {
			run.Result, s.Verdict, run.Steps = last.Result, last.Result.Verdict, last.Steps
		}
		return
	}
	run.Result = judge(f, sc, rec, en.secrets)
	s.Verdict = run.Result.Verdict
	s.Replayed = en.fresh[sc.Name] != f.Hash
	run.Steps = stepsOf(sc, en.secrets)
	recordedSteps(run.Steps, rec)
	for i := range run.Steps {
		run.Steps[i].Message = en.secrets.String(run.Steps[i].Message)
	}
}

// staleReason says why a recorded run no longer speaks for the scenario; empty
// while it does.
func (e *Engine) staleReason(en *entry, f *spec.File, rec *store.Record) string {
	switch {
	case !en.sound:
		return "the template has errors"
	case rec.RunHash != f.RunHash:
		return en.secrets.String(changedRun(f, rec))
	case rec.Masked && en.comparesSecrets(f):
		return "an expectation compares a secret, and the recorded run has none"
	}
	if why := e.ground.differs(&rec.Evidence); why != "" {
		return why
	}
	image := e.set.Load().Text(settings.DefaultImage)
	for _, c := range rec.Evidence.Containers {
		if runner.IsDefault(f, c.Service) && c.Image != image && rec.Evidence.Backend != local.Name { // which has no images
			return "the default image is another one than that of the run"
		}
		for _, src := range c.Sources() {
			if service.Fingerprint(src.Inputs, e.pipeline.files.hash) != src.Fingerprint {
				return src.What + " changed since the run"
			}
		}
	}
	return ""
}

// changedRun says what of the definition of a scenario changed since its recorded
// run. The record holds the images; of the rest it holds a sum.
func changedRun(f *spec.File, rec *store.Record) string {
	for _, c := range rec.Evidence.Containers {
		if rec.Evidence.Backend == local.Name || c.Fingerprint != "" || runner.IsDefault(f, c.Service) {
			continue
		}
		switch s := f.Service(c.Service); {
		case s == nil:
			return fmt.Sprintf("service %s of the run is not there any more", c.Service)
		case s.Image != "" && s.Image != c.Image:
			return fmt.Sprintf("the image of %s changed since the run, from %s to %s", c.Service, c.Image, s.Image)
		}
	}
	return "services or commands changed since the run"
}

// comparesSecrets reports whether an expectation of a file compares with one of
// its secrets.
func (en *entry) comparesSecrets(f *spec.File) bool {
	return mentionsSecret(en.secrets, f.Expect) || slices.ContainsFunc(f.Scenarios, func(sc *spec.Scenario) bool {
		return mentionsSecret(en.secrets, sc.Expect)
	})
}

// fileRow derives the row of file-level expectations over several scenarios. It
// has a verdict only when every scenario has a recorded run that still speaks
// for it.
func (e *Engine) fileRow(en *entry, f *spec.File) *Scenario {
	s := &Scenario{ID: ScenarioID{Path: en.path, Name: FileScope + f.Cell}, Line: int32(f.Expect.Pos.Line)}
	var run ScenarioRun
	var recs []*store.Record
	fresh := true
	for _, sc := range f.Scenarios {
		rec := en.records[sc.Name]
		if rec == nil || en.active[sc.Name] != nil {
			return s
		}
		s.Run = &run
		if run.TracedAt.IsZero() || rec.At.Before(run.TracedAt) {
			run.TracedAt = rec.At
		}
		if reason := e.staleReason(en, f, rec); reason != "" {
			s.Stale, run.StaleReason = true, reason
			if old := findScenario(en.shown, s.ID); old != nil && old.Last().Result != nil {
				run.Result, s.Verdict = old.Last().Result, old.Last().Result.Verdict
			}
			return s
		}
		fresh = fresh && en.fresh[sc.Name] == f.Hash
		recs = append(recs, rec)
	}
	run.Result = judgeFile(f, recs, en.secrets)
	s.Verdict, s.Replayed, run.TracedAt = run.Result.Verdict, !fresh, run.Result.At
	return s
}

// recordedSteps fills in what a recorded run says of each step. The run hash is
// the same, so the steps are.
func recordedSteps(steps []Step, rec *store.Record) {
	for i := range min(len(steps), len(rec.Steps)) {
		r, s := &rec.Steps[i], &steps[i]
		s.ExitCode, s.Duration, s.Message, s.Attempts = r.ExitCode, r.Duration, r.Message, r.Attempts
		switch {
		case r.OK:
			s.Verdict = VerdictPass
		case r.Ran:
			s.Verdict = VerdictFail
		default:
			s.Verdict = VerdictSkipped
		}
	}
}

// absent reports whether a template is known to hold no scenario of that name:
// its present content has no errors, and all of it is looked at.
func (e *Engine) absent(path, scenario string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[path]
	return en != nil && en.sound && len(e.opts.Matrix) == 0 && findScenario(en.shown, ScenarioID{Path: path, Name: scenario}) == nil
}

func findScenario(t *Template, id ScenarioID) *Scenario {
	if t == nil {
		return nil
	}
	for _, s := range t.Scenarios {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func parseVerdict(word string) Verdict {
	for v := VerdictNone; v <= VerdictInterrupted; v++ {
		if v.String() == word {
			return v
		}
	}
	return VerdictNone
}

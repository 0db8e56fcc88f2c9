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
	for _, f := range filesOf(en.kept) {
		b := newRowBuilder(f)
		for _, sc := range f.Scenarios {
			out = append(out, e.row(en, f, sc, b))
		}
		if fileScoped(f) {
			out = append(out, e.fileRow(en, f))
		}
	}
	return out
}

// row derives the state of one scenario.
func (e *Engine) row(en *entry, f *spec.File, sc *spec.Scenario, b *rowBuilder) *Scenario {
	s := b.row(en, f, sc)
	id := s.ID
	s.LogLines = e.logs.total(id)
	old := findScenario(en.shown, id)
	if old != nil {
		s.Since = old.Since
	}
	if _, running := en.active[sc.Name]; running && old != nil {
		s.Verdict, s.Queue, s.Attempt, s.Progress, s.Steps = old.Verdict, old.Queue, old.Attempt, old.Progress, old.Steps
		s.Expected, s.Uses = old.Expected, old.Uses
		return s
	}
	rec := en.records[sc.Name]
	if rec == nil {
		if old != nil && old.Verdict == VerdictInterrupted {
			s.Verdict = VerdictInterrupted
		}
		return s
	}
	s.TracedAt, s.Trace = rec.At, e.recordFolder(rec)
	if reason := e.staleReason(en, f, rec); reason != "" {
		s.Stale, s.StaleReason = true, reason
		s.Verdict = parseVerdict(rec.Verdict)
		if old != nil && old.Result != nil {
			s.Result, s.Verdict, s.Steps = old.Result, old.Result.Verdict, old.Steps
		}
		return s
	}
	s.Result = judge(f, sc, rec, en.secrets)
	s.Verdict = s.Result.Verdict
	s.Replayed = en.fresh[sc.Name] != f.Hash
	recordedSteps(s.Steps, rec)
	for i := range s.Steps {
		s.Steps[i].Message = en.secrets.String(s.Steps[i].Message)
	}
	return s
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
	s := &Scenario{ID: ScenarioID{Path: en.path, Name: FileScope + f.Cell}, Line: f.Expect.Pos.Line}
	var recs []*store.Record
	fresh := true
	for _, sc := range f.Scenarios {
		rec := en.records[sc.Name]
		if rec == nil || en.active[sc.Name] != nil {
			return s
		}
		if s.TracedAt.IsZero() || rec.At.Before(s.TracedAt) {
			s.TracedAt = rec.At
		}
		if reason := e.staleReason(en, f, rec); reason != "" {
			s.Stale, s.StaleReason = true, reason
			if old := findScenario(en.shown, s.ID); old != nil && old.Result != nil {
				s.Result, s.Verdict = old.Result, old.Result.Verdict
			}
			return s
		}
		fresh = fresh && en.fresh[sc.Name] == f.Hash
		recs = append(recs, rec)
	}
	s.Result = judgeFile(f, recs, en.secrets)
	s.Verdict, s.Replayed, s.TracedAt = s.Result.Verdict, !fresh, s.Result.At
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

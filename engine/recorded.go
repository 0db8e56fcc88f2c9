package engine

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/artifact"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// InvalidError says that a test file has errors: exit status 1.
type InvalidError struct {
	File        string            // as the user typed it
	Diagnostics []diag.Diagnostic // with paths as typed; at least one error
}

func (e *InvalidError) Error() string { return e.File + " has errors" }

// UnrecordedError says that there is no recorded run that speaks for a file as
// it stands: exit status 1.
type UnrecordedError struct{ What string }

func (e *UnrecordedError) Error() string { return e.What }

// sound returns the decoded file at a path that Scan has met. One with errors
// is an *InvalidError; one whose matrix leaves several tests a *RequestError.
func (e *Engine) sound(path string) (*spec.File, error) {
	rel := e.ProjectPath(path)
	e.mu.Lock()
	defer e.mu.Unlock()
	en := e.entries[rel]
	if en == nil {
		return nil, &RequestError{path + " is not a test file"}
	}
	if !en.sound {
		return nil, &InvalidError{path, e.typedAll(en.shown.Diagnostics)}
	}
	if len(en.kept) > 1 {
		var cells []string
		for _, f := range filesOf(en.kept) {
			cells = append(cells, f.Cell)
		}
		return nil, &RequestError{fmt.Sprintf("%s has %d combinations; choose one with --matrix: %s", path, len(cells), strings.Join(cells, " "))}
	}
	return en.kept[0].file(), nil
}

// records loads the recorded run of every scenario of a file, from the artifacts
// of the scenario when the store has none. A scenario without one, or with one that no longer speaks for it, is an
// *UnrecordedError: the file may promise what no run has shown.
func (e *Engine) records(f *spec.File) ([]*store.Record, error) {
	e.mu.Lock()
	en := e.entries[f.Path]
	e.mu.Unlock()
	out := make([]*store.Record, 0, len(f.Scenarios))
	for _, sc := range f.Scenarios {
		rec, err := e.store.Load(f.Path, sc.Name)
		if rec == nil && err == nil {
			rec, err = e.kept(f, sc)
		}
		if err != nil {
			return nil, &UnrecordedError{err.Error()}
		}
		if rec == nil {
			return nil, &UnrecordedError{fmt.Sprintf("there is no recorded run of %q: run %s first, or name a trace", sc.Name, e.TypedPath(f.Path))}
		}
		out = append(out, rec)
	}
	e.holdImages(out)
	for _, rec := range out {
		if why := e.staleReason(en, f, rec); why != "" {
			return nil, &UnrecordedError{fmt.Sprintf("the recorded run of %q does not speak for %s any more (%s): run it again, or name a trace", rec.Scenario, e.TypedPath(f.Path), why)}
		}
	}
	if len(out) == 0 {
		return nil, &UnrecordedError{e.TypedPath(f.Path) + " has no scenario that could have been run"}
	}
	return out, nil
}

// recordedRuns tells which runs were used and how old they are.
func (e *Engine) recordedRuns(recs []*store.Record) (folders string, runs []report.RecordedRun) {
	names := make([]string, 0, len(recs))
	for _, rec := range recs {
		r := report.RecordedRun{
			Scenario: rec.Scenario, At: rec.At, AgeMS: e.now().Sub(rec.At).Milliseconds(),
			Folder: e.recordFolder(rec), Backend: rec.Evidence.Backend, Hermetic: rec.Evidence.Hermetic,
		}
		names = append(names, r.Folder)
		runs = append(runs, r)
	}
	return strings.Join(names, ", "), runs
}

// kept is the run that left the artifacts of a scenario, as the store would have
// it; nil when there are none, or none of the spans that are judged.
func (e *Engine) kept(f *spec.File, sc *spec.Scenario) (*store.Record, error) {
	folder, err := artifact.Find(e.artifacts(), f.Path, sc.Name)
	if folder == nil || err != nil {
		return nil, err
	}
	declared, self := channels(f, sc)
	var spans []trace.Span
	for _, a := range sc.Artifacts {
		which, ok := strings.CutPrefix(a, "spans:")
		if own := which == "self"; !ok || own && !self || !own && !declared {
			continue
		}
		data, err := folder.Read(spansFile(which))
		if data == nil || err != nil {
			return nil, err
		}
		more, _, err := trace.ReadFile(data, false)
		if err != nil {
			return nil, fmt.Errorf("artifacts in %s: %w", folder.Dir, err)
		}
		spans = append(spans, more...)
		if which == "self" {
			self = false // it is here
		} else {
			declared = false
		}
	}
	if declared || self {
		return nil, nil
	}
	head, err := folder.Read(runFile)
	if head == nil || err != nil {
		return nil, err
	}
	rec, err := store.FromHead(head)
	if err != nil {
		return nil, fmt.Errorf("artifacts in %s: %w", folder.Dir, err)
	}
	rec.Spans, rec.Folder = spans, filepath.ToSlash(folder.Dir)
	return rec, nil
}

// recordFolder is where a recorded run lies: relative to the project when it is
// in there.
func (e *Engine) recordFolder(rec *store.Record) string {
	folder := e.TypedPath(cmp.Or(rec.Folder, filepath.ToSlash(e.store.Folder(rec.Path, rec.Scenario))))
	if rel, err := filepath.Rel(e.opts.Dir, folder); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return folder
}

// recordedSpans are the spans that file-level expectations are judged over: those
// of all scenarios together.
func recordedSpans(f *spec.File, recs []*store.Record) []trace.Span {
	var own, spans []trace.Span
	for i, rec := range recs {
		for _, s := range judgedSpans(f, f.Scenarios[i], rec) {
			if s.Source.Kind == "self" {
				own = append(own, s)
			} else {
				spans = append(spans, s)
			}
		}
	}
	if len(recs) > 1 {
		own = runner.JoinSelf(own)
	}
	return append(own, spans...)
}

// table is one expectation table of a file and the spans that it is about.
type table struct {
	scenario string // "" for the table of the file
	expect   *spec.Expect
}

// tables lists the expectation tables of a file.
func tables(f *spec.File) []table {
	var out []table
	if f.Expect != nil {
		out = append(out, table{"", f.Expect})
	}
	for _, sc := range f.Scenarios {
		if sc.Expect != nil {
			out = append(out, table{sc.Name, sc.Expect})
		}
	}
	return out
}

// selects tells which of spans a table is about; nil for all. When no span says
// which scenario it comes from, the table of a scenario is about all of them.
func (t table) selects(spans []trace.Span) func(*trace.Span) bool {
	if t.scenario == "" || !slices.ContainsFunc(spans, func(s trace.Span) bool { return s.Source.Scenario != "" }) {
		return nil
	}
	return func(s *trace.Span) bool { return s.Source.Scenario == t.scenario }
}

// fromChannels selects the spans of a trace that a file's expectations are about.
// A trace from elsewhere is about all of them; where it is a recorded run, the
// runner's own spans count as they do after a run.
func fromChannels(f *spec.File, spans []trace.Span) []trace.Span {
	own := 0
	for i := range spans {
		if spans[i].Source.Kind == "self" {
			own++
		}
	}
	if own == 0 || own == len(spans) {
		return spans
	}
	recs := make([]store.Record, len(f.Scenarios))
	for _, s := range spans {
		i := max(0, slices.IndexFunc(f.Scenarios, func(sc *spec.Scenario) bool { return sc.Name == s.Source.Scenario }))
		if i < len(recs) {
			recs[i].Spans = append(recs[i].Spans, s)
		}
	}
	var out []trace.Span
	for i, sc := range f.Scenarios {
		out = append(out, judgedSpans(f, sc, &recs[i])...)
	}
	return out
}

// judgeOptions are those of every judgement over a file.
func judgeOptions(f *spec.File, looked ...string) expect.Options {
	o := expect.Options{Looked: looked}
	for _, s := range f.Services {
		o.InternalHosts = append(o.InternalHosts, s.Name)
	}
	return o
}

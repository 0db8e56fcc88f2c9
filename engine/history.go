package engine

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// RunRecord is one run in the history of a scenario.
type RunRecord struct {
	ID       string // names the run among those of its scenario
	At       time.Time
	Duration time.Duration
	Verdict  Verdict
	Failure  string // what failed first; empty for a pass
	Digest   string // of the normalised spans, lower hex
	SpecHash string // of the test as it was
	RunHash  string // of what decides how the scenario runs
	Spans    int    // that were judged
	Attempts int    // executions until this verdict, at least 1
	Flaky    bool   // it passed, but not at the first attempt
	Repeats  int    // executions when it was to be repeated, else 0; Failed of them did not pass
	Failed   int
	Backend  string
	Hermetic bool
	Images   []Container // service, image and digest of each
}

// History returns the runs of a scenario that are remembered, the oldest first,
// those of other processes included; when one of theirs is the newest, the
// template is judged again over it. It is cheap enough to be called for every
// frame: what was read once is kept. The list is shared; do not change it.
func (e *Engine) History(id ScenarioID) []RunRecord {
	runs, err := e.store.Runs(id.Path, id.Name)
	if err != nil {
		e.emitLater(Noticed{Level: diag.Warning, Text: err.Error()})
	}
	if len(runs) == 0 {
		return nil
	}
	e.pastMu.Lock()
	defer e.pastMu.Unlock()
	if known := e.past[id]; len(known) == len(runs) && known[0].ID == runs[0].ID && known[len(known)-1].ID == runs[len(runs)-1].ID {
		return known
	}
	out := make([]RunRecord, len(runs))
	for i := range runs {
		out[i] = runRecord(&runs[i])
	}
	e.past[id] = out
	e.tookOver(id, out[len(out)-1].At)
	return out
}

// emitLater hands over an event without waiting: the caller may be what takes
// events in.
func (e *Engine) emitLater(ev Event) { e.background(func() { e.emit(ev) }) }

func runRecord(r *store.Run) RunRecord {
	out := RunRecord{
		ID: r.ID, At: r.At, Duration: r.Duration, Verdict: parseVerdict(r.Verdict), Failure: r.Failure, Digest: r.Digest,
		SpecHash: r.SpecHash, RunHash: r.RunHash, Spans: r.Spans, Attempts: max(1, r.Attempts), Flaky: r.Flaky,
		Repeats: r.Repeats, Failed: r.Failures, Backend: r.Backend, Hermetic: r.Hermetic,
	}
	for _, i := range r.Images {
		out.Images = append(out.Images, Container{Service: i.Service, Image: i.Name, Digest: i.Digest})
	}
	return out
}

// Contradicts reports whether two runs of the very same test, in the same images
// on the same backend, came to different verdicts. What one backend cannot do and
// another can is no contradiction, and neither is a program that was mended.
func (r *RunRecord) Contradicts(before *RunRecord) bool {
	return r.Verdict != before.Verdict && r.SpecHash == before.SpecHash && r.RunHash == before.RunHash &&
		r.Backend == before.Backend && !otherImages(r.Images, before.Images)
}

// otherImages reports whether a service that both lists name ran in two images. A
// service that only one names may not have come as far as that.
func otherImages(a, b []Container) bool {
	for i := range a {
		for k := range b {
			if a[i].Service == b[k].Service && a[i].Digest != b[k].Digest {
				return true
			}
		}
	}
	return false
}

// Stability says how reliable the verdicts of a scenario are.
type Stability struct {
	Runs, Passed int
	Flaky        int // runs that passed, but not at the first attempt or not every time
	// Flips are changes of the verdict between two runs of the very same test in
	// the same images on the same backend: nothing that the tool knows of had changed.
	Flips int
	// P50 and P95 are durations of the runs that passed; 0 without one.
	P50, P95 time.Duration
}

// StabilityOf sums up a history.
func StabilityOf(runs []RunRecord) Stability {
	s := Stability{Runs: len(runs)}
	var took []time.Duration
	for i := range runs {
		r := &runs[i]
		if r.Verdict == VerdictPass {
			s.Passed++
			took = append(took, r.Duration)
		}
		if r.Flaky || r.Failed > 0 && r.Failed < r.Repeats {
			s.Flaky++
		}
		if i > 0 && r.Contradicts(&runs[i-1]) {
			s.Flips++
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		q := func(f float64) time.Duration { return took[int(f*float64(len(took)-1)+0.5)] }
		s.P50, s.P95 = q(0.50), q(0.95)
	}
	return s
}

// recentRuns is how many of the last runs an estimate is taken over.
const recentRuns = 8

// expected is how long a scenario will take by the median of its last runs, and
// by how much they differ from it; 0 when nothing is known. One run alone says
// nothing of how much others vary: a quarter is assumed.
func (e *Engine) expected(id ScenarioID) (typical, spread time.Duration) {
	runs, err := e.store.Runs(id.Path, id.Name)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return 0, 0
	}
	if len(runs) < 2 { // or recorded before there was a history
		d, _ := e.store.Duration(id.Path, id.Name)
		return d, d / 4
	}
	var took []time.Duration
	for _, r := range runs[max(0, len(runs)-recentRuns):] {
		took = append(took, r.Duration)
	}
	slices.Sort(took)
	typical = took[len(took)/2]
	var off float64
	for _, d := range took {
		off += math.Pow(float64(d-typical), 2)
	}
	return typical, time.Duration(math.Sqrt(off / float64(len(took))))
}

package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// maxNameDeltas bounds what a comparison of two runs lists.
const maxNameDeltas = 100

// RunDelta says how the spans of two runs of a scenario differ.
type RunDelta struct {
	// Names are the span names that differ in number or in time, those that
	// differ in number first, then by how much the time differs.
	Names []NameDelta
	Same  int    // names that occur as often in both
	Lost  string // why the spans of a run are not at hand; "" when both are
}

// NameDelta is one span name in two runs: how often it occurs, and how long its
// spans took together.
type NameDelta struct {
	Name             string
	Older, Newer     int
	OldTime, NewTime time.Duration
}

// CompareRuns compares the spans of two runs of the history of a scenario, by
// their RunRecord.ID; false while that is being prepared, after which a new
// snapshot is published.
func (e *Engine) CompareRuns(id ScenarioID, older, newer string) (*RunDelta, bool) {
	e.mu.Lock()
	var hide *secret.Set
	if en := e.entries[id.Path]; en != nil {
		hide = en.secrets
	}
	e.mu.Unlock()
	return e.deltas.get(id, [2]string{older, newer}, func() (*RunDelta, int) {
		return e.compareRuns(id, older, newer, hide), 1
	}, e.prepare)
}

// prepare works something out in the background and has readers look again.
func (e *Engine) prepare(work func()) {
	e.background(func() {
		work()
		e.emit(prepared{})
	})
}

func (e *Engine) compareRuns(id ScenarioID, older, newer string, hide *secret.Set) *RunDelta {
	var recs [2]*store.Record
	for i, run := range []string{older, newer} {
		rec, err := e.store.Past(id.Path, id.Name, run)
		switch {
		case err != nil:
			return &RunDelta{Lost: err.Error()}
		case rec == nil:
			return &RunDelta{Lost: "the spans of a run that long ago are not kept"}
		}
		recs[i] = rec
	}
	return compareSpans(recs[0], recs[1], hide)
}

// compareSpans compares by name what two runs recorded.
func compareSpans(older, newer *store.Record, hide *secret.Set) *RunDelta {
	by := map[string]*NameDelta{}
	count := func(rec *store.Record, n func(*NameDelta) (*int, *time.Duration)) {
		for i := range rec.Spans {
			name := hide.String(rec.Spans[i].Name)
			if by[name] == nil {
				by[name] = &NameDelta{Name: name}
			}
			times, total := n(by[name])
			*times++
			if ns, known := rec.Spans[i].Duration(); known {
				*total += time.Duration(ns)
			}
		}
	}
	count(older, func(d *NameDelta) (*int, *time.Duration) { return &d.Older, &d.OldTime })
	count(newer, func(d *NameDelta) (*int, *time.Duration) { return &d.Newer, &d.NewTime })
	out := &RunDelta{}
	for _, d := range by {
		if d.Older == d.Newer {
			out.Same++
		}
		if d.Older != d.Newer || d.OldTime != d.NewTime {
			out.Names = append(out.Names, *d)
		}
	}
	slices.SortFunc(out.Names, func(a, b NameDelta) int {
		return cmp.Or(
			cmp.Compare(differs(b), differs(a)),
			cmp.Compare((b.NewTime-b.OldTime).Abs(), (a.NewTime-a.OldTime).Abs()),
			cmp.Compare(a.Name, b.Name))
	})
	out.Names = out.Names[:min(len(out.Names), maxNameDeltas)]
	return out
}

// differs is 1 when a name does not occur as often in both runs.
func differs(d NameDelta) int {
	if d.Older != d.Newer {
		return 1
	}
	return 0
}

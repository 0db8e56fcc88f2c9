package engine

import (
	"slices"
	"strings"
	"time"
)

// maxNotices bounds the notices that a snapshot carries.
const maxNotices = 50

// state is the fold of all events so far. It is owned by the engine's loop;
// snapshots share its immutable parts.
type state struct {
	now       func() time.Time
	snap      Snapshot
	templates []*Template // sorted by path
	shared    bool        // templates is also held by a published snapshot
	notices   uint64
}

func newState(root string, now func() time.Time) *state {
	return &state{now: now, snap: Snapshot{Root: root, Started: now()}}
}

// snapshot returns the state as an immutable value with the next number.
func (s *state) snapshot() *Snapshot {
	s.snap.Seq++
	out := s.snap
	out.Templates = s.templates
	s.shared = true
	return &out
}

// apply folds one event.
func (s *state) apply(ev Event) {
	switch ev := ev.(type) {
	case Watching:
		s.snap.Ready = true
	case Changed:
		s.snap.Cache.Unchanged += int64(ev.Unchanged)
	case Checked:
		s.put(ev.Template)
	case Diffed:
		s.putDiff(ev)
	case Removed:
		s.remove(ev.Path)
	case RunStarted:
		if !s.snap.Run.Active {
			s.snap.Run = RunStatus{Active: true, Started: s.now(), Containers: s.snap.Run.Containers, Limit: s.snap.Run.Limit}
		}
		s.snap.Run.Total += len(ev.Scenarios)
	case ScenarioChanged:
		s.putScenario(ev.Scenario)
	case ScenarioFinished:
		s.putScenario(ev.Scenario)
		if !ev.Scenario.ID.IsFile() {
			s.snap.Run.Done++
		}
	case RunFinished:
		if s.snap.Run.Active && s.snap.Run.Done >= s.snap.Run.Total {
			s.snap.Run.Active = false
			s.snap.Run.Elapsed = s.now().Sub(s.snap.Run.Started)
		}
	case BackendProbed:
		s.snap.Backend = ev.Status
	case WatchStatusChanged:
		s.snap.Watch = ev.Status
	case LatencyMeasured:
		s.snap.Latency = ev.Latency
	case StagesMeasured:
		s.snap.Stages = ev.Stages
	case CacheMeasured:
		unchanged := s.snap.Cache.Unchanged
		s.snap.Cache = ev.Stats
		s.snap.Cache.Unchanged = unchanged
	case SettingsChanged:
		s.snap.Settings = ev.Settings
	case courseSet:
		s.snap.Course = ev.course
	case Noticed:
		s.notices++
		n := Notice{Seq: s.notices, At: s.now(), Level: ev.Level, Text: ev.Text}
		s.snap.Notices = append(slices.Clone(s.snap.Notices[max(0, len(s.snap.Notices)-maxNotices+1):]), n)
	case logsGrew:
		for id, n := range ev.lines {
			if sc := s.scenario(id); sc != nil && sc.Last().LogLines != n {
				c, run := *sc, sc.Last()
				run.LogLines = n
				c.Run = &run
				s.putScenario(&c)
			}
		}
	}
}

// find returns the index of the template with that path, or where it belongs.
func (s *state) find(path string) (int, bool) {
	return slices.BinarySearchFunc(s.templates, path, func(t *Template, p string) int { return strings.Compare(t.Path, p) })
}

// own makes the slice of templates ours to change: readers of snapshots keep
// the one they have.
func (s *state) own() {
	if s.shared {
		s.templates = slices.Clone(s.templates)
		s.shared = false
	}
}

// put replaces or inserts a template. An older generation than the one shown is
// dropped.
func (s *state) put(t *Template) {
	i, found := s.find(t.Path)
	if found && s.templates[i].Generation > t.Generation {
		return
	}
	s.own()
	if found {
		s.snap.Counts.add(s.templates[i], -1)
		s.templates[i] = t
	} else {
		s.templates = slices.Insert(s.templates, i, t)
	}
	s.snap.Counts.add(t, +1)
}

func (s *state) remove(path string) {
	if i, found := s.find(path); found {
		s.snap.Counts.add(s.templates[i], -1)
		s.own()
		s.templates = slices.Delete(s.templates, i, i+1)
	}
}

func (s *state) scenario(id ScenarioID) *Scenario {
	i, found := s.find(id.Path)
	if !found {
		return nil
	}
	for _, sc := range s.templates[i].Scenarios {
		if sc.ID == id {
			return sc
		}
	}
	return nil
}

// putDiff gives a known template what its last save did.
func (s *state) putDiff(ev Diffed) {
	if i, found := s.find(ev.Path); found {
		t := *s.templates[i]
		t.Diff = ev.Diff
		s.put(&t)
	}
}

// putScenario replaces a scenario of a known template; one that the template no
// longer has is dropped.
func (s *state) putScenario(sc *Scenario) {
	i, found := s.find(sc.ID.Path)
	if !found {
		return
	}
	t := *s.templates[i]
	k := slices.IndexFunc(t.Scenarios, func(x *Scenario) bool { return x.ID == sc.ID })
	if k < 0 {
		return
	}
	t.Scenarios = slices.Clone(t.Scenarios)
	t.Scenarios[k] = sc
	s.put(&t)
}

// add counts a template in (by = 1) or out (by = -1).
func (c *Counts) add(t *Template, by int) {
	c.Templates += by
	switch t.Status {
	case CheckOK:
		c.OK += by
	case CheckWarning:
		c.Warnings += by
	case CheckError:
		c.Errors += by
	}
	for _, sc := range t.Scenarios {
		c.Scenarios += by
		switch {
		case sc.Verdict == VerdictQueued:
			c.Queued += by
		case sc.Verdict == VerdictRunning:
			c.Running += by
		case sc.Stale:
			c.Stale += by
		case sc.Verdict == VerdictPass:
			c.Passed += by
		case sc.Verdict == VerdictFail, sc.Verdict == VerdictError:
			c.Failed += by
		case sc.Verdict == VerdictInterrupted:
			c.Stopped += by
		default:
			c.Never += by
		}
	}
}

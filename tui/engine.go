package tui

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// Engine is the engine as the dashboard sees it; *engine.Engine satisfies it.
// No method blocks for longer than a lookup: the dashboard calls them while it
// handles a key.
type Engine interface {
	// Snapshot returns the newest state. It is never nil and never changes.
	Snapshot() *engine.Snapshot
	// Changed is signalled after a new snapshot was published. It has room for
	// one signal; several changes may be one signal.
	Changed() <-chan struct{}
	// Log returns at most n lines of a scenario's output. from counts from 0
	// since the run started; a negative one counts from the end.
	Log(id engine.ScenarioID, from, n int) engine.LogWindow
	// Source returns the text of a template or macro file as it was checked
	// last, for code frames; nil when it is unknown. The path is relative to
	// the project.
	Source(path string) []byte
	// Spans returns what the last result of a scenario was judged over; false
	// while it is being prepared, which ends with a new snapshot.
	Spans(id engine.ScenarioID) (*engine.Spans, bool)
	// StrengthOf returns how many changes to its recorded spans a template would
	// notice; false while it is being measured, which ends with a new snapshot.
	StrengthOf(path string) (*engine.StrengthScore, bool)
	// ApplyFixes makes every certain change to a template; UndoFixes takes the
	// last ones back. What came of it arrives as a notice.
	ApplyFixes(path string)
	UndoFixes(path string) error
	// History returns the remembered runs of a scenario, the oldest first.
	History(id engine.ScenarioID) []engine.RunRecord
	// CompareRuns compares the spans of two of them; false while that is being
	// prepared, which ends with a new snapshot.
	CompareRuns(id engine.ScenarioID, older, newer string) (*engine.RunDelta, bool)
	// Run queues scenarios. An ID without a name means all scenarios of that
	// template. The error says why nothing can run and what to do about it.
	Run(ids []engine.ScenarioID) error
	// RunWith is Run with options of its own, such as repetitions.
	RunWith(ids []engine.ScenarioID, o engine.RunOptions) error
	// Forecast is how long scenarios take together by earlier runs, 0 where nothing
	// is known. It looks for each of them: not for many.
	Forecast(ids []engine.ScenarioID) time.Duration
	// Course is how runs go that are asked for without options, and SetCourse says
	// it; the next snapshot tells of it.
	Course() engine.RunOptions
	SetCourse(o engine.RunOptions) error
	// RunAll queues everything but manual suites.
	RunAll() error
	// RunFailed queues exactly the scenarios that failed.
	RunFailed() error
	// Stop cancels scenarios that run or wait; nil means all of them.
	Stop(ids []engine.ScenarioID) error
	// Recheck checks one template again, whether or not it changed.
	Recheck(path string)
	// SetWatching pauses watching, or goes on and checks what changed since.
	SetWatching(on bool)
	// Expect says that a scenario is likely to run next.
	Expect(id engine.ScenarioID)
	// Shown says that the snapshot with that number reached the screen, for the
	// time from save to screen.
	Shown(seq uint64, at time.Time)
}

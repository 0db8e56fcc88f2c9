package engine

import (
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/template"
)

// Snapshot is the whole state at one moment, folded from events by one
// reducer. It is immutable: readers keep it as long as they like, without
// locks. Templates and scenarios that did not change are shared by pointer
// between snapshots, so a pointer comparison tells whether a row changed.
type Snapshot struct {
	Seq       uint64
	Root      string // absolute path of the project
	Base      string // the deepest folder of Root that holds all templates asked for; "" for Root itself
	Started   time.Time
	Ready     bool // the first pass over all templates is complete
	Templates []*Template
	Counts    Counts
	Cache     CacheStats
	Latency   Latency
	Stages    []StageStats // what saves cost, stage by stage; none before the first save
	Watch     WatchStatus
	Run       RunStatus
	Backend   BackendStatus
	Settings  *Settings  // of the surface; never nil, replaced when a settings file changes
	Course    RunOptions // of runs that are asked for without options, see Engine.Course
	Notices   []Notice   // newest last, bounded
}

// Counts are the totals that the header shows.
type Counts struct {
	Templates, OK, Warnings, Errors         int
	Scenarios, Passed, Failed, Stale, Never int // Failed includes errors
	Running, Queued                         int
	Stopped                                 int // by the user, before there was a verdict
}

// CheckStatus is the verdict of the dry run of one template.
type CheckStatus uint8

// The states of a template.
const (
	CheckPending CheckStatus = iota
	CheckOK
	CheckWarning
	CheckError
)

// String returns the word that machine-readable output uses.
func (s CheckStatus) String() string {
	return [...]string{"pending", "ok", "warning", "error"}[s]
}

// Template is one test file.
type Template struct {
	Path        string // relative to Root, with slashes
	Generation  uint64 // counts the changes of this file
	Status      CheckStatus
	Name        string   // meta.name, "" when it did not decode
	Tags        []string // of the header, in file order
	Diagnostics []diag.Diagnostic
	Timing      Timing
	Cache       CacheOutcome
	CheckedAt   time.Time
	Manual      bool // kept out of "run all": meta.manual = true
	Deps        []string
	Scenarios   []*Scenario
	// Diff is what the last sound save did to the expectations; nil until the
	// file is saved soundly for the second time. Diff.Generation tells of which
	// save it speaks: the newest may still be compared, or have errors.
	Diff *TemplateDiff
}

// Timing says how long each stage of the dry run took.
type Timing struct {
	Read, Hash, Render, Parse, Validate, Total time.Duration
}

// CacheOutcome says whether the render cache served a template and, if not, why.
type CacheOutcome struct {
	Hit    bool
	Reason string // "first seen", "content changed", "_macros.toml.tera changed", …
}

// Verdict is the verdict of a scenario or a step.
type Verdict uint8

// The verdicts. Only Pass is green; a replayed pass is shown as replayed.
const (
	VerdictNone Verdict = iota // never run, no recorded trace
	VerdictQueued
	VerdictRunning
	VerdictPass
	VerdictFail
	VerdictError
	VerdictSkipped
	VerdictInterrupted
)

// String returns the word that machine-readable output uses.
func (v Verdict) String() string {
	return [...]string{"none", "queued", "running", "pass", "fail", "error", "skipped", "interrupted"}[v]
}

// Done reports whether v is final.
func (v Verdict) Done() bool { return v >= VerdictPass }

// ScenarioID names a scenario: the template's path and the scenario's name.
// A name that begins with FileScope stands for the file-level expectations of a
// file with several scenarios.
type ScenarioID struct{ Path, Name string }

// IsFile reports whether id stands for the file-level expectations of a file.
func (id ScenarioID) IsFile() bool { return strings.HasPrefix(id.Name, FileScope) }

// FileScope is the name of the row that judges file-level expectations over
// all scenarios of a file that has more than one; the label of a combination of
// the matrix follows it.
const FileScope = "[expect]"

// Result is the outcome of a run or replay of one scenario.
type Result struct {
	Verdict  Verdict
	Duration time.Duration
	At       time.Time
	Judged   int // expectations and step conditions judged
	Spans    int
	Events   int
	Errors   int // spans whose status is ERROR
	Sources  []string
	Checks   []Check
	Message  string // for VerdictError: what went wrong
	// Environment says that the machine, not the test, is at fault.
	Environment bool
	Evidence    Evidence
	Digest      string // of the normalised spans, lower hex
	SpecHash    string
	Telemetry   string // loss or incompleteness, in words; empty when all arrived

	// Artifacts is the folder of what the scenario collected, relative to the root;
	// "" when it collects nothing.
	Artifacts string

	// Attempts is how often the scenario was executed until this result; Flaky says
	// that it passed, but not at the first attempt. Earlier are those before.
	Attempts int
	Flaky    bool
	Earlier  []Attempt
	// Repeats is how often it was executed when it was to be repeated, Failed how
	// many of them did not pass; the result is the worst of them. 0 otherwise.
	Repeats, Failed int
}

// Attempt is an execution of a scenario that was followed by another.
type Attempt struct {
	At       time.Time
	Duration time.Duration
	Verdict  Verdict
	Cause    string // "infrastructure", "readiness", "telemetry" or "assertion"
	Message  string // what failed first
}

// FirstFailure returns the first check that failed, or nil.
func (r *Result) FirstFailure() *Check {
	if r == nil {
		return nil
	}
	for i := range r.Checks {
		if !r.Checks[i].OK && !r.Checks[i].Unjudged {
			return &r.Checks[i]
		}
	}
	return nil
}

// FirstMessage says what went wrong first; "" when nothing did.
func (r *Result) FirstMessage() string {
	if r == nil {
		return ""
	}
	if c := r.FirstFailure(); c != nil {
		return c.Message
	}
	return r.Message
}

// Check is one judged rule of a result, of an expectation or a step condition.
type Check struct {
	Rule string
	OK   bool
	// Unjudged says that the rule could not be judged because an earlier one
	// failed: there are no spans at all, or none of that name. OK is false then.
	Unjudged bool
	Pos      diag.Position
	Message  string
	Spans    []string
	Explain  []string
	Note     string
}

// Evidence says what was executed where.
type Evidence struct {
	Backend    string
	Hermetic   bool
	Network    string
	Containers []Container
	Proof      string   // what a probe from inside found about the network
	Subnet     string   // the scenario's own network; "" without one
	Faults     []string // that were injected on purpose
	Exceptions []string // why it was not hermetic, beside what Backend means
}

// Container is one container of a run.
type Container = report.Container

// CacheStats are the counters of the render cache.
type CacheStats struct {
	Hits, Misses, Evictions int64
	Entries, Capacity       int
	Bytes                   int64
	Unchanged               int64 // saves that did not change a hash
	Reasons                 map[string]int64
	Far                     []FarCache // the stores behind the memory, nearest first
	Templates               []TemplateCache
}

// TemplateCache is what the template engine keeps of texts, so that a rendering
// whose variables have changed does not begin with parsing.
type TemplateCache = template.Cache

// FarCache are the counters of a store behind the memory since the start.
type FarCache struct {
	Label        string // without passwords
	Hits, Misses int64
	Damaged      int64  // records that were not what was written
	Dropped      int64  // renderings that were not written, because too many waited
	Problem      string // why it is bypassed; "" while it works
}

// HitRate is hits/(hits+misses) in 0..1; 0 when nothing was asked.
func (c CacheStats) HitRate() float64 {
	if n := c.Hits + c.Misses; n > 0 {
		return float64(c.Hits) / float64(n)
	}
	return 0
}

// Latency is the time from a save on disk to the verdict on the screen.
type Latency struct {
	Samples       int
	P50, P95, Max time.Duration
	// Histogram counts the last samples: Histogram[i] is how many took less than
	// LatencyBound(i) and not less than the bound before; the last one has all
	// that took longer.
	Histogram [LatencyBuckets]int
}

// WatchStatus says how changes are seen.
type WatchStatus struct {
	Mode      string // "inotify", "poll", "mixed", "paused", "off"
	Dirs      int
	Missed    int64 // changes that only the sweep found
	Overflows int64
	Problem   string // a limit that was reached, with the way out
}

// RunStatus is the state of the current or last run.
type RunStatus struct {
	Active     bool
	Total      int
	Done       int
	Started    time.Time
	Elapsed    time.Duration // when not active
	Containers int
	Limit      int // of containers
	// MemoryMB is the memory that the running scenarios may use, MemoryLimitMB the
	// most that may be handed out; MeasuredMB is what is really in use of the
	// machine, -1 when nothing measures it.
	MemoryMB, MemoryLimitMB, MeasuredMB int
	// UsedMB is the memory that the containers use by the last measurements.
	UsedMB int
	// Due is when the run will have ended by the durations of earlier ones, their
	// spread included; zero when nothing is known or nothing runs.
	Due time.Time
}

// ETA is how long the run takes still; 0 when it is late or nothing is known.
func (r *RunStatus) ETA(now time.Time) time.Duration {
	if r.Due.IsZero() {
		return 0
	}
	return max(0, r.Due.Sub(now))
}

// Late is how long ago the run should have ended; 0 while it is not late and where
// nothing is known.
func (r *RunStatus) Late(now time.Time) time.Duration {
	if r.Due.IsZero() {
		return 0
	}
	return max(0, now.Sub(r.Due))
}

// use notes what the scheduler has handed out.
func (r *RunStatus) use(u runner.Usage) {
	r.Containers, r.Limit = u.Promised.Containers, u.Limit.Containers
	r.MemoryMB, r.MemoryLimitMB, r.MeasuredMB = u.Promised.MemoryMB, u.Limit.MemoryMB, u.MeasuredMB
}

// BackendStatus says whether scenarios can be run.
type BackendStatus struct {
	Name    string
	Known   bool // false until the first probe has answered
	OK      bool
	Shared  bool   // scenarios share this machine: what they show is not hermetic
	Problem string // what is missing and how to get it
}

// Notice is a fact that must reach the user once: a toast in the dashboard, a
// line on standard error elsewhere.
type Notice struct {
	Seq   uint64
	At    time.Time
	Level diag.Severity
	Text  string
}

// LogLine is one line of output of a scenario.
type LogLine struct {
	At      time.Time
	Service string
	Step    string // "" for the service's own process
	Stream  string // "stdout", "stderr" or "clnrm" for what the runner did
	Text    string // without line break; raw bytes of the program
}

// LogWindow is a part of a scenario's log.
type LogWindow struct {
	First   int // number of Lines[0], counting from 0 since the run started
	Total   int // lines since the run started; older ones may be in the file only
	Lines   []LogLine
	File    string // the complete log on disk; "" when there is none
	Version uint64
}

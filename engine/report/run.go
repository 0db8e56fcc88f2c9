package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// RunSchema names the version of the object that Run encodes to.
const RunSchema = "clnrm.run/1"

// Verdict is the verdict of a run, a scenario or a step.
type Verdict string

// The verdicts. A run as a whole is Pass, Fail or Error.
const (
	Pass        Verdict = "pass"
	Fail        Verdict = "fail"        // something was judged and does not hold
	Error       Verdict = "error"       // it could not be carried out or judged
	Skipped     Verdict = "skipped"     // deliberately not executed
	Interrupted Verdict = "interrupted" // stopped by the user
)

// Run is the result of a run. Make it with NewRun: it derives the verdict, the
// digest and the counts from the scenarios.
type Run struct {
	Schema    string     `json:"schema"`
	Verdict   Verdict    `json:"verdict"`
	Backend   string     `json:"backend"`    // "docker" or "local"
	Hermetic  bool       `json:"hermetic"`   // false: a scenario was not apart from everything else
	ElapsedMS int64      `json:"elapsed_ms"` // wall clock, milliseconds
	Digest    string     `json:"digest"`     // of the scenarios' digests, lower hex; "" when there is none
	Problem   string     `json:"problem,omitempty"`
	Shard     string     `json:"shard,omitempty"` // "1/4": this run was one part of the suite
	Plan      string     `json:"plan,omitempty"`  // names the division: the parts of one suite have the same
	Scenarios []Scenario `json:"scenarios"`
	Summary   Summary    `json:"summary"`
}

// Scenario is the result of one scenario.
type Scenario struct {
	File         string        `json:"file"`           // relative to the project, with slashes
	Test         string        `json:"test,omitempty"` // the name that the file gives itself
	Name         string        `json:"name"`
	SpecHash     string        `json:"spec_hash"` // of the rendered file, lower hex
	Digest       string        `json:"digest"`    // of the normalised spans, lower hex
	Verdict      Verdict       `json:"verdict"`
	Message      string        `json:"message,omitempty"` // why it is error, skipped or interrupted
	Attempts     int           `json:"attempts"`
	Flaky        bool          `json:"flaky"`             // passed, but not at the first attempt
	Earlier      []Attempt     `json:"earlier,omitempty"` // the attempts before the last
	Repeats      int           `json:"repeats,omitempty"` // executions when it was to be repeated; the result is the worst of them
	Failed       int           `json:"failed,omitempty"`  // of the repetitions
	DurationMS   int64         `json:"duration_ms"`
	Steps        []Step        `json:"steps"`
	Judged       int           `json:"judged"` // expectations and step conditions judged
	Counts       Counts        `json:"counts"`
	FirstFailure *FirstFailure `json:"first_failure"` // null when nothing failed
	Failures     []Failure     `json:"failures"`
	Rules        []Rule        `json:"rules,omitempty"` // every rule that was judged, in the order of judging
	Evidence     *Evidence     `json:"evidence,omitempty"`
	Artifacts    string        `json:"artifacts,omitempty"` // folder of what it collected
	TracedAt     *time.Time    `json:"traced_at,omitempty"` // when what was judged was executed
	Replayed     bool          `json:"replayed,omitempty"`  // judged again over a recorded run, nothing was executed
	Trace        string        `json:"trace,omitempty"`     // folder of the recorded run that a replayed or stale verdict is of
	// Unchanged says that it was skipped because it passed at TracedAt and nothing
	// that its verdict depends on has changed since.
	Unchanged   bool   `json:"unchanged,omitempty"`
	Stale       bool   `json:"stale,omitempty"` // the file or its inputs changed since: the verdict is of the past
	StaleReason string `json:"stale_reason,omitempty"`

	// Checks is every judged rule, in the order of judging; the source of
	// Judged, Rules, FirstFailure and Failures.
	Checks []Check `json:"-"`
}

// Attempt is an execution of a scenario that was followed by another.
type Attempt struct {
	Verdict    Verdict `json:"verdict"`
	DurationMS int64   `json:"duration_ms"`
	Cause      string  `json:"cause"`   // why there was another: "infrastructure", "readiness", "telemetry" or "assertion"
	Message    string  `json:"message"` // what failed first
}

// Step is the result of one step.
type Step struct {
	Name       string  `json:"name"`
	Verdict    Verdict `json:"verdict"`
	ExitCode   int     `json:"exit_code"` // -1 when a signal ended it
	DurationMS int64   `json:"duration_ms"`
	Stdout     string  `json:"stdout"`
	Stderr     string  `json:"stderr"`
	Message    string  `json:"message,omitempty"`  // why it failed
	Attempts   int     `json:"attempts,omitempty"` // executions of a step that was retried
	// StartError says why the program could not be started at all: "no such file".
	StartError string `json:"start_error,omitempty"`
}

// Counts says how much telemetry was judged.
type Counts struct {
	Spans  int `json:"spans"`
	Events int `json:"events"`
	Errors int `json:"errors"` // spans whose status is ERROR
}

// FirstFailure is the first rule that failed, in the order of judging.
type FirstFailure struct {
	Rule    string   `json:"rule"`
	Spans   []string `json:"spans"`
	Message string   `json:"message"`
}

// Failure is a rule that failed, with the place of the expectation in the file
// that the user edits.
type Failure struct {
	Rule    string   `json:"rule"`
	Spans   []string `json:"spans"`
	Message string   `json:"message"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Column  int      `json:"column,omitempty"`
	Explain []string `json:"explain,omitempty"` // lines of a small tree, nearest candidate first
}

// Rule is one judged rule by its name; what failed is told of in Failures.
type Rule struct {
	Rule string `json:"rule"`
	OK   bool   `json:"ok"`
	Note string `json:"note,omitempty"` // as that of Check
}

// Check is one judged rule.
type Check struct {
	Failure
	OK   bool
	Note string // for a pass with a relaxation, for example "2 UNSET spans accepted as OK"
}

// Evidence says what was executed where.
type Evidence struct {
	Backend    string      `json:"backend"`
	Hermetic   bool        `json:"hermetic"`
	Network    string      `json:"network"` // "none", "sealed", …
	Containers []Container `json:"containers"`
	Proof      string      `json:"network_proof,omitempty"` // what a probe from inside found about the network
	Subnet     string      `json:"subnet,omitempty"`        // the scenario's own network, as a prefix
	Faults     []string    `json:"faults,omitempty"`        // that were injected on purpose
	Exceptions []string    `json:"exceptions,omitempty"`    // why it was not hermetic, beside what the backend means
	Sources    []string    `json:"sources"`                 // where the judged spans came from, for example "otlp shop"
}

// Container is one container of a scenario.
type Container struct {
	Service string `json:"service"`
	ID      string `json:"id"`
	Image   string `json:"image"`
	Digest  string `json:"digest"` // image id, sha256:…
	// Way is how its processes were run: "agent", "sidecar" or "exec"; Because says
	// why it was not the first, and Missing what that does not give.
	Way     string   `json:"way,omitempty"`
	Because string   `json:"because,omitempty"`
	Missing []string `json:"missing,omitempty"`
	User    string   `json:"user,omitempty"`
	// Mounts are the directories and files of the host that it saw, Tmpfs its
	// directories in memory.
	Mounts       []Mount         `json:"mounts,omitempty"`
	Tmpfs        []string        `json:"tmpfs,omitempty"`
	ReadOnlyRoot bool            `json:"read_only_root,omitempty"`
	Limits       ContainerLimits `json:"limits,omitzero"`
}

// Apart says how a container was run that did not have the agent as its process 1,
// and why; "" for all others.
func (c Container) Apart() string {
	if c.Way == "" || c.Way == "agent" {
		return ""
	}
	return c.Way + " (" + c.Because + ")"
}

// Mount is a directory or file of the host inside a container.
type Mount struct {
	Host      string `json:"host"`
	Container string `json:"container"`
	ReadOnly  bool   `json:"read_only"`
}

// ContainerLimits are the limits that were in force; zero means none.
type ContainerLimits struct {
	MemoryMB      int `json:"memory_mb,omitempty"`
	CPUMillicores int `json:"cpu_millicores,omitempty"`
	Pids          int `json:"pids,omitempty"`
	// By says what enforces them, where that is not the container engine.
	By string `json:"by,omitempty"`
}

// Summary counts scenarios. Errors includes interrupted ones, so that the four
// kinds add up to Scenarios.
type Summary struct {
	Scenarios int `json:"scenarios"`
	Passed    int `json:"passed"`
	Failed    int `json:"failed"`
	Errors    int `json:"errors"`
	Skipped   int `json:"skipped"`
	// Unchanged of the skipped ones passed before, with everything as it is now.
	Unchanged int `json:"unchanged,omitempty"`
	Flaky     int `json:"flaky,omitempty"` // of those that passed
}

// NewRun makes the report of a run out of its scenarios, whose order it keeps.
// Judged, Failures and FirstFailure of every scenario are derived from its
// Checks. isolated says that the backend keeps scenarios apart from the machine; a
// run in which one of them was not hermetic is not hermetic either. problem says what failed in the environment, "" when nothing did.
func NewRun(backend string, isolated bool, elapsed time.Duration, problem string, scenarios []Scenario) *Run {
	r := &Run{
		Schema: RunSchema, Backend: backend, Hermetic: isolated && hermetic(scenarios),
		ElapsedMS: elapsed.Milliseconds(), Problem: problem,
		Scenarios: make([]Scenario, 0, len(scenarios)),
	}
	for _, s := range scenarios {
		s.Complete()
		r.Scenarios = append(r.Scenarios, s)
		r.Summary.add(&s)
	}
	r.Verdict = r.Summary.verdict(problem)
	r.Digest = digest(r.Scenarios)
	return r
}

// Complete derives Judged, Rules, Failures and FirstFailure from Checks and replaces
// nil lists by empty ones, which JSON shows as [].
func (s *Scenario) Complete() {
	if s.Stale && s.Verdict == Pass { // nothing is green that is out of date, whoever reads it
		s.Verdict, s.Message = Skipped, "it passed, and is out of date: "+orText(s.StaleReason, "what it depends on changed")
		s.Checks = nil // they prove nothing about what is there now
	}
	s.Judged = len(s.Checks)
	s.Steps = orEmpty(s.Steps)
	s.Failures, s.Rules = []Failure{}, nil
	s.FirstFailure = nil
	for _, c := range s.Checks {
		s.Rules = append(s.Rules, Rule{c.Rule, c.OK, c.Note})
		if c.OK {
			continue
		}
		f := c.Failure
		f.Spans = orEmpty(f.Spans)
		s.Failures = append(s.Failures, f)
	}
	if len(s.Failures) > 0 {
		f := s.Failures[0]
		s.FirstFailure = &FirstFailure{Rule: f.Rule, Spans: f.Spans, Message: f.Message}
	}
	if s.Evidence != nil {
		e := *s.Evidence
		e.Containers, e.Sources = orEmpty(e.Containers), orEmpty(e.Sources)
		s.Evidence = &e
	}
}

func (s *Summary) add(sc *Scenario) {
	s.Scenarios++
	if sc.Verdict == Skipped && sc.Unchanged {
		s.Unchanged++
	}
	switch sc.Verdict {
	case Pass:
		s.Passed++
		if sc.Flaky {
			s.Flaky++
		}
	case Fail:
		s.Failed++
	case Skipped:
		s.Skipped++
	default:
		s.Errors++
	}
}

// verdict is Pass only when something passed and nothing did not: a run that
// executed nothing proved nothing, unless all of it was proved before and is
// unchanged.
func (s Summary) verdict(problem string) Verdict {
	switch {
	case problem != "" || s.Errors > 0:
		return Error
	case s.Failed > 0:
		return Fail
	case s.Passed == 0 && (s.Unchanged == 0 || s.Unchanged < s.Scenarios):
		return Error
	default:
		return Pass
	}
}

// digest is the SHA-256 over the digests of the scenarios in the order of file
// and name, so that it does not depend on which one ended first.
func digest(scenarios []Scenario) string {
	ordered := slices.Clone(scenarios)
	slices.SortStableFunc(ordered, func(a, b Scenario) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Name, b.Name))
	})
	sum := sha256.New()
	any := false
	for i := range ordered {
		if s := &ordered[i]; s.Digest != "" {
			any = true
			fmt.Fprintf(sum, "%q %q %s\n", s.File, s.Name, s.Digest)
		}
	}
	if !any {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

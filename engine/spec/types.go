package spec

import (
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// Pos is where a value stands in the file that the user edits.
type Pos = diag.Position

// File is one decoded test file. It is immutable after Decode.
type File struct {
	Path       string // as given to Decode
	Cell       string // label of the combination of the matrix, "[db=x,os=a]"; set by the caller of Decode
	Generation string // "v0.3", "v0.4" or "v1.0": which header the file carries; "" when none
	Name       string
	NamePos    Pos
	Version    string
	VersionPos Pos
	Descr      string
	Tags       []string // in file order; the dashboard filters by them

	Services    []*Service  // in file order
	Scenarios   []*Scenario // top-level [[steps]] become the first scenario, named "steps"
	Expect      *Expect     // nil when the file has no [expect]
	Otel        *Otel       // nil when the file has no [otel]
	Limits      Limits
	Network     NetworkLevel // [isolation] network; of scenarios that name none
	NetworkPos  Pos
	Determinism Determinism
	Report      Report
	Assertions  []Assertion
	Manual      bool // meta.manual = true: run only when selected by hand or named

	// Hash is the SHA-256 of the canonicalised rendered document (sorted keys),
	// in lower hex: the spec_hash of reports.
	Hash string
	// RunHash covers what decides how scenarios execute (services, scenarios,
	// limits, otel, determinism) and not the expectations: a recorded trace
	// stays valid for replay while RunHash is unchanged.
	RunHash string

	loc    Locator // what positions came from, for Source
	text   []byte
	skip   int
	places map[Pos]span
	again  map[Pos][]span // further ways to the same place; nil for most files
}

// Source returns what a diagnostic about a position of this file shows: the
// number of characters to underline, the text of the line, and the chain of
// macro calls and includes that led there. A place that was reached in several ways
// has all their chains, as alternatives: which one a value came by is not known, and
// the first one may be wrong. pos must come from a value of f.
func (f *File) Source(pos Pos) (width int, line string, via []diag.Frame) {
	at, ok := f.places[pos]
	if !ok {
		return 0, "", nil
	}
	_, line, via = f.loc.Locate(at.off + f.skip)
	if more := f.again[pos]; len(more) > 0 {
		via = slices.Clone(via)
		for _, at := range more {
			_, _, other := f.loc.Locate(at.off + f.skip)
			other = slices.Clone(other)
			other[0].What = "or " + other[0].What
			via = append(via, other...)
		}
	}
	return underline(f.text, at, line, pos.Column), line, via
}

// Service returns the service with that name, or nil.
func (f *File) Service(name string) *Service {
	for _, s := range f.Services {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Scenario is one [[scenario]], or the top-level [[steps]] of a v0.4 file.
type Scenario struct {
	Name         string
	Pos          Pos
	Service      string // container in which Run and the steps execute; "" means the default image
	ServicePos   Pos
	Steps        []*Step       // `run` is the first step, named "run"
	Timeout      time.Duration // 0 means the default of the run
	Artifacts    []string      // "spans:default", "logs:stdout", …
	ArtifactsPos Pos
	Expect       *Expect        // [scenario.expect]; nil when absent
	Outputs      []OutputExpect // [[expect.output]]: each is searched in what the steps print
	Policy       *Policy        // nil when the scenario has none
	Chaos        []*Chaos       // faults injected while steps run
	Network      NetworkLevel   // "" means that of the file
	NetworkPos   Pos
	Implicit     bool // made of top-level [[steps]]
}

// OutputExpect is one [[expect.output]]: RE2, searched in the trimmed standard
// output of all steps of a scenario together, in the order of the steps.
type OutputExpect struct {
	Pattern string
	Pos     Pos
}

// Policy is the policy of a scenario. max_execution_time has become part of
// Scenario.Timeout.
type Policy struct {
	Pos           Pos
	SecurityLevel string // low, medium or high; every scenario is isolated as for high
	LevelPos      Pos
	MaxMemoryMB   int // bounds each container; 0 means no bound of its own
	MemoryPos     Pos
	MaxCPU        float64  // bounds each container to this share of the machine's processors, 0..1; 0 means no bound of its own
	Disallowed    []string // programs, or beginnings of commands, that no step may run
	DisallowedPos Pos
	Hosts         []string // allowed_network_hosts
	HostsPos      Pos

	maxTime time.Duration
}

// Step is one command of a scenario.
type Step struct {
	Name            string
	Pos             Pos
	Command         []string // argv as executed
	CommandPos      Pos
	Service         string // overrides the scenario's service; "" means the scenario's
	ServicePos      Pos
	Workdir         string
	Env             []EnvVar
	Timeout         time.Duration // 0 means bounded by the scenario only
	ExitCode        int           // expected_exit_code, default 0
	ExitCodePos     Pos
	Regex           string // expected_output_regex, RE2, searched in trimmed stdout
	RegexPos        Pos
	RegexNot        string // expected_output_regex_not
	RegexNotPos     Pos
	Contains        string // expected_output_contains
	ContainsPos     Pos
	ContinueOnError bool // continue_on_failure: go on, the test is still red
	MustFail        bool // should_fail: any exit status but 0
	MustFailPos     Pos
	MayFail         bool // allow_failure: any exit status; no condition, so it is nothing that was asked for
	MayFailPos      Pos
	Retries         int           // further executions while a condition does not hold
	RetryDelay      time.Duration // before each of them
	Concurrent      bool          // runs beside its concurrent neighbours
	DependsOn       []string      // steps before it that must have passed
	DependsOnPos    Pos
	Bare            bool // made of the `run` of the scenario, which takes no conditions
}

// Otel is the [otel] table.
type Otel struct {
	Pos         Pos
	Exporter    string // "stdout", "otlp", "otlp-http", "otlp-grpc", "none", …
	ExporterPos Pos
	Endpoint    string
	Protocol    string
	ProtocolPos Pos
	SampleRatio float64 // default 1
	RatioPos    Pos
	Resources   []EnvVar // resource attributes, in file order
}

// Determinism is the [determinism] table.
type Determinism struct {
	Seed        *uint64
	FreezeClock string // RFC 3339
	FreezePos   Pos
}

// Report is the [report] table: files that `run` writes, relative to the
// project root; empty means not asked for.
type Report struct{ JSON, JUnit, HTML, Digest string }

// Assertion is one key of the closed set of [assertions].
type Assertion struct {
	Pos  Pos
	Name string // one of the Assert constants
	Min  int    // for AssertCommands: so many steps must have been executed
}

// The assertions that are judged. AssertHermetic becomes part of File.Expect.
// AssertCommands is decided by package check: a scenario passes only when every
// command of it was executed, so a smaller number than the file has always holds
// and a larger one never. The others restate what a verdict of pass means.
const (
	AssertCommands  = "container_should_have_executed_commands"
	AssertHermetic  = "execution_should_be_hermetic"
	AssertSucceeded = "all_commands_should_succeed"
	AssertSteps     = "all_steps_should_pass"
	AssertScenarios = "all_scenarios_should_pass"
	AssertNoFailed  = "no_failed_assertions"
)

package runner

import (
	"context"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Backend brings the services of a scenario up, executes steps in them, streams
// what they print and emit, and takes everything down again. Implementations
// are safe for concurrent use.
type Backend interface {
	// Name is the word that reports and --backend use: "docker" or "local".
	Name() string
	// Hermetic reports whether scenarios are isolated from the host.
	Hermetic() bool
	// Ready says whether the backend can run anything now. A failure is an
	// *EnvironmentError that names what is missing and how to get it.
	Ready(ctx context.Context) error
	// Prepare makes what r needs and what outlives one scenario: the agent,
	// built images. It is single-flight and cached by content; Open calls it.
	Prepare(ctx context.Context, r Request) error
	// Open starts the services of one scenario, fresh, and waits until each is
	// ready. On failure everything it started is gone when it returns.
	Open(ctx context.Context, r Request, out Sink) (Session, error)
	// Close takes down whatever is left of this backend's run, then returns.
	Close(ctx context.Context) error
}

// Session is the set of containers (or processes) of one attempt at one
// scenario. Close must be called exactly once; it is safe after any failure.
type Session interface {
	// Exec runs one command in a service and waits for its end, its deadline or
	// the end of ctx; in the latter two cases the whole process tree is killed
	// before Exec returns. The error reports that the command could not be
	// executed at all; an exit status is not an error.
	Exec(ctx context.Context, c Command) (Exit, error)
	// Finish ends the services in order (TERM, then KILL after grace) so that
	// exporters flush, and waits until every accepted span has been handed to
	// the Sink. It reports services that had died before.
	Finish(ctx context.Context, grace time.Duration) (Telemetry, error)
	// Evidence says what was executed where. It is complete after Open.
	Evidence() Evidence
	// Close removes containers and networks.
	Close(ctx context.Context) error
}

// Sink receives what a session streams. Calls for one service come in order;
// different services call concurrently. Byte slices are only valid during the
// call.
type Sink interface {
	// Output is output of a service's own process (step "") or of a step.
	Output(service, step string, stream Stream, p []byte)
	// Spans is one OTLP trace payload as the agent received it.
	Spans(service string, p Payload)
	// Progress tells what Open and Prepare are doing, for example
	// "building ./cmd/shop" or "waiting for health check of db (2/3)".
	Progress(text string)
}

// Stream is stdout or stderr.
type Stream uint8

// The output streams of a process.
const (
	Stdout Stream = iota + 1
	Stderr
)

// Payload is the body of one accepted OTLP export request, already
// decompressed.
type Payload struct {
	JSON bool // OTLP/JSON, else protobuf
	Body []byte
}

// Request describes one attempt at one scenario.
type Request struct {
	RunID    string // labels everything that is created
	Dir      string // directory of the test file: base of relative paths
	File     *spec.File
	Scenario *spec.Scenario
	Services []*spec.Service // those the scenario needs, dependencies first; never empty
	Limits   spec.Limits
}

// Command is one step to execute.
type Command struct {
	Service string
	Step    string // name, as Sink.Output repeats it
	Argv    []string
	Env     []spec.EnvVar // on top of the service's
	Workdir string
	Timeout time.Duration // 0 means bounded by ctx only
}

// Exit is how a command ended.
type Exit struct {
	Code     int    // exit status; -1 when a signal ended it
	Signal   string // "SIGKILL", …; empty when it exited
	TimedOut bool
	OOM      bool
	// StartError is set when the program could not be started at all, for
	// example "no such file or directory"; Code is then 127 or 126.
	StartError string
	// Lingering is set when something that the command started still held its
	// output a moment after its end. It runs on until Finish; what it prints
	// still comes as output of the step, after Exec has returned.
	Lingering bool
	Duration  time.Duration
}

// Telemetry accounts for what arrived, so that loss is never mistaken for
// absence.
type Telemetry struct {
	Requests int64
	Rejected int64 // malformed or over a limit; any makes the run an error
	Dropped  int64 // accepted by the agent and not delivered; any makes the run an error
	Complete bool  // every emitting process ended and the agent was drained
	Detail   string
	// Died are the services whose own process had ended in failure before it was
	// asked to end: what they had not exported is lost, and what they were there
	// for was not.
	Died []Death `json:",omitempty"`
}

// Death is the end of a service that nobody asked for.
type Death struct {
	Service string
	How     string // "exited with status 3", "was killed by SIGSEGV", …
	Log     string // the end of its output
}

// Evidence is the proof of execution that a verdict of pass must carry.
type Evidence struct {
	Backend  string `json:"backend"`
	Hermetic bool   `json:"hermetic"`
	Network  string `json:"network"` // "none", "sealed", …
	// Subnet is the scenario's own network as a prefix, "10.1.2.0/28"; empty
	// without one. Addresses in it are services of the test.
	Subnet     string      `json:"subnet,omitempty"`
	Containers []Container `json:"containers"`
}

// Container is one container of a session.
type Container struct {
	Service string `json:"service"`
	ID      string `json:"id"`
	Image   string `json:"image"`
	Digest  string `json:"digest"` // image id, sha256:…
	Agent   bool   `json:"agent"`  // false when the image could not take the agent
	// Inputs are the files, and with a trailing slash the directories of Go
	// files, that the image was built from for this run; Fingerprint is theirs.
	Inputs      []string `json:"inputs,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
}

// EnvironmentError says that the machine, not the test, is at fault: exit
// status 3. Remedy is a sentence that tells how to get what is missing.
type EnvironmentError struct {
	What   string
	Remedy string
	Err    error
}

func (e *EnvironmentError) Error() string {
	s := e.What
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Remedy != "" {
		s += " (" + e.Remedy + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *EnvironmentError) Unwrap() error { return e.Err }

// ServiceError says that a service of the test did not come up: the test is at
// fault. Log is the end of the service's output.
type ServiceError struct {
	Service string
	What    string // what was awaited and what came instead
	Log     string
	Pos     spec.Pos
}

func (e *ServiceError) Error() string { return "service " + e.Service + ": " + e.What }

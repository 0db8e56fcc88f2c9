package runner

import (
	"cmp"
	"context"
	"fmt"
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

// ImageTeller is implemented by backends that know which image a name stands for.
type ImageTeller interface {
	// ImageID returns the id of the image that a name stands for now, sha256:…;
	// empty when there is none on this machine. It fetches nothing.
	ImageID(ctx context.Context, name string) (string, error)
	// ImagesChanged calls changed at once, and then whenever a name may have come
	// to stand for another image, until ctx ends or it cannot be told any more. It
	// returns why; changed must not wait.
	ImagesChanged(ctx context.Context, changed func()) error
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
	// Beside is told, as soon as it is known, of what is needed beside the services;
	// nil when nobody counts.
	Beside func(Demand)
}

// LimitsOf returns the limits that the test asks for where svc runs: its own before
// those of all.
func (r Request) LimitsOf(svc *spec.Service) spec.Limits {
	l := r.File.ServiceLimits(r.Scenario, svc)
	l.CPUMillicores = cmp.Or(l.CPUMillicores, r.Limits.CPUMillicores)
	l.MemoryMB = cmp.Or(l.MemoryMB, r.Limits.MemoryMB)
	return l
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
	// OOM is set when the kernel killed a process of the container for want of
	// memory meanwhile, and the command did not succeed. MemoryLimit and
	// MemoryPeak are the container's then, in bytes; 0 where it cannot be told.
	OOM         bool
	MemoryLimit int64
	MemoryPeak  int64
	// StartError is set when the program could not be started at all, for
	// example "no such file or directory"; Code is then 127 or 126.
	StartError string
	// Lingering is set when something that the command started still held its
	// output a moment after its end. It runs on until Finish; what it prints
	// still comes as output of the step, after Exec has returned.
	Lingering bool
	Duration  time.Duration
}

// OutOfMemory says how a command ended whose OOM is set.
func (e Exit) OutOfMemory() string {
	how := "was killed: out of memory"
	if e.Signal == "" {
		how = fmt.Sprintf("exit status %d, after a process of it was killed: out of memory", e.Code)
	}
	if e.MemoryLimit > 0 {
		how += fmt.Sprintf(" (limit %d MiB", e.MemoryLimit>>20)
		if e.MemoryPeak > 0 {
			how += fmt.Sprintf(", peak %d MiB", e.MemoryPeak>>20)
		}
		how += ")"
	}
	return how
}

// Telemetry accounts for what arrived, so that loss is never mistaken for
// absence.
type Telemetry struct {
	Requests int64
	Rejected int64 // malformed or over a limit; any makes the run an error
	Dropped  int64 // accepted by the agent and not delivered; any makes the run an error
	// Spans are those that were accepted of them, Invalid those that have no
	// valid ids, and Over those beyond a limit; any but the first makes the run
	// an error.
	Spans   int64 `json:",omitempty"`
	Invalid int64 `json:",omitempty"`
	Over    int64 `json:",omitempty"`
	// Failed are lines in which an SDK says that spans could not be exported; any
	// makes the run an error.
	Failed int64 `json:",omitempty"`
	// Metrics and Logs are requests of the other signals: accepted, so that
	// exporters do not complain, and not kept.
	Metrics  int64 `json:",omitempty"`
	Logs     int64 `json:",omitempty"`
	Complete bool  // every emitting process ended by itself and the agent was drained
	Detail   string
	// Cut are, in words, the services of which something was killed that could have
	// had spans to export, which makes it incomplete but where a file takes none.
	// Unseen says that it is incomplete for another reason.
	Cut    []string `json:",omitempty"`
	Unseen bool     `json:",omitempty"`
	// Sources account for OTLP service by service, sorted by name.
	Sources []TelemetrySource `json:",omitempty"`
	// Died are the services whose own process had ended in failure before it was
	// asked to end: what they had not exported is lost, and what they were there
	// for was not.
	Died []Death `json:",omitempty"`
	// Restarted are the services that had more than one life, in the order in which
	// they were restarted.
	Restarted []Restart `json:",omitempty"`
}

// Restart is a service that was restarted by hand while the scenario ran.
type Restart struct {
	Service string
	How     string // "was ready again after 120ms", "was not ready again: …"
}

// TelemetrySource is what arrived from one service over OTLP.
type TelemetrySource struct {
	Service   string
	Requests  int64
	Spans     int64
	Malformed int64         `json:",omitempty"` // requests that could not be decoded
	Invalid   int64         `json:",omitempty"` // spans without valid ids
	Failed    int64         `json:",omitempty"` // lines that say that spans could not be exported
	Last      time.Duration // the last arrival, since the scenario started
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
	Network  string `json:"network"` // "none", "sealed", "internal", "open" or "host"
	// Subnet is the scenario's own network as a prefix, "10.1.2.0/28"; empty
	// without one. Addresses in it are services of the test.
	Subnet string `json:"subnet,omitempty"`
	// Proof is what a probe from inside each container found about the network.
	Proof string `json:"network_proof,omitempty"`
	// Exceptions say why the scenario was not hermetic, beside what Backend means.
	Exceptions []string `json:"exceptions,omitempty"`
	// Faults were injected on purpose, in words, each when it had been taken back.
	Faults     []string    `json:"faults,omitempty"`
	Containers []Container `json:"containers"`
}

// Container is one container of a session.
type Container struct {
	Service string `json:"service"`
	ID      string `json:"id"`
	Image   string `json:"image"`
	Digest  string `json:"digest"` // image id, sha256:…
	Agent   bool   `json:"agent"`  // false when the image could not take the agent
	// Way is how the service and its steps were run, Because why it was not
	// WayAgent, and Missing what it does not give then.
	Way     Way      `json:"way,omitempty"`
	Because string   `json:"because,omitempty"`
	Missing []string `json:"missing,omitempty"`
	// Inputs are the files, and with a trailing slash the directories of Go
	// files, that the image was built from for this run; Fingerprint is theirs.
	Inputs      []string `json:"inputs,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
	// User is who the processes ran as; "" means root.
	User         string          `json:"user,omitempty"`
	Mounts       []Mount         `json:"mounts,omitempty"`
	Tmpfs        []string        `json:"tmpfs,omitempty"`          // directories in memory
	ReadOnlyRoot bool            `json:"read_only_root,omitempty"` // the root file system could not be written to
	Limits       ContainerLimits `json:"limits"`
}

// Way is how the processes of a container are started and watched.
type Way string

// The ways.
const (
	// WayAgent has the agent as process 1 of the container.
	WayAgent Way = "agent"
	// WaySidecar leaves process 1 to the image: the agent that receives telemetry
	// is in a container that shares the network, and another one, which runs the
	// steps, is started beside process 1.
	WaySidecar Way = "sidecar"
	// WayExec is the same without an agent in the container: the engine executes
	// the steps.
	WayExec Way = "exec"
)

// ContainerLimits are the limits that were in force.
type ContainerLimits struct {
	MemoryMB      int `json:"memory_mb,omitempty"` // without swap
	CPUMillicores int `json:"cpu_millicores,omitempty"`
	Pids          int `json:"pids,omitempty"`
	// By says what enforces them, "cgroup v1" or "cgroup v2"; empty for containers,
	// whose engine does.
	By string `json:"by,omitempty"`
}

// Mount is a directory or file of the host that a container saw.
type Mount struct {
	Host      string `json:"host"` // absolute, symbolic links resolved
	Container string `json:"container"`
	ReadOnly  bool   `json:"read_only,omitempty"`
	// Inputs and Fingerprint are as those of Container. A mount that could be
	// written to has none: what the test itself changes does not make it stale.
	Inputs      []string `json:"inputs,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
}

// Source is what a container was made from: when its fingerprint is another now,
// the run no longer speaks for the test.
type Source struct {
	What        string // "what db is built from", "what db sees at /etc/conf"
	Inputs      []string
	Fingerprint string
}

// Sources lists what a container was made from and could be told to have changed.
func (c Container) Sources() []Source {
	var out []Source
	if c.Fingerprint != "" {
		out = append(out, Source{"what " + c.Service + " is built from", c.Inputs, c.Fingerprint})
	}
	for _, m := range c.Mounts {
		if m.Fingerprint != "" {
			out = append(out, Source{"what " + c.Service + " sees at " + m.Container, m.Inputs, m.Fingerprint})
		}
	}
	return out
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

// SkipError says that a scenario is not executed, because an optional service
// that it needs cannot be had.
type SkipError struct {
	Service string
	Err     error
}

func (e *SkipError) Error() string {
	return "the optional service " + e.Service + " cannot be had: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *SkipError) Unwrap() error { return e.Err }

// ServiceError says that a service of the test did not come up: the test is at
// fault. Log is the end of the service's output.
type ServiceError struct {
	Service string
	What    string // what was awaited and what came instead
	Log     string
	Pos     spec.Pos
}

func (e *ServiceError) Error() string { return "service " + e.Service + ": " + e.What }

package spec

import (
	"cmp"
	"time"
)

// Service is one [service.NAME] or [services.NAME] table.
type Service struct {
	Name        string
	Pos         Pos
	Plugin      string // one of Plugins
	PluginPos   Pos    // where plugin or type stands; Pos when neither is given
	Image       string
	ImagePos    Pos
	Build       *Build // builds the image instead of naming it
	Package     string // go_binary: the main package, relative to the test file
	PackagePos  Pos
	Endpoint    string // where it runs when it is no container: a URL, or host:port
	EndpointPos Pos
	Optional    bool // where it cannot be had, scenarios that need it are skipped
	Args        []string
	Env         []EnvVar // in file order
	Ports       []int
	PortsPos    Pos
	Volumes     []Volume
	Tmpfs       []Tmpfs
	ReadOnly    bool // read_only: the root file system; /tmp stays writable
	Workdir     string
	User        string
	Limits      *Limits // [service.NAME.limits]; nil without one

	DependsOn    []string
	DependsOnPos Pos
	Until        map[string]Until // how far a dependency must have come; UntilReady when it is not in here

	HealthCheck *HealthCheck
	Ready       []*Ready // all must be met, in this order, after HealthCheck

	Chaos *ChaosEngine // of PluginChaos only

	WaitForSpan        string
	WaitForSpanPos     Pos
	WaitForSpanTimeout time.Duration // default 30 s
}

// Needs returns the services of these names with all they depend on,
// dependencies first. Unknown names are left out.
func (f *File) Needs(names ...string) []*Service {
	var out []*Service
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s := f.Service(name)
		if seen[name] || s == nil {
			return
		}
		seen[name] = true
		for _, d := range s.DependsOn {
			visit(d)
		}
		out = append(out, s)
	}
	for _, name := range names {
		visit(name)
	}
	return out
}

// EnvVar is one environment variable for a container or a step.
type EnvVar struct {
	Name, Value string
	Pos         Pos
}

// Build says what an image is built from. Paths are relative to the test file.
type Build struct {
	Context    string
	Dockerfile string // relative to Context; default "Dockerfile"
	Pos        Pos
}

// Volume is a host directory or file seen inside a container. A relative host
// path is relative to the test file.
type Volume struct {
	Host, Container string
	ReadOnly        bool
	Pos             Pos
}

// Tmpfs is a directory in memory, empty at the start of a container and writable
// by everyone. What lies in it counts towards the container's memory.
type Tmpfs struct {
	Path   string
	SizeMB int // 0 means as much as the container's memory
	Pos    Pos
}

// HealthCheck is a command that must exit 0 inside the container before the
// scenario starts.
type HealthCheck struct {
	Command  []string
	Interval time.Duration // default 5 s
	Timeout  time.Duration // default 10 s
	Retries  int           // default 3
	Pos      Pos
}

// NetworkLevel says what the containers of a scenario can reach.
type NetworkLevel string

// The levels, from the narrowest. "" leaves the choice to the backend: none for a
// single service, sealed for several.
const (
	NetworkNone     NetworkLevel = "none"     // nothing, not even each other
	NetworkSealed   NetworkLevel = "sealed"   // each other
	NetworkInternal NetworkLevel = "internal" // each other and the host
	NetworkOpen     NetworkLevel = "open"     // everything that the host can reach
)

// NetworkOf returns the network level of a scenario: its own, else that of the
// file. sc may be nil.
func (f *File) NetworkOf(sc *Scenario) NetworkLevel {
	if sc != nil && sc.Network != "" {
		return sc.Network
	}
	return f.Network
}

// Until is how far a dependency must have come before a service starts.
type Until string

// How far a dependency must have come.
const (
	UntilStarted Until = "started" // its process runs
	UntilReady   Until = "ready"   // it is ready
	UntilExited  Until = "exited"  // its process has ended with status 0
)

// ReadyKind is what a condition of readiness waits for: the key that names it.
type ReadyKind string

// The conditions of readiness.
const (
	ReadyCommand ReadyKind = "cmd"  // a command exits with 0
	ReadyTCP     ReadyKind = "tcp"  // a port accepts connections
	ReadyHTTP    ReadyKind = "http" // a request is answered with a status
	ReadyGRPC    ReadyKind = "grpc" // grpc.health.v1 says SERVING
	ReadyFile    ReadyKind = "file" // a file or directory exists
	ReadyLog     ReadyKind = "log"  // lines were printed
	ReadyExit    ReadyKind = "exit" // the process has ended with a status
	ReadySpan    ReadyKind = "span" // as wait_for_span, which it becomes
)

// Ready is a condition of readiness, asked from inside the container. Zero
// durations mean the defaults of who waits.
type Ready struct {
	Kind     ReadyKind
	Command  []string
	Target   string        // tcp, grpc: host:port; http: a URL
	Statuses []int         // http: those that count; none means 200 to 399
	Name     string        // grpc: the service asked about; "" means the server
	Path     string        // file: absolute
	Text     string        // log: part of a line
	Pattern  string        // log: RE2, searched in a line
	After    string        // log: only lines after one that contains this count
	Count    int           // log: so many lines, at least 1
	Code     int           // exit
	Interval time.Duration // the longest pause between two attempts
	Timeout  time.Duration // of one attempt
	Within   time.Duration // of all attempts together
	Retries  int           // at least so many attempts are made
	Pos      Pos
}

// Exits returns the status with which the service's own process is expected to
// end before the scenario starts, and whether one is.
func (s *Service) Exits() (code int, expected bool) {
	for _, r := range s.Ready {
		if r.Kind == ReadyExit {
			return r.Code, true
		}
	}
	return 0, false
}

// Limits bound each container; zero means "default".
type Limits struct {
	CPUMillicores int
	MemoryMB      int
	Pids          int     // processes and threads
	CPUShare      float64 // of all processors of the machine, from a policy; 0 means no bound
	Pos           Pos
}

// LimitsOf returns the limits of the containers of a scenario whose services set
// none of their own: those of the file, made narrower by the scenario's policy.
func (f *File) LimitsOf(s *Scenario) Limits { return f.Limits.under(s.Policy) }

// ServiceLimits returns the limits of the container of a service in a scenario:
// the service's own before those of the file, made narrower by the policy.
func (f *File) ServiceLimits(sc *Scenario, s *Service) Limits {
	l := f.Limits
	if own := s.Limits; own != nil {
		l.Pos = own.Pos
		l.CPUMillicores = cmp.Or(own.CPUMillicores, l.CPUMillicores)
		l.MemoryMB = cmp.Or(own.MemoryMB, l.MemoryMB)
		l.Pids = cmp.Or(own.Pids, l.Pids)
	}
	if sc == nil {
		return l
	}
	return l.under(sc.Policy)
}

// under makes limits narrower by a policy, which may be nil.
func (l Limits) under(p *Policy) Limits {
	if p == nil {
		return l
	}
	if p.MaxMemoryMB > 0 && (l.MemoryMB == 0 || p.MaxMemoryMB < l.MemoryMB) {
		l.MemoryMB, l.Pos = p.MaxMemoryMB, p.MemoryPos
	}
	l.CPUShare = p.MaxCPU
	return l
}

package engine

import "time"

// Scenario is one scenario of a template. There may be a hundred thousand, of which
// few ever run: what only a run knows is behind a pointer, and what the file says
// beside the name stays in the packed file until somebody asks.
type Scenario struct {
	ID       ScenarioID
	Declared Declaration  // what the file says; nil for file-level expectations
	Run      *ScenarioRun // nil before anything is known of a run; Last reads it
	Line     int32        // in the template
	Verdict  Verdict
	// Replayed says that the verdict was judged again over the recorded trace
	// of an earlier run, without any container; TracedAt is when that ran.
	Replayed bool
	// Stale says that the inputs changed since the verdict: it is shown dimmed
	// and never green. StaleReason says what changed.
	Stale bool
	// Stepped says that there are steps.
	Stepped bool
}

// Declaration is what a file says of its scenarios.
type Declaration interface {
	// Of returns the services and the steps of a scenario; it may take as long as
	// decoding a file. The caller may change the steps, not the services.
	Of(name string) (services []string, steps []Step)
}

// ScenarioRun is what is known of the execution of a scenario that is queued or
// under way, or else of the last one.
type ScenarioRun struct {
	Steps       []Step // nil when they are as declared
	LogLines    int    // lines in the log ring, for follow mode
	StaleReason string
	TracedAt    time.Time
	// Trace is the folder of the recorded run that the verdict is of, relative to
	// the project; "" when there is none.
	Trace    string
	Result   *Result // of the last finished run or replay; nil before
	Progress string  // while running: "building ./cmd/shop", "step 2/4 checkout"
	Since    time.Time
	Queue    int // position while queued, from 1
	Attempt  int // of the execution under way, from 1; 0 while there is none
	// Expected is how long it takes by earlier runs, while it is queued or running;
	// 0 when nothing is known.
	Expected time.Duration
	// Uses is what its containers use, while they run, by the last measurement.
	Uses []Use
}

// Last is what is known of the execution under way or the last one; nothing when
// there was none.
func (s *Scenario) Last() ScenarioRun {
	if s.Run == nil {
		return ScenarioRun{}
	}
	return *s.Run
}

// Steps are those of the execution under way or the last one, or as the file
// declares them.
func (s *Scenario) Steps() []Step {
	if s.Run != nil && s.Run.Steps != nil || s.Declared == nil {
		return s.Last().Steps
	}
	_, steps := s.Declared.Of(s.ID.Name)
	return steps
}

// Services are the names of the services that the file declares for it.
func (s *Scenario) Services() []string {
	if s.Declared == nil {
		return nil
	}
	services, _ := s.Declared.Of(s.ID.Name)
	return services
}

// Use is what one container of a scenario uses.
type Use struct {
	Service    string
	MemoryMB   int
	LimitMB    int // 0 when it has none
	CPUPercent int // of one processor, 150 is one and a half; -1 when not known yet
}

// Step is one step of a scenario.
type Step struct {
	Name     string
	Line     int
	Command  string // for display
	Verdict  Verdict
	ExitCode int
	Duration time.Duration
	Message  string // why it failed
	Attempts int    // more than 1 when it was retried
}

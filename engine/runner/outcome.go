package runner

import (
	"io"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Job is one attempt at one scenario.
type Job struct {
	RunID    string
	Dir      string // directory of the test file, absolute
	File     *spec.File
	Scenario *spec.Scenario
	Timeout  time.Duration // used when the scenario names none; 0 means DefaultTimeout
	Image    string        // of steps that name no service; "" means DefaultImage
}

// DefaultTimeout bounds a scenario that names no timeout of its own.
const DefaultTimeout = 300 * time.Second

// Outcome is what one attempt gave, before expectations over spans are judged.
type Outcome struct {
	Job       *Job
	Started   time.Time
	Ended     time.Time
	Steps     []StepOutcome
	Checks    []expect.Check // conditions of steps and of the run itself
	Spans     []trace.Span   // collected, by the sources that the file declares
	Ignored   int            // spans that arrived over a channel that the file does not declare
	Sources   []string       // the channels that were looked at, for messages
	Evidence  Evidence
	Telemetry Telemetry
	// Malformed counts span-like lines of stdout and OTLP payloads that could
	// not be decoded; any makes the outcome an error.
	Malformed int
	// Skipped says why nothing was executed although nothing failed.
	Skipped string
	// Err is set when the scenario could not be carried out: an
	// *EnvironmentError, a *ServiceError, a cancelled context.
	Err error
}

// Commands is the number of steps that were really executed.
func (o *Outcome) Commands() int {
	n := 0
	for i := range o.Steps {
		if o.Steps[i].Ran {
			n++
		}
	}
	return n
}

// StepOutcome is what one step gave.
type StepOutcome struct {
	Step    *spec.Step
	Service string
	Ran     bool
	OK      bool
	Started time.Time
	Exit    Exit
	Stdout  []byte // at most CaptureLimit bytes, the beginning
	Stderr  []byte
	Cut     bool // Stdout or Stderr were longer than CaptureLimit
	// Attempts is how often it was executed; everything else is of the last time.
	Attempts int
	Message  string
}

// CaptureLimit bounds how much of a step's output is kept for its conditions
// and for reports, in bytes per stream. The complete output goes to the
// observer.
const CaptureLimit = 4 << 20

// Observer follows one job. Its methods are called from several goroutines.
type Observer interface {
	// Queued tells the place in the queue, from 1, and what the job waits for when
	// that is more than its turn.
	Queued(position int, why string)
	Started()
	Progress(text string)
	StepStarted(index int)
	StepFinished(index int, s StepOutcome)
	Output(service, step string, stream Stream, p []byte)
	// Keep begins a copy of a file of a container; Missing says what could not be
	// copied.
	Keep(service, path string) (io.WriteCloser, error)
	Missing(what string)
	// Uses tells what the containers of the job use, about once a second.
	Uses([]Use)
}

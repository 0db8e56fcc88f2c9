package runner

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// collector is the Sink of one job: it keeps the beginning of each step's
// output for the step's conditions, gathers spans from the channels that the
// file declares, and passes output on to the observer.
type collector struct {
	job    *Job
	obs    Observer
	otlp   bool // [otel] exporter is otlp*
	stdout bool // some artifact entry starts with spans:

	mu        sync.Mutex
	doing     string // for the message of a timeout
	captures  map[string]*capture
	reader    *trace.StdoutReader
	spans     []trace.Span
	ignored   int
	malformed int
	bad       []string // the first few decoding errors
}

// capture keeps the beginning of the output of one running step.
type capture struct {
	stdout, stderr bytes.Buffer
	cut            bool
}

func newCollector(job *Job, obs Observer) *collector {
	c := &collector{job: job, obs: obs, captures: map[string]*capture{}}
	if o := job.File.Otel; o != nil {
		c.otlp = strings.HasPrefix(o.Exporter, "otlp")
	}
	for _, a := range job.Scenario.Artifacts {
		if strings.HasPrefix(a, "spans:") && a != "spans:self" {
			c.stdout = true
		}
	}
	if c.stdout {
		c.reader = trace.NewStdoutReader()
	}
	return c
}

// sources says where spans are looked for, for messages.
func (c *collector) sources() []string {
	var s []string
	if c.otlp {
		s = append(s, "OTLP on the loopback of each service")
	}
	if c.stdout {
		s = append(s, "stdout of the steps")
	}
	if s == nil {
		s = append(s, "the runner's own spans")
	}
	return s
}

// begin starts capturing the output of a step.
func (c *collector) begin(step string) *capture {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &capture{}
	c.captures[step] = k
	return k
}

// end stops capturing; later output of the step's children only reaches the log.
func (c *collector) end(step string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.captures, step)
}

// Output implements Sink.
func (c *collector) Output(service, step string, stream Stream, p []byte) {
	c.mu.Lock()
	if k := c.captures[step]; k != nil && step != "" {
		buf := &k.stdout
		if stream == Stderr {
			buf = &k.stderr
		}
		room := CaptureLimit - buf.Len()
		if len(p) > room {
			k.cut = true
		}
		buf.Write(p[:min(len(p), room)])
	}
	if c.reader != nil && step != "" && stream == Stdout {
		c.add(c.reader.Feed(p), service, "stdout")
	}
	c.mu.Unlock()
	c.obs.Output(service, step, stream, p)
}

// Spans implements Sink.
func (c *collector) Spans(service string, p Payload) {
	spans, err := trace.DecodeOTLP(p.Body, p.JSON)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.malformed++
		if len(c.bad) < 3 {
			c.bad = append(c.bad, fmt.Sprintf("OTLP from %s: %v", service, err))
		}
		return
	}
	if !c.otlp {
		c.ignored += len(spans)
		return
	}
	c.add(spans, service, "otlp")
}

// add marks spans with the channel they came by; content cannot forge it. The
// caller holds the lock.
func (c *collector) add(spans []trace.Span, service, kind string) {
	for i := range spans {
		spans[i].Source = trace.Source{Kind: kind, Scenario: c.job.Scenario.Name, Service: service}
	}
	c.spans = append(c.spans, spans...)
}

// Progress implements Sink.
func (c *collector) Progress(text string) {
	c.now(text)
	c.obs.Progress(text)
}

// now notes what is being done, for the message of a timeout.
func (c *collector) now(doing string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doing = doing
}

// at is what was being done last.
func (c *collector) at() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doing
}

// finish moves what was gathered into the outcome.
func (c *collector) finish(o *Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reader != nil {
		c.add(c.reader.Close(), "", "stdout")
		n := c.reader.Counts().Malformed
		c.malformed += n
		if n > 0 {
			c.bad = append(c.bad, fmt.Sprintf("stdout: %d lines look like spans and cannot be read", n))
		}
	}
	o.Spans, o.Ignored, o.Malformed = c.spans, c.ignored, c.malformed
	if len(c.bad) > 0 {
		o.Telemetry.Detail = strings.TrimPrefix(o.Telemetry.Detail+"; "+strings.Join(c.bad, "; "), "; ")
	}
}

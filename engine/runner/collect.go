package runner

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

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
	readers   map[source]*trace.StdoutReader // one for each stream: lines of steps side by side must not mix
	arrivals  map[string]*TelemetrySource    // by service
	holes     []string                       // what was killed before it could export
	since     time.Time
	spans     []trace.Span
	ignored   int
	malformed int
	bad       []string                  // the first few decoding errors
	decoders  map[string]*trace.Decoder // by service
	invalid   int64                     // spans of OTLP without valid ids
	grumbles  map[printed]*grumble      // lines that say that spans were lost
	room      int                       // bytes of memory that spans may still take
	over      int64                     // spans for which there was none
}

// maxHeld bounds the memory in bytes that the spans of one scenario take.
const maxHeld = 1 << 30

// source is the standard output of a step.
type source struct{ service, step string }

// capture keeps the beginning of the output of one running step.
type capture struct {
	stdout, stderr bytes.Buffer
	cut            bool
}

func newCollector(job *Job, obs Observer) *collector {
	c := &collector{since: time.Now(), job: job, obs: obs, captures: map[string]*capture{}, decoders: map[string]*trace.Decoder{}, grumbles: map[printed]*grumble{}, room: maxHeld}
	if o := job.File.Otel; o != nil {
		c.otlp = strings.HasPrefix(o.Exporter, "otlp")
	}
	for _, a := range job.Scenario.Artifacts {
		if strings.HasPrefix(a, "spans:") && a != "spans:self" {
			c.stdout = true
		}
	}
	c.readers = map[source]*trace.StdoutReader{}
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
func (c *collector) begin(service, step string) *capture {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.readers[source{service, step}]; r != nil {
		c.add(r.Feed([]byte("\n")), service, "stdout") // what it printed last time has no part in this
	}
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
	c.overheard(service, step, stream, p)
	if c.stdout && step != "" && stream == Stdout {
		from := source{service, step}
		if c.readers[from] == nil {
			c.readers[from] = trace.NewStdoutReader()
		}
		c.add(c.readers[from].Feed(p), service, "stdout")
	}
	c.mu.Unlock()
	c.obs.Output(service, step, stream, p)
}

// Spans implements Sink. Payloads of one service come one after another; those
// of different services are decoded beside each other.
func (c *collector) Spans(service string, p Payload) {
	spans, invalid, err := c.decoder(service).Decode(p.Body, p.JSON)
	c.mu.Lock()
	defer c.mu.Unlock()
	src := c.arrived(service)
	src.Spans += int64(len(spans))
	src.Invalid += int64(invalid)
	if err != nil {
		src.Malformed++
		c.malformed++
		if len(c.bad) < 3 {
			c.bad = append(c.bad, fmt.Sprintf("OTLP from %s: %v", service, err))
		}
		return
	}
	c.invalid += int64(invalid)
	if !c.otlp {
		c.ignored += len(spans)
		return
	}
	c.add(spans, service, "otlp")
}

// decoder returns the decoder of a service.
func (c *collector) decoder(service string) *trace.Decoder {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.decoders[service]
	if d == nil {
		d = new(trace.Decoder)
		c.decoders[service] = d
	}
	return d
}

// arrived notes a request of a service. The caller holds the lock.
func (c *collector) arrived(service string) *TelemetrySource {
	src := c.source(service)
	src.Requests++
	src.Last = time.Since(c.since)
	return src
}

// source is the account of a service. The caller holds the lock.
func (c *collector) source(service string) *TelemetrySource {
	if c.arrivals == nil {
		c.arrivals = map[string]*TelemetrySource{}
	}
	if c.arrivals[service] == nil {
		c.arrivals[service] = &TelemetrySource{Service: service}
	}
	return c.arrivals[service]
}

// cutOff notes that something was killed before it could export what it had: the
// stream has a hole, whatever comes later. A file that takes no spans over OTLP
// loses none.
func (c *collector) cutOff(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.otlp {
		c.holes = append(c.holes, what)
	}
}

// add marks spans with the channel they came by; content cannot forge it. What
// does not fit is counted. The caller holds the lock.
func (c *collector) add(spans []trace.Span, service, kind string) {
	for i := range spans {
		if c.room -= spans[i].Footprint(); c.room < 0 {
			c.over += int64(len(spans) - i)
			spans = spans[:i]
			break
		}
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
	for _, from := range slices.SortedFunc(maps.Keys(c.readers), func(a, b source) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.step, b.step))
	}) {
		r := c.readers[from]
		c.add(r.Close(), from.service, "stdout")
		if seen := r.Counts(); seen.Malformed > 0 {
			c.malformed += seen.Malformed
			c.bad = append(c.bad, fmt.Sprintf("stdout of step %s: %d lines look like spans and cannot be read, the first is line %d: %s",
				from.step, seen.Malformed, seen.FirstLine, seen.FirstMalformed))
		}
	}
	if c.over > 0 {
		o.Telemetry.Over += c.over
		c.bad = append(c.bad, fmt.Sprintf("%d spans did not fit into %d MiB of memory", c.over, maxHeld>>20))
	}
	c.lament(o)
	o.Telemetry.Invalid = max(o.Telemetry.Invalid, c.invalid) // the agent counts the same spans
	for _, name := range slices.Sorted(maps.Keys(c.arrivals)) {
		o.Telemetry.Sources = append(o.Telemetry.Sources, *c.arrivals[name])
	}
	o.Telemetry.Cut = append(c.holes, o.Telemetry.Cut...)
	if len(o.Telemetry.Cut) > 0 {
		o.Telemetry.Complete = !o.Telemetry.Unseen && !c.otlp && !c.stdout
	}
	o.Spans, o.Ignored, o.Malformed = c.spans, c.ignored, c.malformed
	if len(c.bad) > 0 {
		o.Telemetry.Detail = strings.TrimPrefix(o.Telemetry.Detail+"; "+strings.Join(c.bad, "; "), "; ")
	}
}

package runner

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// longestComplaint is how much of a line is looked at, in bytes.
	longestComplaint = 4 << 10
	// shownComplaint is how much of one is repeated, in bytes.
	shownComplaint = 200
)

// complains reports whether a line says that spans were lost on the way out.
func complains(line []byte) bool {
	if !hinted(line) {
		return false
	}
	text := strings.ToLower(string(line))
	for _, g := range complaints {
		if g.is(text) {
			return true
		}
	}
	return false
}

// hinted reports whether there may be a complaint in p at all: most of what
// programs print is none, and there may be a gigabyte of it.
func hinted(p []byte) bool {
	for _, h := range hints {
		if bytes.Contains(p, h) {
			return true
		}
	}
	return false
}

// grumble reads one stream for complaints.
type grumble struct {
	begun []byte // of the line that has not ended, up to longestComplaint
	lines int64
	first string
}

// feed takes what was printed.
func (g *grumble) feed(p []byte) {
	if len(g.begun) > 0 {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			g.begin(p)
			return
		}
		g.begin(p[:end])
		g.close()
		p = p[end+1:]
	}
	whole := bytes.LastIndexByte(p, '\n') + 1
	if hinted(p[:whole]) {
		for line := range bytes.Lines(p[:whole]) {
			g.line(line[:min(len(line), longestComplaint)])
		}
	}
	g.begin(p[whole:])
}

// begin notes the beginning of a line, or more of it.
func (g *grumble) begin(p []byte) {
	g.begun = append(g.begun, p[:min(len(p), longestComplaint-len(g.begun))]...)
}

// close ends the line that was begun.
func (g *grumble) close() {
	g.line(g.begun)
	g.begun = g.begun[:0]
}

func (g *grumble) line(p []byte) {
	if !complains(p) {
		return
	}
	if g.lines++; g.lines > 1 {
		return
	}
	text := strings.TrimSpace(strings.ToValidUTF8(string(p), ""))
	if len(text) > shownComplaint {
		// At a blank: half of a secret would not be known for one.
		text = text[:strings.LastIndexByte(text[:shownComplaint], ' ')+1] + "…"
	}
	g.first = text
}

// overheard looks for complaints in what a service or a step of it printed. The
// caller holds the lock.
func (c *collector) overheard(service, step string, stream Stream, p []byte) {
	if !c.otlp {
		return // nobody waits for what is lost
	}
	from := printed{service, step, stream}
	if c.grumbles[from] == nil {
		c.grumbles[from] = &grumble{}
	}
	c.grumbles[from].feed(p)
}

// printed is one output stream of a service (step "") or a step.
type printed struct {
	service, step string
	stream        Stream
}

// lament adds the complaints to the account, service by service. The caller holds
// the lock.
func (c *collector) lament(o *Outcome) {
	for _, from := range slices.SortedFunc(maps.Keys(c.grumbles), func(a, b printed) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.step, b.step), cmp.Compare(a.stream, b.stream))
	}) {
		g := c.grumbles[from]
		if g.close(); g.lines == 0 {
			continue
		}
		c.source(from.service).Failed += g.lines
		o.Telemetry.Failed += g.lines
		who := "service " + from.service
		if from.step != "" {
			who = "step " + from.step
		}
		c.bad = append(c.bad, fmt.Sprintf("%s at first: %s", who, g.first))
	}
}

package trace

import (
	"bytes"
	"errors"
)

// maxLine is the longest line in bytes, without its line break, that a
// StdoutReader considers. Longer lines are counted as malformed when they start
// like JSON, and never held in memory.
const maxLine = 4 << 20

// Counts says what a reader has seen, so that nothing vanishes silently.
type Counts struct {
	Lines     int // lines; of a whole file, its JSON documents
	Spans     int // spans read
	Skipped   int // lines that have nothing to do with spans; of a file, not the empty ones
	Malformed int // lines that look like spans and could not be read
	// FirstMalformed says why the first malformed line was not read, and
	// FirstLine where it was, counting from 1. Empty and 0 when there was none.
	FirstMalformed string
	FirstLine      int
}

func (c *Counts) malformed(line int, why error) {
	c.Malformed++
	if c.FirstLine == 0 {
		c.FirstLine, c.FirstMalformed = line, why.Error()
	}
}

// StdoutReader finds spans in what a program prints: one JSON document per
// line, in the forms A, B, C or F of the package comment. Only lines that start with { or [ are
// considered; everything else is the program's own business. A StdoutReader is
// not safe for concurrent use, and one reader must be fed by one stream only.
type StdoutReader struct {
	json   jsonReader
	line   []byte
	state  lineState
	counts Counts
}

// lineState is what is known about the line that is being read.
type lineState uint8

const (
	lineStart lineState = iota // nothing but white space so far
	lineJSON                   // starts like JSON: kept
	lineText                   // something else: not kept
	lineLong                   // starts like JSON and is over maxLine: not kept
)

// NewStdoutReader returns a reader at the start of a stream.
func NewStdoutReader() *StdoutReader { return &StdoutReader{} }

// Feed takes the next bytes of the stream, cut anywhere, and returns the spans
// of the lines that they complete. It keeps no reference to p. Source is left
// empty: only the caller knows the channel.
func (r *StdoutReader) Feed(p []byte) []Span {
	var spans []Span
	for len(p) > 0 {
		chunk, rest, ended := bytes.Cut(p, []byte{'\n'})
		r.extend(chunk)
		if ended {
			spans = append(spans, r.end()...)
		}
		p = rest
	}
	return spans
}

// Close ends the stream: a last line without a line break is read too.
func (r *StdoutReader) Close() []Span {
	if r.state == lineStart && len(r.line) == 0 {
		return nil
	}
	return r.end()
}

// Counts returns what has been seen so far.
func (r *StdoutReader) Counts() Counts { return r.counts }

// extend adds a part of the current line.
func (r *StdoutReader) extend(p []byte) {
	if r.state == lineStart {
		p = bytes.TrimLeft(p, " \t\r")
		if len(p) == 0 {
			return
		}
		r.state = lineText
		if p[0] == '{' || p[0] == '[' {
			r.state = lineJSON
		}
	}
	if r.state != lineJSON {
		return
	}
	if len(r.line)+len(p) > maxLine {
		r.state, r.line = lineLong, nil
		return
	}
	r.line = append(r.line, p...)
}

var errLongLine = errors.New("the line is too long")

// end reads the current line and starts the next.
func (r *StdoutReader) end() []Span {
	state := r.state
	r.counts.Lines++
	r.state = lineStart
	switch state {
	case lineJSON:
		spans := r.read(r.line)
		r.line = r.line[:0]
		return spans
	case lineLong:
		r.counts.malformed(r.counts.Lines, errLongLine)
	default:
		r.counts.Skipped++
	}
	return nil
}

func (r *StdoutReader) read(line []byte) []Span {
	v, err := r.json.decode(line)
	if err != nil {
		if mentionsSpan(line) {
			r.counts.malformed(r.counts.Lines, err)
		} else {
			r.counts.Skipped++
		}
		return nil
	}
	spans, err := r.json.document(v)
	if notSpans := (errNotSpans{}); errors.As(err, &notSpans) {
		r.counts.Skipped++
		return nil
	}
	if err != nil {
		r.counts.malformed(r.counts.Lines, err)
		return nil
	}
	r.counts.Spans += len(spans)
	return spans
}

// mentionsSpan reports whether a line that is not JSON was probably meant to be
// a span: cut off in the middle, or two processes writing into one line.
func mentionsSpan(line []byte) bool {
	for _, mark := range [...]string{`"span_id"`, `"spanId"`, `"resourceSpans"`} {
		if bytes.Contains(line, []byte(mark)) {
			return true
		}
	}
	return false
}

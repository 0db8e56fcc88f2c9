package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxFile bounds the unpacked size in bytes of a compressed trace file.
const maxFile = 1 << 30

// ReadFile reads a whole trace file: JSON in the formats A to F of semantics
// 3.2, one document (pretty-printed or not) or many, plain or packed with gzip,
// and what WriteNDJSON wrote. Spans come in the order of the file; those
// without a recorded source get the source kind "file".
//
// Text that is not JSON, and JSON that is not spans, is an error that names the
// line, unless lenient is set: then lines that cannot be used are counted and
// left out. A file without spans is not an error here; Counts tells.
func ReadFile(data []byte, lenient bool) ([]Span, Counts, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		var err error
		if data, err = Gunzip(data, maxFile); err != nil {
			return nil, Counts{}, err
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	spans, counts, rest, err := readDocuments(data)
	if err != nil && !lenient {
		return nil, counts, err
	}
	if err != nil {
		spans = append(spans, readLines(data[rest:], &counts)...)
	}
	for i := range spans {
		if spans[i].Source.Kind == "" {
			spans[i].Source.Kind = "file"
		}
	}
	return spans, counts, nil
}

// readDocuments reads data as JSON documents, one after another. After an error
// the spans before it are returned, and the offset of what could not be read.
func readDocuments(data []byte) (spans []Span, counts Counts, rest int64, err error) {
	r := jsonReader{sources: true}
	line := lineCounter{data: data, line: 1}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	for {
		before := dec.InputOffset()
		var v any
		err := dec.Decode(&v)
		if errors.Is(err, io.EOF) {
			return spans, counts, before, nil
		}
		start := before + int64(len(data[before:])-len(bytes.TrimLeft(data[before:], " \t\r\n")))
		if err != nil {
			off := errorOffset(err, start, int64(len(data)))
			if counts.Lines > 0 {
				// After other documents this is one of many, each a line of its
				// own: the line is at fault, not where the parser noticed it.
				off = start
			}
			return spans, counts, start, fmt.Errorf("line %d: %w", line.at(off), plainSyntax(err))
		}
		got, err := r.document(v)
		if err != nil {
			return spans, counts, start, fmt.Errorf("line %d: %w", line.at(start), err)
		}
		counts.Lines++
		counts.Spans += len(got)
		spans = append(spans, got...)
	}
}

// readLines reads what can be read of data, line by line, on top of counts.
func readLines(data []byte, counts *Counts) []Span {
	r := StdoutReader{counts: *counts, json: jsonReader{sources: true}}
	spans := r.Feed(data)
	spans = append(spans, r.Close()...)
	*counts = r.Counts()
	return spans
}

// errorOffset is where in the data a decoding error lies: at its own place when
// it knows one, at the end when the data ends too early.
func errorOffset(err error, start, end int64) int64 {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return max(start, min(syntax.Offset-1, end))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return end
	default:
		return start
	}
}

// plainSyntax words a decoding error for somebody who looks at a trace file.
func plainSyntax(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON document ends too early")
	}
	return fmt.Errorf("not JSON: %w", err)
}

// lineCounter turns growing offsets into line numbers.
type lineCounter struct {
	data []byte
	off  int64
	line int
}

func (c *lineCounter) at(off int64) int {
	off = min(off, int64(len(c.data)))
	if off > c.off {
		c.line += bytes.Count(c.data[c.off:off], []byte{'\n'})
		c.off = off
	}
	return c.line
}

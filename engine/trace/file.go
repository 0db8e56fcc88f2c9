package trace

import (
	"bytes"
	"errors"
	"fmt"
)

// maxFile bounds the unpacked size in bytes of a compressed trace file.
const maxFile = 1 << 30

// ReadFile reads a whole trace file: JSON in the forms A to F of the package
// comment, one document (pretty-printed or not) or many, plain or packed with gzip,
// and what WriteNDJSON wrote. Spans come in the order of the file; those
// without a recorded source get the source kind "file".
//
// Text that is not JSON, and JSON that is not spans, is an error that names the
// line, unless lenient is set: then lines that cannot be used are counted and
// left out. A file without spans is not an error here; Counts tells.
func ReadFile(data []byte, lenient bool) ([]Span, Counts, error) {
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		var err error
		if data, err = gunzip(data, maxFile); err != nil {
			return nil, Counts{}, err
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	spans, counts, rest, err := readDocuments(data)
	if err != nil && !lenient {
		return nil, counts, err
	}
	if err != nil {
		before := counts.Lines
		spans = append(spans, readLines(data[rest:], &counts)...)
		if counts.FirstLine > 0 { // of the file, and not of what was read line by line
			counts.FirstLine += lineAt(data, rest) - 1 - before
		}
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
func readDocuments(data []byte) (spans []Span, counts Counts, rest int, err error) {
	r := jsonReader{recorded: true}
	r.scan.reset(data)
	spans = make([]Span, 0, expected(data))
	for m := r.scan.mark(); r.scan.space(); r.scan.release(m) {
		start := r.scan.pos
		v, err := r.value()
		if err != nil {
			off := start
			if syntax := (*syntaxError)(nil); counts.Lines == 0 && errors.As(err, &syntax) {
				// The first document: it may be pretty-printed, so the line is
				// that of the mistake. Later ones are one of many, each a line.
				off = syntax.off
			}
			return spans, counts, start, fmt.Errorf("line %d: %w", lineAt(data, off), err)
		}
		got, err := r.document(v)
		if err != nil {
			return spans, counts, start, fmt.Errorf("line %d: %w", lineAt(data, start), err)
		}
		counts.Lines++
		counts.Spans += len(got)
		spans = append(spans, got...)
	}
	return spans, counts, len(data), nil
}

// expected is about how many spans data holds, up to a million: growing a list of
// so many by copying would need their memory twice.
func expected(data []byte) int {
	n := 0
	for _, key := range keysSpanID {
		n += bytes.Count(data, []byte(`"`+key+`"`))
	}
	return min(n, len(data)/64, 1<<20)
}

// lineAt is the number of the line, counting from 1, in which an offset lies.
func lineAt(data []byte, off int) int { return 1 + bytes.Count(data[:off], []byte{'\n'}) }

// readLines reads what can be read of data, line by line, on top of counts.
func readLines(data []byte, counts *Counts) []Span {
	r := StdoutReader{counts: *counts, json: jsonReader{recorded: true}}
	spans := r.Feed(data)
	spans = append(spans, r.Close()...)
	*counts = r.Counts()
	for line := range bytes.Lines(data) {
		if len(bytes.TrimSpace(line)) == 0 {
			counts.Skipped-- // nothing was in it to leave out
		}
	}
	return spans
}

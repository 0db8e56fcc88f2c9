package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// TraceError says that a trace file exists and cannot be used: it is no trace,
// or there are no spans in it. Exit status 1.
type TraceError struct {
	File string
	Err  error
}

func (e *TraceError) Error() string { return fmt.Sprintf("trace %s: %v", e.File, e.Err) }

func (e *TraceError) Unwrap() error { return e.Err }

var errNoSpans = errors.New("no spans in it")

// recordHeader begins a recorded run of .clnrm/, whose other lines are spans.
var recordHeader = []byte(`{"schema":"clnrm.record/`)

// traceFile is a trace file as it was read.
type traceFile struct {
	name  string // as the user typed it
	spans []trace.Span
}

// LeftOut is told, once for each file, which lines of a trace file are left out
// because they cannot be read. Without one such a file is a *TraceError.
type LeftOut func(what string)

// tell says what was left out of a file, if anything was.
func (l LeftOut) tell(name string, c trace.Counts) {
	if l == nil || c.Skipped+c.Malformed == 0 {
		return
	}
	text := fmt.Sprintf("trace %s: %d lines are left out", name, c.Skipped+c.Malformed)
	if c.Malformed > 0 {
		text += fmt.Sprintf(", of which %d look like spans, the first is line %d: %s", c.Malformed, c.FirstLine, c.FirstMalformed)
	}
	l(text)
}

// readTraces reads trace files in any of the forms that package trace reads,
// recorded runs, and folders of either. A file that does not exist is a
// *RequestError, one that is no trace a *TraceError.
func readTraces(names []string, leftOut LeftOut) ([]traceFile, error) {
	var out []traceFile
	names, err := inFolders(names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &RequestError{"no such trace file: " + name}
		}
		if err != nil {
			return nil, &RequestError{fmt.Sprintf("trace %s: %v", name, err)}
		}
		if bytes.HasPrefix(data, recordHeader) {
			_, data, _ = bytes.Cut(data, []byte{'\n'})
		}
		spans, counts, err := trace.ReadFile(data, leftOut != nil)
		if err != nil {
			return nil, &TraceError{name, err}
		}
		leftOut.tell(name, counts)
		out = append(out, traceFile{name, spans})
	}
	return out, nil
}

// inFolders puts the traces that are in a folder in its place: the record of a
// run, or the spans among artifacts.
func inFolders(names []string) ([]string, error) {
	var out []string
	for _, name := range names {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			out = append(out, name)
			continue
		}
		found := []string{filepath.Join(name, store.RecordName)}
		if _, err := os.Stat(found[0]); err != nil {
			if found, err = filepath.Glob(filepath.Join(globQuote(name), "spans*.json")); err != nil || len(found) == 0 {
				return nil, &RequestError{fmt.Sprintf("there is no trace in the folder %s: neither %s nor spans.json", name, store.RecordName)}
			}
		}
		out = append(out, found...)
	}
	return out, nil
}

// globQuote makes a name match itself.
func globQuote(name string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(name)
}

// joinTraces puts the spans of several files into one list.
func joinTraces(files []traceFile) (names string, spans []trace.Span) {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = f.name
		spans = append(spans, f.spans...)
	}
	return strings.Join(list, ", "), spans
}

// ReadTrace reads trace files for display, together. No spans at all is a
// *TraceError.
func ReadTrace(names []string, leftOut LeftOut) (*report.Trace, error) {
	files, err := readTraces(names, leftOut)
	if err != nil {
		return nil, err
	}
	name, spans := joinTraces(files)
	if len(spans) == 0 {
		return nil, &TraceError{name, errNoSpans}
	}
	return traceReport(name, trace.NewSet(spans)), nil
}

// ReadRuns reads, for display, the spans that the last runs of a file's scenarios
// were judged over. The errors are those of Analyze.
func (e *Engine) ReadRuns(path string) (*report.Trace, error) {
	f, err := e.sound(path)
	if err != nil {
		return nil, err
	}
	recs, err := e.records(f)
	if err != nil {
		return nil, err
	}
	name, _ := e.recordedRuns(recs)
	spans := maskSpans(e.secrets(f.Path), recordedSpans(f, recs))
	if len(spans) == 0 {
		return nil, &TraceError{name, errNoSpans}
	}
	return traceReport(name, trace.NewSet(spans)), nil
}

// SearchTrace picks the spans whose name the regular expression (RE2,
// unanchored) matches; the empty one picks all. A malformed one is a
// *RequestError.
func SearchTrace(t *report.Trace, expr string) (*report.Search, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, &RequestError{fmt.Sprintf("--grep: %v", err)}
	}
	s := &report.Search{Trace: t}
	for i := range t.Spans {
		if re.MatchString(t.Spans[i].Name) {
			s.Matched = append(s.Matched, i)
		}
	}
	return s, nil
}

// traceReport is the neutral model of a set.
func traceReport(name string, set *trace.Set) *report.Trace {
	t := &report.Trace{Name: name, Counts: countsOf(set), Spans: make([]report.TraceSpan, 0, set.Len())}
	for r := range trace.Ref(set.Len()) {
		s := set.Span(r)
		out := report.TraceSpan{
			Name: s.Name, Kind: s.Kind.String(), Status: s.Status.String(), StatusMessage: s.StatusMessage,
			TraceID: s.TraceID, ID: s.ID, ParentID: s.ParentID, Start: s.Start, Parent: int(set.Parent(r)),
			Attributes: traceAttrs(s.Attrs),
		}
		if s.Resource != nil {
			if v, ok := trace.Lookup(s.Resource.Attrs, "service.name"); ok {
				out.Service = trace.ValueText(v)
			}
		}
		if ns, known := s.Duration(); known {
			out.DurationNS = &ns
		}
		for _, ev := range s.Events {
			out.Events = append(out.Events, report.TraceEvent{Name: ev.Name, Attributes: traceAttrs(ev.Attrs)})
		}
		t.Spans = append(t.Spans, out)
	}
	return t
}

func traceAttrs(attrs []trace.Attr) []report.TraceAttr {
	out := make([]report.TraceAttr, 0, len(attrs))
	for _, a := range attrs {
		out = append(out, report.TraceAttr{Key: a.Key, Value: trace.ValueText(a.Value)})
	}
	return out
}

// countsOf says how much telemetry a set holds.
func countsOf(set *trace.Set) report.Counts {
	c := report.Counts{Spans: set.Len()}
	for r := range trace.Ref(set.Len()) {
		s := set.Span(r)
		c.Events += len(s.Events)
		if s.Status == trace.StatusError {
			c.Errors++
		}
	}
	return c
}

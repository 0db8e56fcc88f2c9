package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of the log ring of one scenario; the complete log goes to a file.
const (
	logRingLines = 10_000
	logRingBytes = 4 << 20
	logLineBytes = 64 << 10 // a longer line is cut in the ring, never in the file
)

// logs keeps the output of the last run of each scenario: a ring of lines in
// memory and the complete text on disk.
type logs struct {
	now   func() time.Time
	grew  func() // called after lines were added; must not block
	mu    sync.Mutex
	rings map[ScenarioID]*logRing
	dirty map[ScenarioID]bool
}

func newLogs(now func() time.Time, grew func()) *logs {
	return &logs{now: now, grew: grew, rings: map[ScenarioID]*logRing{}, dirty: map[ScenarioID]bool{}}
}

// logRing is the log of one scenario's run. Its lock is its own, so that one
// noisy scenario does not hold up the others.
type logRing struct {
	mu      sync.Mutex
	lines   []LogLine
	first   int // number of lines[0]
	bytes   int
	partial map[logSource][]byte
	file    *os.File
	out     *bufio.Writer
	name    string
	failed  error
	version uint64
	kept    bool // a record names the file; guarded by logs.mu
}

type logSource struct{ service, step, stream string }

// start begins a new log for id in place of the old one; file is where the
// complete text goes, and no other run's.
func (l *logs) start(id ScenarioID, file string) *logRing {
	r := &logRing{name: file, partial: map[logSource][]byte{}}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.failed = err
	} else if r.file, r.failed = os.Create(file); r.failed == nil {
		r.out = bufio.NewWriterSize(r.file, 64<<10)
	}
	l.mu.Lock()
	old := l.rings[id]
	l.rings[id] = r
	lost := old != nil && !old.kept && old.name != file
	l.mu.Unlock()
	if lost { // nothing will lead to it any more
		if err := os.Remove(old.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.fail(err)
		}
	}
	return r
}

// keep says that a record names the file of a log.
func (l *logs) keep(r *logRing) {
	l.mu.Lock()
	r.kept = true
	l.mu.Unlock()
}

// of is the log of a scenario; nil when none is in memory.
func (l *logs) of(id ScenarioID) *logRing {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rings[id]
}

// forgetOther drops the log of a scenario from memory unless it is that in file.
func (l *logs) forgetOther(id ScenarioID, file string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rings[id]; r != nil && r.name != file {
		delete(l.rings, id)
		delete(l.dirty, id)
	}
}

// write adds output of a service or step as it came.
func (l *logs) write(id ScenarioID, r *logRing, service, step, stream string, p []byte) {
	now := l.now()
	r.mu.Lock()
	src, head := logSource{service, step, stream}, logHead(now, service, step, stream)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			if r.partial[src] = append(r.partial[src], p...); len(r.partial[src]) >= logLineBytes {
				r.add(LogLine{At: now, Service: service, Step: step, Stream: stream}, head, r.partial[src])
				r.partial[src] = r.partial[src][:0]
			}
			break
		}
		line := p[:i]
		if prev := r.partial[src]; len(prev) > 0 {
			line = append(prev, line...)
			r.partial[src] = prev[:0]
		}
		r.add(LogLine{At: now, Service: service, Step: step, Stream: stream}, head, line)
		p = p[i+1:]
	}
	r.mu.Unlock()
	l.mark(id)
}

// logHead is what stands before the text of a line in the file.
func logHead(at time.Time, service, step, stream string) string {
	where := service
	if step != "" {
		where += "/" + step
	}
	where = strings.ReplaceAll(where, " | ", " ") // the bar is where the text begins
	return at.UTC().Format("15:04:05.000") + " " + where + " " + stream + " | "
}

// add appends one line to the ring and, behind head, to the file. The caller holds
// r.mu.
func (r *logRing) add(l LogLine, head string, text []byte) {
	if r.out != nil {
		_, err := r.out.WriteString(head)
		r.fail(err)
		_, err = r.out.Write(text)
		r.fail(err)
		r.fail(r.out.WriteByte('\n'))
	}
	l.Text = string(text[:min(len(text), logLineBytes)])
	r.lines = append(r.lines, l)
	r.bytes += len(l.Text)
	r.version++
	// A quarter of slack before trimming keeps the cost per line constant.
	if len(r.lines) > logRingLines*5/4 || r.bytes > logRingBytes*5/4 {
		r.trim()
	}
}

// trim drops the oldest lines until the ring is within its bounds.
func (r *logRing) trim() {
	drop := 0
	for len(r.lines)-drop > logRingLines || r.bytes > logRingBytes && len(r.lines)-drop > 1 {
		r.bytes -= len(r.lines[drop].Text)
		drop++
	}
	// In place: nobody else holds the slice, and a program that prints a hundred
	// thousand lines a second would leave as many megabytes behind.
	r.lines = slices.Delete(r.lines, 0, drop)
	r.first += drop
}

// fail remembers the first error of the log file; the log goes on in memory.
func (r *logRing) fail(err error) {
	if err != nil && r.failed == nil {
		r.failed = err
	}
}

// finish ends the log: lines without a line feed are added, the file is closed.
// It returns what kept the file from being complete.
func (l *logs) finish(id ScenarioID, r *logRing) error {
	r.mu.Lock()
	for src, text := range r.partial {
		if len(text) > 0 {
			now := l.now()
			r.add(LogLine{At: now, Service: src.service, Step: src.step, Stream: src.stream}, logHead(now, src.service, src.step, src.stream), text)
		}
	}
	r.partial = map[logSource][]byte{}
	if r.file != nil {
		r.fail(errors.Join(r.out.Flush(), r.file.Close()))
		r.file, r.out = nil, nil
	}
	err := r.failed
	r.mu.Unlock()
	l.mark(id)
	if err != nil {
		return fmt.Errorf("the complete log of %s %s could not be written: %w", id.Path, id.Name, err)
	}
	return nil
}

func (l *logs) mark(id ScenarioID) {
	l.mu.Lock()
	l.dirty[id] = true
	l.mu.Unlock()
	l.grew()
}

// takeDirty returns the number of lines of each log that grew since the last
// call.
func (l *logs) takeDirty() map[ScenarioID]int {
	l.mu.Lock()
	ids := l.dirty
	l.dirty = map[ScenarioID]bool{}
	rings := make(map[ScenarioID]*logRing, len(ids))
	for id := range ids {
		if r := l.rings[id]; r != nil {
			rings[id] = r
		}
	}
	l.mu.Unlock()
	out := make(map[ScenarioID]int, len(rings))
	for id, r := range rings {
		r.mu.Lock()
		if r.out != nil {
			r.fail(r.out.Flush()) // other programs read the file meanwhile
		}
		out[id] = r.first + len(r.lines)
		r.mu.Unlock()
	}
	return out
}

// recall makes the ring of a log that is not in memory, as one that another
// process wrote, from the end of its file; a scenario that never ran has none.
func (l *logs) recall(id ScenarioID, file string) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > logRingBytes {
		if _, err := f.Seek(-logRingBytes, io.SeekEnd); err != nil {
			return
		}
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return
	}
	r := &logRing{name: file, partial: map[logSource][]byte{}, version: 1, kept: true}
	for line := range strings.Lines(string(data)) {
		if x, ok := parseLogLine(strings.TrimSuffix(line, "\n")); ok {
			r.lines = append(r.lines, x)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rings[id] == nil {
		l.rings[id] = r
	}
}

// parseLogLine reads a line as add writes it. The file has no date.
func parseLogLine(line string) (x LogLine, ok bool) {
	head, text, ok := strings.Cut(line, " | ")
	fields := strings.Split(head, " ")
	if !ok || len(fields) < 3 {
		return x, false
	}
	at, err := time.Parse("15:04:05.000", fields[0])
	if err != nil {
		return x, false
	}
	where := strings.Join(fields[1:len(fields)-1], " ")
	x.At, x.Stream, x.Text = at, fields[len(fields)-1], text
	x.Service, x.Step, _ = strings.Cut(where, "/")
	return x, true
}

// total is the number of lines of a scenario's log since its run started.
func (l *logs) total(id ScenarioID) int { return l.window(id, 0, 0).Total }

// window returns up to n lines from line number from on; a negative from counts
// from the end.
func (l *logs) window(id ScenarioID, from, n int) LogWindow {
	r := l.of(id)
	if r == nil {
		return LogWindow{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	total := r.first + len(r.lines)
	if from < 0 {
		from += total
	}
	from = min(max(from, r.first), total)
	to := min(from+max(n, 0), total)
	w := LogWindow{First: from, Total: total, File: r.name, Version: r.version}
	w.Lines = append(w.Lines, r.lines[from-r.first:to-r.first]...)
	return w
}

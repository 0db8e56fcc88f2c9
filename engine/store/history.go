package store

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// runSchema is the schema of the entries of a history; entries of another one
// are left alone and not shown.
const runSchema = "clnrm.run-entry/1"

// Run is the entry of one run in the history of a scenario.
type Run struct {
	ID       string        `json:"id"` // of this run among those of the scenario; grows with time
	Path     string        `json:"path"`
	Scenario string        `json:"scenario"`
	At       time.Time     `json:"at"`
	Duration time.Duration `json:"duration_ns"`
	Verdict  string        `json:"verdict"`
	Failure  string        `json:"failure,omitempty"` // what failed first
	Digest   string        `json:"digest"`            // of the normalised spans
	SpecHash string        `json:"spec_hash"`         // of the file as it was
	RunHash  string        `json:"run_hash"`          // of what decides how the scenario runs
	Spans    int           `json:"spans"`             // that were judged
	Attempts int           `json:"attempts,omitempty"`
	Flaky    bool          `json:"flaky,omitempty"`
	Repeats  int           `json:"repeats,omitempty"`
	Failures int           `json:"failures,omitempty"` // of the repetitions
	Backend  string        `json:"backend"`
	Hermetic bool          `json:"hermetic"`
	Images   []Image       `json:"images,omitempty"`
}

// Image is the image that a service of a run was started from.
type Image struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Digest  string `json:"digest"`
}

// entryFile is a Run as it is written: with its schema and a checksum.
type entryFile struct {
	Schema string          `json:"schema"`
	Sum    string          `json:"sha256"` // of Run
	Run    json.RawMessage `json:"run"`
}

const (
	entrySuffix   = ".json"         // a Run
	traceSuffix   = ".ndjson"       // the Record of that run
	damagedSuffix = ".damaged"      // what could not be read
	tempPattern   = ".tmp-*"        // what was being written
	settled       = time.Second / 5 // a folder that changed longer ago will not change in the same tick again
)

func (s *Store) historyDir(path, scenario string) string {
	return filepath.Join(s.folder(path, scenario), "history")
}

// newID returns an ID that sorts by time and that no other process chooses.
func newID(at time.Time) string {
	var b [4]byte
	rand.Read(b[:])
	return fmt.Sprintf("%019d-%s", max(0, at.UnixNano()), hex.EncodeToString(b[:]))
}

// remember adds a record to the history of its scenario and makes it the last: its
// data first, then the entry, so that an entry never promises a trace that was not
// written, nor a last record that is still another.
func (s *Store) remember(r *Record, data []byte) (id string, err error) {
	dir := s.historyDir(r.Path, r.Scenario)
	if err = os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	run := entryOf(r)
	traceFile := filepath.Join(dir, run.ID+traceSuffix)
	if err = writeFile(traceFile, data); err != nil {
		return "", err
	}
	if err = replace(traceFile, s.recordFile(r.Path, r.Scenario), data); err != nil {
		return "", err
	}
	body, err := json.Marshal(run)
	if err != nil {
		return "", err
	}
	entry, err := json.Marshal(entryFile{runSchema, sumOf(body), body})
	if err != nil {
		return "", err
	}
	if err = writeFile(filepath.Join(dir, run.ID+entrySuffix), append(entry, '\n')); err != nil {
		return "", err
	}
	return run.ID, syncDir(dir)
}

// forget takes an entry of a record's scenario out of the history, and returns the
// bytes that its trace took.
func (s *Store) forget(r *Record, id string) (freed int64, err error) {
	file := filepath.Join(s.historyDir(r.Path, r.Scenario), id)
	freed = fileSize(file + traceSuffix)
	return freed, errors.Join(remove(file+entrySuffix), remove(file+traceSuffix))
}

func entryOf(r *Record) *Run {
	run := &Run{
		ID: newID(r.At), Path: r.Path, Scenario: r.Scenario, At: r.At, Duration: r.Duration, Verdict: r.Verdict,
		Failure: r.Failure, Digest: r.Digest, SpecHash: r.SpecHash, RunHash: r.RunHash, Spans: r.Judged,
		Attempts: r.Attempts, Flaky: r.Flaky, Repeats: r.Repeats, Failures: r.Failures,
		Backend: r.Evidence.Backend, Hermetic: r.Evidence.Hermetic,
	}
	for _, c := range r.Evidence.Containers {
		run.Images = append(run.Images, Image{c.Service, c.Image, c.Digest})
	}
	return run
}

// listing is what is known of a history: entries never change once written.
type listing struct {
	changed time.Time // of the folder, when it was listed
	final   bool      // nothing can have come since without changing that time
	runs    []Run
}

// Runs returns the history of a scenario, the oldest run first. It is cheap to
// call again: only what came since is read. The list is shared; do not change
// it. An entry that cannot be read is set aside and told of in the error, which
// is an ErrDamaged, beside all others.
func (s *Store) Runs(path, scenario string) ([]Run, error) {
	dir := s.historyDir(path, scenario)
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.known[dir]
	if known.final && known.changed.Equal(info.ModTime()) {
		return known.runs, nil
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	have := make(map[string]Run, len(known.runs))
	for _, r := range known.runs {
		have[r.ID] = r
	}
	var problems []error
	next := listing{changed: info.ModTime(), final: time.Since(info.ModTime()) > settled}
	for _, n := range names { // sorted by name, hence by time
		id, isEntry := strings.CutSuffix(n.Name(), entrySuffix)
		if !isEntry {
			continue
		}
		r, there := have[id]
		if !there {
			if r, there, err = readEntry(dir, id); err != nil {
				problems = append(problems, fmt.Errorf("%s %s: %w", path, scenario, err))
			}
		}
		if there && r.Path == path && r.Scenario == scenario {
			next.runs = append(next.runs, r)
		}
	}
	if s.known == nil {
		s.known = map[string]listing{}
	}
	s.known[dir] = next
	return next.runs, errors.Join(problems...)
}

// readEntry reads one entry; one that is gone meanwhile, or of another schema, is
// not there. A damaged one is set aside.
func readEntry(dir, id string) (r Run, there bool, err error) {
	file := filepath.Join(dir, id+entrySuffix)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("history: %w", err)
	}
	var e entryFile
	if err = json.Unmarshal(data, &e); err == nil {
		switch {
		case e.Schema != runSchema:
			return r, false, nil
		case sumOf(e.Run) != e.Sum:
			err = errors.New("it is not what was written")
		default:
			err = json.Unmarshal(e.Run, &r)
		}
	}
	if err == nil && r.ID != id {
		err = errors.New("it is the entry of another run")
	}
	if err != nil {
		return Run{}, false, fmt.Errorf("%w: %v", ErrDamaged, errors.Join(err, os.Rename(file, file+damagedSuffix)))
	}
	return r, true, nil
}

// Past returns the record of an earlier run of a scenario; nil without an error
// when its trace is not kept any more.
func (s *Store) Past(path, scenario, id string) (*Record, error) {
	if strings.ContainsAny(id, `/\`) || strings.HasPrefix(id, ".") {
		return nil, fmt.Errorf("no run has the ID %q", id)
	}
	return load(filepath.Join(s.historyDir(path, scenario), id+traceSuffix), path, scenario)
}

// syncDir makes names in a folder outlive a loss of power, where folders can be
// synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every file system has it; the files themselves are synced
	return d.Close()
}

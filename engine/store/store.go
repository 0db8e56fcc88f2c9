// Package store keeps the last recorded run of every scenario under .clnrm/, so
// that expectations can be judged again without any container, by this process
// or the next; and a history of the runs before it, of which the newest keep
// their traces.
//
// Records flow in and out as whole files: a header line of JSON, then the spans
// as JSON lines. Every file is written under a temporary name, synced and
// renamed, so a crash leaves what was there, and never changes afterwards, so
// other processes read without locks. What cannot be read is set aside and
// reported, never fatal. Each run has a log file of its own, which others write;
// a record names its log, and the log goes when the record does. All of it is
// bounded in number, age and size (see Limits). The package judges nothing.
package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// schema is the first field of every record; a record of another schema is
// treated as absent.
const schema = "clnrm.record/1"

// RecordName is the file of the last recorded run in the folder of a scenario.
const RecordName = "record.ndjson"

// Record is the recorded run of one scenario.
type Record struct {
	Schema      string           `json:"schema"`
	Path        string           `json:"path"` // template, relative to the root
	Scenario    string           `json:"scenario"`
	RunHash     string           `json:"run_hash"` // spec.File.RunHash of the run
	SpecHash    string           `json:"spec_hash"`
	At          time.Time        `json:"at"`
	Duration    time.Duration    `json:"duration_ns"`
	Steps       []Step           `json:"steps"`
	Checks      []expect.Check   `json:"checks"` // conditions of steps and of the run itself
	Sources     []string         `json:"sources"`
	Ignored     int              `json:"ignored"`
	Malformed   int              `json:"malformed"`
	Evidence    runner.Evidence  `json:"evidence"`
	Telemetry   runner.Telemetry `json:"telemetry"`
	Verdict     string           `json:"verdict"`               // as judged when it was recorded
	Skipped     string           `json:"skipped,omitempty"`     // why nothing was executed although nothing failed
	Error       string           `json:"error,omitempty"`       // why the run could not be carried out
	Environment bool             `json:"environment,omitempty"` // the machine was at fault
	Masked      bool             `json:"masked,omitempty"`      // secrets were taken out before it was written
	Attempts    int              `json:"attempts,omitempty"`    // executions until this one, itself included; 0 in old records
	Flaky       bool             `json:"flaky,omitempty"`       // it passed, but not at the first attempt
	Earlier     []Attempt        `json:"earlier,omitempty"`     // the attempts before this one
	Repeats     int              `json:"repeats,omitempty"`     // executions when it was to be repeated; this is the worst of them
	Failures    int              `json:"failures,omitempty"`    // of the repetitions
	Artifacts   string           `json:"artifacts,omitempty"`   // folder of what was collected, relative to the root
	Log         string           `json:"log,omitempty"`         // name of the file with the complete log, see LogFile
	Digest      string           `json:"digest,omitempty"`      // of the spans that were judged, normalised
	Judged      int              `json:"judged_spans,omitempty"`
	Failure     string           `json:"failure,omitempty"` // what failed first
	BodySum     string           `json:"body_sha256"`       // of the lines after the header
	Spans       []trace.Span     `json:"-"`
	Folder      string           `json:"-"` // where it was read from when that is not the store
}

// Step is the recorded outcome of one step.
type Step struct {
	Name     string        `json:"name"`
	Service  string        `json:"service"`
	Ran      bool          `json:"ran"`
	OK       bool          `json:"ok"`
	ExitCode int           `json:"exit_code"`
	Duration time.Duration `json:"duration_ns"`
	Message  string        `json:"message,omitempty"`
	Stdout   string        `json:"stdout,omitempty"`
	Stderr   string        `json:"stderr,omitempty"`
	Attempts int           `json:"attempts,omitempty"` // more than 1 when the step was retried
	// StartError says why the program could not be started at all.
	StartError string `json:"start_error,omitempty"`
}

// Store is a folder of records. Its methods are safe for concurrent use by
// several processes: readers see whole records only.
type Store struct {
	dir    string
	limits Limits
	now    func() time.Time
	absent func(path, scenario string) bool // see Ask

	mu    sync.Mutex
	known map[string]listing // histories by their folder
	size  int64              // of the project as far as this process knows
	swept time.Time          // when the whole project was last held to its limits
}

// Open returns the store of the project at root. The folder is made when the
// first record is written.
func Open(root string, l Limits) *Store {
	return &Store{dir: filepath.Join(root, ".clnrm", "runs"), limits: l.withDefaults(), now: time.Now}
}

// Ask has absent, which must be safe for concurrent use, tell whether a file that
// is there is known to hold no scenario of that name, as after it was renamed.
// What is kept of it goes as what is kept of a file that is not there. It is called
// before anything is recorded.
func (s *Store) Ask(absent func(path, scenario string) bool) { s.absent = absent }

// folder is where everything about one scenario lies. The name is readable and,
// by the hash, unique.
func (s *Store) folder(path, scenario string) string {
	sum := sha256.Sum256([]byte(path + "\x00" + scenario))
	return filepath.Join(s.dir, slug(path)+"."+slug(scenario)+"-"+hex.EncodeToString(sum[:5]))
}

func (s *Store) recordFile(path, scenario string) string {
	return filepath.Join(s.folder(path, scenario), RecordName)
}

// prepare makes the folder of all records.
func (s *Store) prepare() error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	return s.ignore()
}

// ignore keeps the state folder out of the user's repository.
func (s *Store) ignore() error {
	ignore := filepath.Join(filepath.Dir(s.dir), ".gitignore")
	if _, err := os.Lstat(ignore); err == nil {
		return nil
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
}

// Save writes r in place of the scenario's last record and adds it to the
// history.
func (s *Store) Save(r *Record) error {
	_, err := s.SaveAgain(r, "")
	return err
}

// SaveAgain is Save for a run of which something was recorded before, while it
// went on: the entry of that ID goes out of the history once r is in it. A process
// that is killed between the two leaves both. It returns the ID of r; an ID of ""
// stands for nothing.
func (s *Store) SaveAgain(r *Record, before string) (id string, err error) {
	r.Schema = schema
	var body bytes.Buffer
	if err := trace.WriteNDJSON(&body, r.Spans); err != nil {
		return "", fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	r.BodySum = sumOf(body.Bytes())
	head, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	data := slices.Concat(head, []byte("\n"), body.Bytes())
	more := int64(len(data))
	if err = s.prepare(); err == nil {
		unlock, _ := s.lock(syscall.LOCK_SH) // where files cannot be locked, no folder is removed
		if id, err = s.remember(r, data); err == nil && before != "" {
			var less int64
			less, err = s.forget(r, before)
			more -= less
		}
		unlock()
	}
	if err == nil {
		err = s.prune(r, more)
	}
	if err != nil {
		return id, fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	return id, nil
}

// replace makes name another name of the file that was kept, which costs no
// second copy; where that cannot be, it writes the data again.
func replace(kept, name string, data []byte) error {
	temp := filepath.Join(filepath.Dir(name), ".tmp-"+filepath.Base(kept))
	if err := os.Link(kept, temp); err != nil {
		return writeFile(name, data)
	}
	if err := os.Rename(temp, name); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// ErrDamaged marks a record that could not be read; it has been set aside.
var ErrDamaged = errors.New("the recorded run could not be read and was set aside")

// Load reads the last record of a scenario; nil without an error when there is
// none.
func (s *Store) Load(path, scenario string) (*Record, error) {
	return load(s.recordFile(path, scenario), path, scenario)
}

func load(file, path, scenario string) (*Record, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read recorded run: %w", err)
	}
	r, err := parse(data)
	if err != nil {
		if mv := os.Rename(file, file+damagedSuffix); mv != nil {
			err = errors.Join(err, mv)
		}
		return nil, fmt.Errorf("%s %s: %w: %v", path, scenario, ErrDamaged, err)
	}
	if r.Schema != schema || r.Path != path || r.Scenario != scenario {
		return nil, nil
	}
	return r, nil
}

func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// parse splits a record into its header and its spans.
func parse(data []byte) (*Record, error) {
	rd := bufio.NewReader(bytes.NewReader(data))
	head, err := rd.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var r Record
	if err := json.Unmarshal(head, &r); err != nil {
		return nil, err
	}
	rest := data[len(head):]
	if r.Schema == schema && r.BodySum != sumOf(rest) {
		return nil, errors.New("its spans are not those that were written")
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		spans, _, err := trace.ReadFile(rest, false)
		if err != nil {
			return nil, err
		}
		r.Spans = spans
	}
	return &r, nil
}

// writeFile replaces a file so that a crash leaves the old or the new content.
func writeFile(name string, data []byte) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, tempPattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// slug makes a readable file name of s: letters, digits, dot, dash and
// underscore stay, everything else becomes a dash; at most 60 bytes.
func slug(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, s)
	out = strings.TrimLeft(out, ".")
	return out[:min(len(out), 60)]
}

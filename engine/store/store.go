// Package store keeps the last recorded run of every scenario under .clnrm/, so
// that expectations can be judged again without any container, by this process
// or the next.
//
// Records flow in and out as whole files: a header line of JSON, then the spans
// as JSON lines. A record is written to a temporary file, synced and renamed, so
// a crash leaves the old one. A record that cannot be read is set aside and
// reported, never fatal. The package judges nothing.
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
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// schema is the first field of every record; a record of another schema is
// treated as absent.
const schema = "clnrm.record/1"

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
	Error       string           `json:"error,omitempty"`       // why the run could not be carried out
	Environment bool             `json:"environment,omitempty"` // the machine was at fault
	Masked      bool             `json:"masked,omitempty"`      // secrets were taken out before it was written
	BodySum     string           `json:"body_sha256"`           // of the lines after the header
	Spans       []trace.Span     `json:"-"`
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
}

// Store is a folder of records. Its methods are safe for concurrent use by
// several processes: readers see whole records only.
type Store struct{ dir string }

// Open returns the store of the project at root. The folder is made when the
// first record is written.
func Open(root string) *Store { return &Store{dir: filepath.Join(root, ".clnrm", "runs")} }

// folder is where everything about one scenario lies. The name is readable and,
// by the hash, unique.
func (s *Store) folder(path, scenario string) string {
	sum := sha256.Sum256([]byte(path + "\x00" + scenario))
	return filepath.Join(s.dir, slug(path)+"."+slug(scenario)+"-"+hex.EncodeToString(sum[:5]))
}

// LogFile is the file for the complete log of a scenario's last run.
func (s *Store) LogFile(path, scenario string) string {
	return filepath.Join(s.folder(path, scenario), "log.txt")
}

// prepare makes the folder of a scenario, and keeps the state of this program
// out of the user's repository.
func (s *Store) prepare(path, scenario string) error {
	if err := os.MkdirAll(s.folder(path, scenario), 0o755); err != nil {
		return err
	}
	ignore := filepath.Join(filepath.Dir(s.dir), ".gitignore")
	if _, err := os.Lstat(ignore); err == nil {
		return nil
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
}

// Save writes r in place of the scenario's last record.
func (s *Store) Save(r *Record) error {
	r.Schema = schema
	if err := s.prepare(r.Path, r.Scenario); err != nil {
		return fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	var body bytes.Buffer
	if err := trace.WriteNDJSON(&body, r.Spans); err != nil {
		return fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	r.BodySum = sumOf(body.Bytes())
	head, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	data := slices.Concat(head, []byte("\n"), body.Bytes())
	if err := writeFile(filepath.Join(s.folder(r.Path, r.Scenario), "record.ndjson"), data); err != nil {
		return fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	return nil
}

// ErrDamaged marks a record that could not be read; it has been set aside.
var ErrDamaged = errors.New("the recorded run could not be read and was set aside")

// Load reads the last record of a scenario; nil without an error when there is
// none.
func (s *Store) Load(path, scenario string) (*Record, error) {
	file := filepath.Join(s.folder(path, scenario), "record.ndjson")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read recorded run: %w", err)
	}
	r, err := parse(data)
	if err != nil {
		if mv := os.Rename(file, file+".damaged"); mv != nil {
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
	f, err := os.CreateTemp(dir, ".tmp-*")
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

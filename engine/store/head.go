package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Head is what a record says beside its spans, as JSON, to be kept with them in
// another place than the store.
func (r *Record) Head() ([]byte, error) {
	head := *r
	head.Schema, head.BodySum = schema, ""
	text, err := json.MarshalIndent(&head, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("record %s %s: %w", r.Path, r.Scenario, err)
	}
	return append(text, '\n'), nil
}

// FromHead is the record, without spans, of what Head has written.
func FromHead(data []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read recorded run: %w", err)
	}
	if r.Schema != schema {
		return nil, errors.New("read recorded run: it is of another version")
	}
	return &r, nil
}

// Attempt is one execution of a scenario that was followed by another.
type Attempt struct {
	At       time.Time     `json:"at"`
	Duration time.Duration `json:"duration_ns"`
	Verdict  string        `json:"verdict"`
	Cause    string        `json:"cause"`   // why it was repeated: "infrastructure", "readiness", "telemetry" or "assertion"
	Message  string        `json:"message"` // what failed first
}

// Duration is how long the last recorded run of a scenario took; false when
// there is none. It reads the header only and does not vouch for the rest: good
// enough for an estimate and for nothing else.
func (s *Store) Duration(path, scenario string) (time.Duration, bool) {
	h := headOf(s.recordFile(path, scenario))
	return h.Duration, h.Duration > 0
}

// Stamp tells one state of the last record of a scenario from another without
// reading it. The zero Stamp is that of a scenario without a record.
type Stamp struct{ info fs.FileInfo }

// None reports whether nothing was recorded.
func (a Stamp) None() bool { return a.info == nil }

// same reports whether nothing was recorded between two stamps.
func (a Stamp) same(b Stamp) bool {
	if a.info == nil || b.info == nil {
		return a.info == b.info
	}
	return os.SameFile(a.info, b.info) && a.info.Size() == b.info.Size() && a.info.ModTime().Equal(b.info.ModTime())
}

// LoadNewer reads the last record of a scenario when it is another one than that
// of a stamp and began after a time; otherwise, and when there is none, the
// record is nil without an error. It returns the stamp to ask with the next time.
// While nothing is recorded it costs one look at the file.
func (s *Store) LoadNewer(path, scenario string, known Stamp, after time.Time) (*Record, Stamp, error) {
	file := s.recordFile(path, scenario)
	var now Stamp
	if info, err := os.Stat(file); err == nil { // before reading: what comes meanwhile is read the next time
		now.info = info
	}
	if now.same(known) && now.info != nil {
		return nil, known, nil
	}
	if h := headOf(file); !after.IsZero() && !h.At.After(after) {
		return nil, now, nil
	}
	r, err := load(file, path, scenario)
	return r, now, err
}

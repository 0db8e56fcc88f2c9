// Package baseline keeps what a suite did in one run, so that another run can be
// held against it: of every scenario the digest, the normalised spans, the
// verdict, and the environment in which it happened.
//
// Recorded runs flow in; a file flows out that is the same, byte for byte but for
// its time, whenever the behaviour is the same. Read again, it is compared with
// another run, and a difference is explained: the test itself, the environment,
// or the spans. The package runs nothing.
package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Schema names the version of the file.
const Schema = "clnrm.baseline/1"

// File is a baseline.
type File struct {
	Schema      string      `json:"schema"`
	At          time.Time   `json:"at"`
	Digest      string      `json:"digest"` // over those of the scenarios, lower hex
	Environment Environment `json:"environment"`
	Scenarios   []Scenario  `json:"scenarios"` // sorted by file and name
}

// Environment is what a whole run happened in.
type Environment struct {
	Version  string `json:"version"`  // of this program
	Platform string `json:"platform"` // "linux/amd64"
	Backend  string `json:"backend"`
	Hermetic bool   `json:"hermetic"`
}

// Scenario is what one scenario did.
type Scenario struct {
	File     string          `json:"file"` // relative to the project's root
	Name     string          `json:"name"`
	SpecHash string          `json:"spec_hash"` // of the test as it was
	RunHash  string          `json:"run_hash"`  // of what decides how it runs
	Verdict  string          `json:"verdict"`
	Failure  string          `json:"failure,omitempty"` // what failed first
	Duration time.Duration   `json:"duration_ns"`
	Digest   string          `json:"digest"` // SHA-256 of Spans without white space, lower hex
	Images   []Image         `json:"images"`
	Spans    json.RawMessage `json:"spans"` // as package trace normalises them
}

// Image is the image of one service.
type Image struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Digest  string `json:"digest"` // image id
}

// Observed makes the part of a baseline that is about spans.
func (s *Scenario) Observed(set *trace.Set) {
	s.Spans = trace.Canonical(set)
	s.Digest = sumOf(s.Spans)
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// New returns the baseline of scenarios, in their canonical order.
func New(at time.Time, env Environment, scenarios []Scenario) *File {
	f := &File{Schema: Schema, At: at.UTC(), Environment: env, Scenarios: slices.Clone(scenarios)}
	slices.SortFunc(f.Scenarios, func(a, b Scenario) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	f.Digest = f.digest()
	return f
}

func (f *File) digest() string {
	h := sha256.New()
	for i := range f.Scenarios {
		s := &f.Scenarios[i]
		fmt.Fprintf(h, "%q %q %s\n", s.File, s.Name, s.Digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Write writes the baseline to a file, and its digest to FILE.sha256 beside it.
// Each of them appears whole or not at all; missing folders are made.
func (f *File) Write(name string) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if err := e.Encode(f); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	if err := writeWhole(name, text.Bytes()); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	if err := writeWhole(name+".sha256", []byte(f.Digest+"\n")); err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	return nil
}

func writeWhole(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// Read reads a baseline. One that is not what was written is an error: a
// comparison with it would prove nothing.
func Read(name string) (*File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// Parse decodes a baseline and checks every digest in it.
func Parse(data []byte) (*File, error) {
	var f File
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("no baseline: %w", err)
	}
	if f.Schema != Schema {
		return nil, fmt.Errorf("no baseline that this version reads: its schema is %q, not %q", f.Schema, Schema)
	}
	for i := range f.Scenarios {
		s := &f.Scenarios[i]
		if s.File == "" || !filepath.IsLocal(filepath.FromSlash(s.File)) {
			return nil, fmt.Errorf("scenario %d is of the file %q, which is none of the project", i+1, s.File)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, s.Spans); err != nil {
			return nil, fmt.Errorf("the spans of %q: %w", s.Name, err)
		}
		s.Spans = compact.Bytes()
		if sumOf(s.Spans) != s.Digest {
			return nil, fmt.Errorf("the spans of %q are not those that were recorded", s.Name)
		}
		if _, err := trace.ParseCanonical(s.Spans); err != nil {
			return nil, fmt.Errorf("%q: %w", s.Name, err)
		}
	}
	if f.digest() != f.Digest {
		return nil, errors.New("its scenarios are not those that were recorded")
	}
	return &f, nil
}

package baseline

import (
	"fmt"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/diff/spans"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// Outcome says how a scenario of a baseline did this time.
type Outcome string

// The outcomes. Only Same is a reproduction.
const (
	Same      Outcome = "same"      // the digest and the verdict are those of the baseline
	Different Outcome = "different" // it ran, and something differs
	NotRun    Outcome = "not run"   // it could not be run, or is not there any more
)

// Comparison is a run held against a baseline.
type Comparison struct {
	Baseline, Now *File
	Scenarios     []Compared // in the order of the baseline
	// Environment lists what differs of the whole: "backend: docker → local".
	Environment []string
}

// Compared is one scenario held against the baseline.
type Compared struct {
	File, Name string
	Outcome    Outcome
	Why        string // of NotRun
	Old        *Scenario
	New        *Scenario // nil when it was not run
	// Test says what changed of the test itself, Environment of its images: what
	// explains a difference before any span does.
	Test, Environment []string
	Spans             *spans.Diff // nil when the digests are the same, or it was not run
}

// SameDigest reports whether the spans are those of the baseline.
func (c *Compared) SameDigest() bool { return c.New != nil && c.New.Digest == c.Old.Digest }

// SameVerdict reports whether the verdict is that of the baseline.
func (c *Compared) SameVerdict() bool { return c.New != nil && c.New.Verdict == c.Old.Verdict }

// Count is how many scenarios had an outcome.
func (c *Comparison) Count(o Outcome) int {
	n := 0
	for i := range c.Scenarios {
		if c.Scenarios[i].Outcome == o {
			n++
		}
	}
	return n
}

// Compare holds a run against a baseline. missing says why a scenario is not in
// now; a scenario that only now has is no matter of the baseline.
func Compare(old, now *File, missing func(file, name string) string) (*Comparison, error) {
	c := &Comparison{Baseline: old, Now: now, Environment: old.Environment.differences(now.Environment)}
	for i := range old.Scenarios {
		was := &old.Scenarios[i]
		one := Compared{File: was.File, Name: was.Name, Old: was, Outcome: NotRun}
		k := slices.IndexFunc(now.Scenarios, func(s Scenario) bool { return s.File == was.File && s.Name == was.Name })
		if k < 0 {
			one.Why = missing(was.File, was.Name)
			c.Scenarios = append(c.Scenarios, one)
			continue
		}
		one.New = &now.Scenarios[k]
		if err := one.compare(); err != nil {
			return nil, err
		}
		c.Scenarios = append(c.Scenarios, one)
	}
	return c, nil
}

func (c *Compared) compare() error {
	c.Outcome = Different
	if c.SameDigest() && c.SameVerdict() {
		c.Outcome = Same
	}
	switch {
	case c.Old.RunHash != c.New.RunHash:
		c.Test = append(c.Test, "its services, commands or environment are other ones than in the baseline")
	case c.Old.SpecHash != c.New.SpecHash:
		c.Test = append(c.Test, "its expectations are other ones than in the baseline")
	}
	c.Environment = imageDifferences(c.Old.Images, c.New.Images)
	if c.SameDigest() {
		return nil
	}
	old, err := trace.ParseCanonical(c.Old.Spans)
	if err != nil {
		return err
	}
	now, err := trace.ParseCanonical(c.New.Spans)
	if err != nil {
		return err
	}
	c.Spans = spans.Compare("baseline", "now", trace.NewSet(old), trace.NewSet(now), spans.Options{})
	return nil
}

func (e Environment) differences(n Environment) []string {
	var out []string
	add := func(what, old, now string) {
		if old != now {
			out = append(out, fmt.Sprintf("%s: %s → %s", what, old, now))
		}
	}
	add("clnrm-tui", e.Version, n.Version)
	add("platform", e.Platform, n.Platform)
	add("backend", e.Backend, n.Backend)
	add("hermetic", fmt.Sprint(e.Hermetic), fmt.Sprint(n.Hermetic))
	return out
}

func imageDifferences(old, now []Image) []string {
	var out []string
	find := func(l []Image, service string) *Image {
		if i := slices.IndexFunc(l, func(x Image) bool { return x.Service == service }); i >= 0 {
			return &l[i]
		}
		return nil
	}
	for _, o := range old {
		switch n := find(now, o.Service); {
		case n == nil:
			out = append(out, fmt.Sprintf("service %s: no longer there", o.Service))
		case n.Name != o.Name:
			out = append(out, fmt.Sprintf("image of %s: %s → %s", o.Service, o.Name, n.Name))
		case n.Digest != o.Digest:
			out = append(out, fmt.Sprintf("image of %s (%s): %s → %s", o.Service, o.Name, short(o.Digest), short(n.Digest)))
		}
	}
	for _, n := range now {
		if find(old, n.Service) == nil {
			out = append(out, fmt.Sprintf("service %s: not in the baseline", n.Service))
		}
	}
	return out
}

// short is enough of a digest to tell it from another.
func short(digest string) string { return digest[:min(len(digest), len("sha256:")+12)] }

package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ReadRun reads a report that JSON wrote, so that it can be written in every other
// format. One that contradicts itself is an error: what is not the result of a run
// must not come to look like one.
func ReadRun(data []byte) (*Run, error) {
	var was Run
	if err := json.Unmarshal(data, &was); err != nil {
		return nil, err
	}
	if was.Schema != RunSchema {
		return nil, fmt.Errorf("its schema is %q, not %q", was.Schema, RunSchema)
	}
	for i := range was.Scenarios {
		if err := was.Scenarios[i].restore(); err != nil {
			return nil, fmt.Errorf("scenario %q of %s: %w", was.Scenarios[i].Name, was.Scenarios[i].File, err)
		}
	}
	r := NewRun(was.Backend, was.Hermetic, time.Duration(was.ElapsedMS)*time.Millisecond, was.Problem, was.Scenarios)
	if r.Verdict != was.Verdict || r.Summary != was.Summary || r.Digest != was.Digest {
		return nil, errors.New("its verdict, counts or digest are not those of its scenarios")
	}
	r.Shard, r.Plan = was.Shard, was.Plan
	return r, nil
}

// restore derives Checks, which JSON does not hold, from the rules and failures.
func (s *Scenario) restore() error {
	switch s.Verdict {
	case Pass, Fail, Error, Skipped, Interrupted:
	default:
		return fmt.Errorf("%q is no verdict", s.Verdict)
	}
	if s.Judged != len(s.Rules) {
		return fmt.Errorf("%d rules were judged and %d are listed", s.Judged, len(s.Rules))
	}
	failures := s.Failures
	for _, r := range s.Rules {
		c := Check{Failure: Failure{Rule: r.Rule}, OK: r.OK, Note: r.Note}
		if !r.OK {
			if len(failures) == 0 || failures[0].Rule != r.Rule {
				return fmt.Errorf("rule %q does not hold, and there is no failure of it", r.Rule)
			}
			c.Failure, failures = failures[0], failures[1:]
		}
		s.Checks = append(s.Checks, c)
	}
	if len(failures) > 0 {
		return fmt.Errorf("rule %q failed, and was not judged", failures[0].Rule)
	}
	if s.Verdict == Pass {
		return s.earned()
	}
	return nil
}

// earned says what keeps a pass from having been one; nil when nothing does.
func (s *Scenario) earned() error {
	switch {
	case len(s.Failures) > 0:
		return fmt.Errorf("it passed, and %q does not hold", s.Failures[0].Rule)
	case len(s.Rules) == 0:
		return errors.New("it passed, and nothing was judged")
	}
	for _, st := range s.Steps {
		if st.Verdict == Fail || st.Verdict == Error || st.Verdict == Interrupted {
			return fmt.Errorf("it passed, and the verdict of its step %q is %s", st.Name, st.Verdict)
		}
	}
	return nil
}

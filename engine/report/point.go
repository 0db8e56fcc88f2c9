package report

import "strings"

// point is one line of a test report in the formats that know only a flat list
// of tests: a scenario as a whole, or one judged rule of it.
type point struct {
	name     string
	kind     Verdict // Pass, Fail, Error or Skipped
	rule     string  // "" for the scenario as a whole
	message  string
	detail   string // the explanation and where the expectation stands
	ms       int64  // 0 for a rule: judging takes no time worth telling
	scenario *Scenario
}

// points lists the scenario and its rules. Rules carry the scenario's name when
// the file has others beside it.
func points(s *Scenario, alone bool) []point {
	whole := point{name: "scenario " + s.Name, kind: s.Verdict, message: s.Message, ms: s.DurationMS, scenario: s}
	switch {
	case s.Verdict == Interrupted:
		whole.kind = Error
		whole.message = orText(s.Message, "interrupted")
	case s.Verdict == Fail && len(s.Failures) > 0:
		rules := make([]string, len(s.Failures))
		for i, f := range s.Failures {
			rules[i] = f.Rule
		}
		whole.message = "does not hold: " + strings.Join(rules, ", ")
	case s.Verdict == Fail:
		whole.message = orText(s.Message, "failed without a failing rule")
	}
	out := []point{whole}
	prefix := ""
	if !alone {
		prefix = s.Name + ": "
	}
	for _, c := range s.Checks {
		p := point{name: prefix + c.Rule, kind: Pass, rule: c.Rule, scenario: s}
		if !c.OK {
			p.kind, p.message, p.detail = Fail, orText(c.Message, "does not hold"), c.detail()
		}
		out = append(out, p)
	}
	return out
}

// detail is the explanation of a failure, over several lines.
func (f *Failure) detail() string {
	lines := make([]string, 0, len(f.Explain)+1)
	if at := f.at(); at != "" {
		lines = append(lines, "at "+at)
	}
	return strings.Join(append(lines, f.Explain...), "\n")
}

// suite is the scenarios of one file, in order.
type suite struct {
	name      string
	file      string
	scenarios []*Scenario
}

// suites groups scenarios by file, in the order in which files first occur.
func suites(r *Run) []suite {
	var out []suite
	index := map[string]int{}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		at, ok := index[s.File]
		if !ok {
			at = len(out)
			index[s.File] = at
			out = append(out, suite{name: orText(s.Test, s.File), file: s.File})
		}
		out[at].scenarios = append(out[at].scenarios, s)
	}
	return out
}

func (s *suite) points() []point {
	var out []point
	for _, sc := range s.scenarios {
		out = append(out, points(sc, len(s.scenarios) == 1)...)
	}
	return out
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

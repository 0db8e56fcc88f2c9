package query

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// Template is a query applied to one template.
type Template struct {
	q *Query
	t *engine.Template
	// named holds, for each term by bit, whether the path, the name or a tag of the
	// template has its text. Terms beyond the 64th are looked up each time.
	named uint64
}

// On applies q to t.
func (q *Query) On(t *engine.Template) Template {
	of := Template{q: q, t: t}
	for i := range q.terms {
		if i < 64 && q.terms[i].names(t) {
			of.named |= 1 << i
		}
	}
	return of
}

// Whole reports whether the template itself, without its scenarios, is what all
// terms ask for by name.
func (of Template) Whole() bool {
	for i := range of.q.terms {
		if of.q.terms[i].not || !of.has(i) {
			return false
		}
	}
	return true
}

// Shown reports whether the template or any scenario of it is meant.
func (of Template) Shown() bool {
	if len(of.t.Scenarios) == 0 {
		return of.holds(nil)
	}
	for _, s := range of.t.Scenarios {
		if of.holds(s) {
			return true
		}
	}
	return false
}

// Scenario reports whether a scenario of the template is meant.
func (of Template) Scenario(s *engine.Scenario) bool { return of.holds(s) }

// Named reports whether the name of a scenario has the text of a term: it is a
// match itself, not only in a template that matches.
func (of Template) Named(s *engine.Scenario) bool {
	for i := range of.q.terms {
		if t := &of.q.terms[i]; !t.not && t.isText() && t.in(s.ID.Name) {
			return true
		}
	}
	return false
}

// has reports whether the path, the name or a tag of the template has the text of
// a term.
func (of Template) has(i int) bool {
	if i < 64 {
		return of.named&(1<<i) != 0
	}
	return of.q.terms[i].names(of.t)
}

// holds reports whether all terms hold for a scenario, or for the template
// alone when s is nil.
func (of Template) holds(s *engine.Scenario) bool {
	for i := range of.q.terms {
		t := &of.q.terms[i]
		var ok bool
		switch t.kind {
		case contains, letters:
			ok = of.has(i) || s != nil && t.in(s.ID.Name)
		case tag:
			ok = of.has(i)
		case status:
			ok = (templateStates(of.t)|scenarioStates(s))&t.states != 0
		case flaky:
			ok = s != nil && of.q.flaky != nil && of.q.flaky(s)
		case duration:
			ok = s != nil && s.Last().Result != nil && t.holds(s.Last().Result.Duration)
		}
		if ok == t.not {
			return false
		}
	}
	return true
}

// names reports whether a template itself has the text of t.
func (t *term) names(tpl *engine.Template) bool {
	switch t.kind {
	case contains, letters:
		return t.in(tpl.Path) || tpl.Name != "" && t.in(tpl.Name)
	case tag:
		for _, word := range tpl.Tags {
			if strings.HasPrefix(strings.ToLower(word), t.needle) {
				return true
			}
		}
	}
	return false
}

func (t *term) isText() bool { return t.kind == contains || t.kind == letters }

// in reports whether a name has the text of t.
func (t *term) in(name string) bool {
	if t.kind == letters {
		_, ok := t.letters.Match(name)
		return ok
	}
	return holdsText(name, t.needle)
}

func templateStates(t *engine.Template) (s state) {
	switch t.Status {
	case engine.CheckError:
		s = invalid
	case engine.CheckWarning:
		s = warning
	}
	if t.Manual {
		s |= manual
	}
	return s
}

func scenarioStates(s *engine.Scenario) (of state) {
	if s == nil {
		return 0
	}
	switch s.Verdict {
	case engine.VerdictNone:
		of = never
	case engine.VerdictQueued:
		of = queued
	case engine.VerdictRunning:
		of = running
	case engine.VerdictPass:
		of = pass
	case engine.VerdictFail:
		of = fail
	case engine.VerdictError:
		of = broken
	case engine.VerdictSkipped:
		of = skipped
	case engine.VerdictInterrupted:
		of = stopped
	}
	if s.Stale && s.Verdict.Done() {
		of = of&^pass | stale // a pass that is out of date is none
	}
	if s.Replayed && s.Verdict.Done() {
		of |= replayed
	}
	return of
}

// holdsText is strings.Contains without regard to case; needle is lower case.
// Names are mostly ASCII, for which it allocates nothing.
func holdsText(s, needle string) bool {
	if len(needle) > len(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return strings.Contains(strings.ToLower(s), needle)
		}
	}
	for i := 0; i+len(needle) <= len(s); i++ {
		j := 0
		for j < len(needle) && lower(s[i+j]) == needle[j] {
			j++
		}
		if j == len(needle) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Package query is the filter language of the dashboard.
//
// A line of terms flows in; whether a template or one of its scenarios is meant
// flows out. All terms of a line must hold:
//
//	text           the path, the name or the scenario contains it
//	"two words"    the same, with spaces
//	~text          the letters occur in that order
//	status:fail    the verdict; the beginning of the word is enough
//	tag:slow       a tag of the file begins so
//	dur:>2s        the time of the last run, with < > <= >=
//	stale          the inputs changed since the verdict
//	flaky          the last runs contradict each other
//	!term          the opposite of any of these
//
// Case does not count. The package imports engine and tui/fuzzy.
package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/fuzzy"
)

// Query is a parsed line. The zero Query means everything.
type Query struct {
	text    string
	terms   []term
	problem string
	flaky   func(*engine.Scenario) bool // nil: nobody knows
}

// kind is what a term looks at.
type kind uint8

const (
	contains kind = iota
	letters
	tag
	status
	duration
	flaky
)

// term is one condition.
type term struct {
	kind    kind
	not     bool
	needle  string // lower case
	letters fuzzy.Pattern
	states  state
	holds   func(time.Duration) bool
}

// state is a set of states.
type state uint16

// states are the words of status:, by bit.
var states = [...]string{"pass", "fail", "error", "running", "queued", "never", "stale", "skipped", "stopped", "replayed", "invalid", "warning", "manual"}

const (
	pass state = 1 << iota
	fail
	broken
	running
	queued
	never
	stale
	skipped
	stopped
	replayed
	invalid
	warning
	manual
)

// Parse reads a line. What cannot be understood is left out and named by
// Problem: a line is parsed with each key, so most lines are not finished.
func Parse(line string) Query {
	q := Query{text: line}
	for _, word := range words(line) {
		t, err := parseTerm(word)
		switch {
		case err != nil:
			q.problem = err.Error()
		case t.kind != contains || t.needle != "":
			q.terms = append(q.terms, t)
		}
	}
	return q
}

// Knowing returns q with what decides whether a scenario is flaky.
func (q Query) Knowing(flaky func(*engine.Scenario) bool) Query {
	q.flaky = flaky
	return q
}

// String returns the line as it was typed.
func (q Query) String() string { return q.text }

// Active reports whether q leaves anything out.
func (q Query) Active() bool { return len(q.terms) > 0 }

// Problem says which term was not understood, or "".
func (q Query) Problem() string { return q.problem }

// word is a piece of a line between spaces.
type word struct {
	text   string
	quoted bool // from the first letter behind ! and ~ on
}

// words divides a line at spaces that do not stand between quotes. A quote that
// is not closed yet ends with the line.
func words(line string) []word {
	var out []word
	var b strings.Builder
	in, quoted := false, false
	flush := func() {
		if b.Len() > 0 {
			out = append(out, word{b.String(), quoted})
		}
		b.Reset()
		quoted = false
	}
	for _, r := range line {
		switch {
		case r == '"':
			in = !in
			quoted = quoted || strings.Trim(b.String(), "!~") == ""
		case unicode.IsSpace(r) && !in:
			flush()
		default:
			b.WriteRune(r)
		}
	}
	flush()
	return out
}

// parseTerm reads one word.
func parseTerm(w word) (term, error) {
	var t term
	s := w.text
	if rest, ok := strings.CutPrefix(s, "!"); ok {
		s, t.not = rest, true
	}
	if rest, ok := strings.CutPrefix(s, "~"); ok {
		t.kind, t.letters = letters, fuzzy.New(rest)
		return t, nil
	}
	s = strings.ToLower(s)
	t.needle = s
	if w.quoted {
		return t, nil
	}
	key, value, keyed := strings.Cut(s, ":")
	switch {
	case s == "flaky":
		t.kind = flaky
	case s == "stale":
		t.kind, t.states = status, stale
	case keyed && key == "status":
		t.kind, t.states = status, statesOf(value)
		if t.states == 0 {
			return t, fmt.Errorf("no status %s: %s", brief(value), strings.Join(states[:], " "))
		}
	case keyed && key == "tag":
		t.kind, t.needle = tag, value
	case keyed && key == "dur":
		t.kind = duration
		holds, err := comparison(value)
		if err != nil {
			return t, err
		}
		t.holds = holds
	}
	return t, nil
}

// statesOf returns the states whose word begins so; "fail" includes errors.
func statesOf(prefix string) (s state) {
	for i, w := range states {
		if strings.HasPrefix(w, prefix) {
			s |= 1 << i
		}
	}
	if s&fail != 0 {
		s |= broken
	}
	return s
}

// briefRunes is how much of a word a problem repeats.
const briefRunes = 12

// brief quotes the beginning of a word: what was typed is on the screen already.
func brief(s string) string {
	if r := []rune(s); len(r) > briefRunes {
		s = string(r[:briefRunes]) + "..."
	}
	return strconv.Quote(s)
}

// comparison reads what stands behind dur:.
func comparison(s string) (func(time.Duration) bool, error) {
	rest := strings.TrimLeft(s, "<>=")
	op := s[:len(s)-len(rest)]
	d, err := time.ParseDuration(rest)
	if err != nil {
		return nil, fmt.Errorf("no time %s: write a time such as dur:>2s or dur:<300ms", brief(s))
	}
	switch op {
	case ">":
		return func(x time.Duration) bool { return x > d }, nil
	case ">=", "":
		return func(x time.Duration) bool { return x >= d }, nil
	case "<":
		return func(x time.Duration) bool { return x < d }, nil
	case "<=":
		return func(x time.Duration) bool { return x <= d }, nil
	}
	return nil, fmt.Errorf("no comparison %s: < > <= >=", brief(op))
}

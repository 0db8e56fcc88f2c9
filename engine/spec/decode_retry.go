package spec

import "time"

// defaultRetries and defaultDelay are those of a step that only says that it is
// to be retried.
const (
	defaultRetries = 3
	defaultDelay   = time.Second
	maxRetries     = 1000
)

// retryTable is retry = { max_attempts = 5, delay = "2s" }. The first attempt
// counts.
var retryTable = newTable(unknownKey,
	field[stepDraft]{name: "max_attempts", schema: natural, shape: "a number of attempts", set: func(_ *decoder, _ string, e *entry, s *stepDraft) bool {
		ok := e.val.count(&s.times)
		if ok {
			*s.times = max(0, *s.times-1)
		}
		return ok
	}}.or("attempts"),
	duration("delay", 0, func(s *stepDraft) *time.Duration {
		s.delay = new(time.Duration)
		return s.delay
	}),
)

// retryField says how often a step is executed again while its conditions do not
// hold: a number, a table, or true for three times.
var retryField = field[stepDraft]{
	name: "retry", schema: anyOf(truth, natural, inTable(retryTable)), shape: "a number of further attempts, or { max_attempts = 5, delay = \"2s\" }",
	set: func(d *decoder, path string, e *entry, s *stepDraft) bool {
		switch e.val.kind {
		case kindBool:
			on := !e.val.empty()
			s.repeats = &on
			return true
		case kindTable:
			on := true
			s.repeats = &on
			return retryTable.decode(d, join(path, e.key), e.val, s)
		default:
			return e.val.count(&s.times)
		}
	},
}

// retries combines what a step says about being retried. retry_on_failure = false
// wins over a number.
func (s *stepDraft) retries() {
	switch {
	case s.repeats != nil && !*s.repeats:
	case s.times != nil:
		s.Retries = *s.times
	case s.repeats != nil:
		s.Retries = defaultRetries
	}
	if s.Retries > 0 {
		s.RetryDelay = defaultDelay
		if s.delay != nil {
			s.RetryDelay = *s.delay
		}
	}
}

// count reads a number from 0 to maxRetries.
func (n *node) count(into **int) bool {
	if n.kind != kindInt || n.num < 0 || n.num > maxRetries {
		return false
	}
	v := int(n.num)
	*into = &v
	return true
}

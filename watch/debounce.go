package watch

import "time"

// lookGap is the least time between the two looks that must agree before a file
// is read. The first look is taken lookLead before the debounce ends, so that a
// file that is already stable waits no longer for it; the difference allows for
// timers that are late.
const (
	lookGap  = 10 * time.Millisecond
	lookLead = 15 * time.Millisecond
)

// debouncer decides when a burst of events is over: after quiet without a
// further one, and at the latest limit after the first. It is trailing: the
// last event is never lost. It holds no timer; the caller passes the time in.
type debouncer struct {
	quiet, limit time.Duration

	first, last time.Time // of the burst; zero when there is none
	looked      bool      // the first look of this deadline was taken
}

// note records an event at now.
func (d *debouncer) note(now time.Time) {
	if d.first.IsZero() {
		d.first = now
	}
	before := d.fireAt()
	d.last = now
	if d.fireAt().After(before) {
		d.looked = false // the look would be too old by then
	}
}

func (d *debouncer) active() bool { return !d.first.IsZero() }

// fireAt is when the burst is over, provided no event comes.
func (d *debouncer) fireAt() time.Time {
	quiet, limit := d.last.Add(d.quiet), d.first.Add(d.limit)
	if limit.Before(quiet) {
		return limit
	}
	return quiet
}

// lookAt is when to take the first look.
func (d *debouncer) lookAt() time.Time { return d.fireAt().Add(-lookLead) }

// next returns when the caller should come back; zero when there is no burst.
func (d *debouncer) next() time.Time {
	switch {
	case !d.active():
		return time.Time{}
	case !d.looked:
		return d.lookAt()
	default:
		return d.fireAt()
	}
}

// reset ends the burst.
func (d *debouncer) reset() { d.first, d.last, d.looked = time.Time{}, time.Time{}, false }

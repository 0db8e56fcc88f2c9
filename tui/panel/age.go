package panel

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// Ages learns when the ages that are drawn must be drawn anew: until then a screen
// on which nothing happens stays as it is.
type Ages struct {
	Next time.Time // when the first of them changes; zero when none was drawn
}

// changes notes that an age is on the screen that changes at a moment.
func (a *Ages) changes(at time.Time) {
	if a != nil && (a.Next.IsZero() || at.Before(a.Next)) {
		a.Next = at
	}
}

// Age writes how long before now a moment was, and notes that it is on the screen.
func (v *View) Age(t time.Time) string {
	d := v.Now.Sub(t)
	v.Ages.changes(v.Now.Add(text.AgeLasts(d)))
	return text.Age(d)
}

// Ago writes how long before now a moment was, or "" for the zero time.
func (v *View) Ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if s := v.Age(t); s != "now" {
		return s + " ago"
	}
	return "just now"
}

// OfScenario returns how a scenario looks now.
func (v *View) OfScenario(s *engine.Scenario) Status { return OfScenario(s, v.Age, &v.Theme.Glyphs) }

// Kept tells when a document that is kept must be made anew for the ages in it.
type Kept struct{ ages Ages }

// Moment is comparable: it changes when the ages in a document do.
type Moment struct {
	next time.Time
	over bool
}

// Moment is what the kept document depends on.
func (k *Kept) Moment(v *View) Moment {
	return Moment{k.ages.Next, !k.ages.Next.IsZero() && !v.Now.Before(k.ages.Next)}
}

// Shown notes that the ages in the kept document are on the screen.
func (k *Kept) Shown(v *View) {
	if !k.ages.Next.IsZero() {
		v.Ages.changes(k.ages.Next)
	}
}

// Build makes the document with write, which draws ages by v, and returns what it
// depends on.
func (k *Kept) Build(v *View, write func()) Moment {
	outer := v.Ages
	k.ages = Ages{}
	v.Ages = &k.ages
	write()
	v.Ages = outer
	k.Shown(v)
	return k.Moment(v)
}

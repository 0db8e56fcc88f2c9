package panel

import (
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// Ages says how ages are drawn, and learns what was: a screen with an age below a
// minute changes by itself.
type Ages struct {
	// Coarse has all ages below a minute drawn alike, so that a screen that nobody
	// looks at comes to rest.
	Coarse bool
	// Young says that an age below a minute is on the screen, in steps.
	Young bool
}

// Age writes how long before now a moment was, and notes that it is on the screen.
func (v *View) Age(t time.Time) string {
	d := v.Now.Sub(t)
	switch {
	case d >= time.Minute || v.Ages == nil:
	case v.Ages.Coarse:
		return "<1m"
	default:
		v.Ages.Young = true
	}
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
type Kept struct{ young bool }

// Moment is comparable: it changes when the ages in a document do.
type Moment struct {
	at     time.Time
	coarse bool
}

// Moment is what the kept document depends on.
func (k *Kept) Moment(v *View) Moment {
	m := Moment{at: v.Now.Truncate(time.Minute), coarse: v.Ages != nil && v.Ages.Coarse}
	if k.young && !m.coarse {
		m.at = v.Now.Truncate(text.AgeStep)
	}
	return m
}

// Shown notes that the ages in the kept document are on the screen.
func (k *Kept) Shown(v *View) {
	if v.Ages != nil && k.young {
		v.Ages.Young = true
	}
}

// Build makes the document with write, which draws ages by v, and returns what it
// depends on.
func (k *Kept) Build(v *View, write func()) Moment {
	outer, own := v.Ages, Ages{}
	if outer != nil {
		own.Coarse = outer.Coarse
	}
	v.Ages = &own
	write()
	v.Ages, k.young = outer, own.Young
	k.Shown(v)
	return k.Moment(v)
}

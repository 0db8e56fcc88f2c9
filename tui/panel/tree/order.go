package tree

import (
	"cmp"
	"slices"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// Order is what templates are sorted by. Scenarios stay in the order of their
// file.
type Order string

// The orders. What they do not tell apart is in the order of paths.
const (
	ByPath     Order = "" // as the engine has them
	ByStatus   Order = "status"
	ByDuration Order = "duration" // the longest last results first, then the longest dry run
	ByRecent   Order = "recent"   // what was run or checked last first
)

// Orders are all of them, as NextOrder goes through them.
var Orders = []Order{ByPath, ByStatus, ByDuration, ByRecent}

// NextOrder sorts the rows in the next way, and returns it.
func (t *Tree) NextOrder(s *engine.Snapshot) Order {
	t.SetOrder(s, Orders[(slices.Index(Orders, t.order)+1)%len(Orders)])
	return t.order
}

// SetOrder sorts the rows; an unknown order is that of paths. The selection
// stays on its row.
func (t *Tree) SetOrder(s *engine.Snapshot, o Order) {
	if !slices.Contains(Orders, o) {
		o = ByPath
	}
	t.order = o
	t.Sync(s)
	t.list.Reveal(len(t.rows), t.height)
}

// Order returns what the rows are sorted by.
func (t *Tree) Order() Order { return t.order }

// keyed is a template with what it is sorted by, smallest first.
type keyed struct {
	t             *engine.Template
	first, second int64
}

// ordered returns templates as the rows show them.
func (t *Tree) ordered(templates []*engine.Template) []*engine.Template {
	if t.order == ByPath {
		return templates
	}
	keys := make([]keyed, len(templates))
	for i, tpl := range templates {
		keys[i] = keyed{t: tpl}
		switch t.order {
		case ByStatus:
			keys[i].first = rank(tpl)
		case ByDuration:
			keys[i].first, keys[i].second = -int64(ran(tpl)), -int64(tpl.Timing.Total)
		case ByRecent:
			keys[i].first = -latest(tpl).UnixNano()
		}
	}
	slices.SortStableFunc(keys, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second))
	})
	out := make([]*engine.Template, len(keys))
	for i := range keys {
		out[i] = keys[i].t
	}
	return out
}

// urgency is the order of the words of states: what asks for something first.
var urgency = []string{"invalid", "fail", "stopped", "running", "warning", "stale", "checking", "valid", "replayed", "pass"}

// failingRank is the last rank that asks for a repair.
var failingRank = int64(slices.Index(urgency, "fail"))

// signs are not looked at: only the word of a state counts here.
var signs theme.Glyphs

func rank(t *engine.Template) int64 {
	return int64(slices.Index(urgency, panel.OfTemplate(t, &signs).Word))
}

// ran is how long the last runs of a template took together.
func ran(t *engine.Template) (d time.Duration) {
	for _, s := range t.Scenarios {
		if s.Last().Result != nil {
			d += s.Last().Result.Duration
		}
	}
	return d
}

// latest is when anything was last learnt about a template.
func latest(t *engine.Template) time.Time {
	at := time.Unix(0, 0)
	if t.CheckedAt.After(at) {
		at = t.CheckedAt
	}
	for _, s := range t.Scenarios {
		if s.Last().Result != nil && s.Last().Result.At.After(at) {
			at = s.Last().Result.At
		}
	}
	return at
}

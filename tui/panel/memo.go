package panel

import (
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine"
)

// Memo keeps something that was worked out for each template. A new snapshot
// shares the templates that did not change, so that only the others cost work.
// The zero Memo is empty.
type Memo[T any] struct {
	templates []*engine.Template
	values    []T
	spare     []T // values of the time before, to be written over
}

// Update takes the templates of a new snapshot, which are sorted by path, works
// out f for those that are new or changed, and returns the values in the order
// of the templates. The slice is valid until the next Update.
func (m *Memo[T]) Update(templates []*engine.Template, f func(*engine.Template) T) []T {
	values := slices.Grow(m.spare[:0], len(templates))[:len(templates)]
	old := 0
	for i, t := range templates {
		for old < len(m.templates) && m.templates[old] != t && m.templates[old].Path < t.Path {
			old++
		}
		if old < len(m.templates) && m.templates[old] == t {
			values[i] = m.values[old]
			old++
			continue
		}
		values[i] = f(t)
	}
	clear(m.values) // which is not to hold what is gone
	m.templates, m.values, m.spare = templates, values, m.values
	return values
}

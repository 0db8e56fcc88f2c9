package diff

import "slices"

// Mirror returns the diff as it reads from the new tree to the old one.
func (d *Diff) Mirror() *Diff {
	out := &Diff{Old: d.New, New: d.Old, Strategy: d.Strategy, Changes: slices.Clone(d.Changes), hide: d.hide}
	for i := range out.Changes {
		out.Changes[i] = out.Changes[i].mirror()
	}
	for _, b := range d.both {
		out.both = append(out.both, pair{b.new, b.old})
	}
	out.Changes = order(out.Changes)
	return out
}

func (c Change) mirror() Change {
	m := c
	m.Path, m.NewPath = c.NewPath, c.Path
	m.Old, m.New = c.New, c.Old
	m.old, m.new, m.oldLeaf, m.newLeaf = c.new, c.old, c.newLeaf, c.oldLeaf
	switch c.Kind {
	case Added:
		m.Kind = Removed
	case Removed:
		m.Kind = Added
	}
	switch c.Effect {
	case Tightens:
		m.Effect = Loosens
	case Loosens:
		m.Effect = Tightens
	}
	m.place()
	m.explain(nil)
	return m
}

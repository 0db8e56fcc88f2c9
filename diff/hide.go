package diff

import (
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

// Hiding returns the diff without the secrets of s in what it shows. What was
// found stays: values are compared and effects are proved as they are, so a
// secret that changed is a change whose old and new value look alike.
func (d *Diff) Hiding(s *secret.Set) *Diff {
	if s == nil {
		return d
	}
	out := *d
	out.hide, out.Changes = s, slices.Clone(d.Changes)
	for i := range out.Changes {
		c := &out.Changes[i]
		c.Old = hideSide(s, c.Old, c.Path, c.old, c.oldLeaf, c.newLeaf)
		c.New = hideSide(s, c.New, c.NewPath, c.new, c.newLeaf, c.oldLeaf)
		c.Path, c.NewPath, c.Why = s.String(c.Path), s.String(c.NewPath), s.String(c.Why)
	}
	return &out
}

// hideSide is the old or the new value of a change as it may be shown. A whole
// node is hidden leaf by leaf, for the name of each decides.
func hideSide(s *secret.Set, value, path string, n *Node, own, other *Leaf) string {
	switch {
	case own != nil:
		return fieldText(s, path, value)
	case n == nil || other != nil || value != n.Text():
		return s.String(value)
	}
	return n.textHiding(s)
}

// fieldText is a value under a name as it may be shown.
func fieldText(s *secret.Set, name, value string) string {
	text, _ := s.Field(name, value).(string) // a text stays one
	return text
}

// textHiding is Text without secrets.
func (n *Node) textHiding(s *secret.Set) string {
	if len(n.Leaves) == 0 {
		return s.String(n.Key)
	}
	parts := make([]string, len(n.Leaves))
	for i, l := range n.Leaves {
		if parts[i] = fieldText(s, n.Key, l.Value); l.Path != "" {
			parts[i] = s.String(l.Path) + " = " + fieldText(s, l.Path, l.Value)
		}
	}
	return strings.Join(parts, ", ")
}

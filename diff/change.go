package diff

import (
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
)

// Kind says what happened to a part of a tree.
type Kind string

// The kinds of change of clnrm.diff/1.
const (
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
	Renamed Kind = "renamed"
)

// Effect says what a change does to what the file accepts.
type Effect string

// The effects. They are proved, never guessed: see Change.Effect.
const (
	Tightens Effect = "tightens"
	Loosens  Effect = "loosens"
	Neutral  Effect = "neutral"
)

// Change is one difference between two trees.
type Change struct {
	Kind Kind
	Path string // in the old tree; of an added part, in the new one
	// NewPath is the path in the new tree; the same as Path unless the part, or
	// what it is part of, was renamed.
	NewPath string
	// Old and New are the values, or names when the kind is Renamed. Old is
	// empty for an added part, New for a removed one.
	Old, New string
	// Effect is Tightens when every set of spans that the new tree accepts meets
	// the old part, and the old tree is not shown to ask for the new part;
	// Loosens the other way round. It is Neutral when both are shown, so that
	// nothing changed in what is accepted, and when neither is: Undecided tells.
	// When every change of a diff tightens or is neutral and not undecided,
	// every set of spans that the new tree accepts is accepted by the old one.
	Effect    Effect
	Undecided bool
	Why       string // half a sentence: what the effect rests on
	// Distance is how many characters differ between Old and New; only the
	// Levenshtein strategy gives it, and 0 means not measured.
	Distance int
	Pos      diag.Position // in the new file; of a removed part, in the old one

	old, new         *Node // what it is about, or part of; nil when there is none
	oldLeaf, newLeaf *Leaf // nil when the whole node is meant
}

// Diff is what a strategy found between two trees.
type Diff struct {
	Old, New string // names of the trees
	Strategy string
	Changes  []Change // in the order of sections, then of paths

	both []pair      // nodes that were taken for the same, with those alone on a side
	hide *secret.Set // what Hiding took out of the changes
}

// pair is a node of the old tree and one of the new; one of them may be nil.
type pair struct{ old, new *Node }

// Equal reports whether there is no difference.
func (d *Diff) Equal() bool { return len(d.Changes) == 0 }

// Summary counts changes by kind and by effect.
type Summary struct {
	Added     int `json:"added"`
	Removed   int `json:"removed"`
	Changed   int `json:"changed"`
	Renamed   int `json:"renamed"`
	Tightened int `json:"tightened"`
	Loosened  int `json:"loosened"`
	Undecided int `json:"undecided"` // neutral because no implication could be shown
}

// Summary counts the changes.
func (d *Diff) Summary() Summary {
	var s Summary
	for i := range d.Changes {
		c := &d.Changes[i]
		switch c.Kind {
		case Added:
			s.Added++
		case Removed:
			s.Removed++
		case Changed:
			s.Changed++
		case Renamed:
			s.Renamed++
		}
		switch {
		case c.Effect == Tightens:
			s.Tightened++
		case c.Effect == Loosens:
			s.Loosened++
		case c.Undecided:
			s.Undecided++
		}
	}
	return s
}

// Section is the heading under which the change stands in a rendering.
func (c *Change) Section() string { return section(c.node()) }

// place sets the position from what the change is about.
func (c *Change) place() {
	switch {
	case c.newLeaf != nil:
		c.Pos = c.newLeaf.Pos
	case c.new != nil:
		c.Pos = c.new.Pos
	case c.oldLeaf != nil:
		c.Pos = c.oldLeaf.Pos
	default:
		c.Pos = c.old.Pos
	}
}

func (n *Node) clone() *Node {
	c := *n
	c.Leaves = slices.Clone(n.Leaves)
	return &c
}

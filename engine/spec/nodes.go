package spec

import "sync"

// nodes hands out the nodes of one document's tree. The tree is needed only while
// its document is decoded, and test files are decoded by the thousand, so the nodes
// of a tree that is done with are those of the next one, with the room in their
// lists. Strings are not held here: they are cut out of the document.
type nodes struct {
	slabs [][]node
	used  int
}

const (
	slabNodes = 64
	// keptNodes bounds what is kept for the next document: a large one, some 200 kB.
	keptNodes = 32 * slabNodes
)

var nodePool = sync.Pool{New: func() any { return new(nodes) }}

// next returns a node without contents.
func (ns *nodes) next() *node {
	slab := ns.used / slabNodes
	if slab == len(ns.slabs) {
		ns.slabs = append(ns.slabs, make([]node, slabNodes))
	}
	n := &ns.slabs[slab][ns.used%slabNodes]
	ns.used++
	return n
}

// release gives all nodes back. Nobody may look at one any more.
func (ns *nodes) release() {
	if ns.used > keptNodes {
		return
	}
	for i := range ns.used {
		ns.slabs[i/slabNodes][i%slabNodes].reset()
	}
	ns.used = 0
	nodePool.Put(ns)
}

// reset leaves nothing of a node but room.
func (n *node) reset() {
	clear(n.entries)
	clear(n.items)
	*n = node{entries: n.entries[:0], items: n.items[:0], more: n.more[:0]}
}

package trace

import "hash/maphash"

// idTable finds the row of a span by its ids: an open hash table of rows, which
// takes a tenth of what a map of the same would.
type idTable struct {
	spans []Span
	rows  []Ref // NoRef marks a free place; the length is a power of two

	// The hash of the last trace id: spans of a trace mostly come together.
	last string
	hash uint64
}

// idSeed is the same for all tables of a process: making one costs more than
// hashing a small trace.
var idSeed = maphash.MakeSeed()

func newIDTable(spans []Span) *idTable {
	size := 8
	for size < len(spans)+len(spans)/2 {
		size *= 2
	}
	t := &idTable{spans: spans, rows: make([]Ref, size)}
	for i := range t.rows {
		t.rows[i] = NoRef
	}
	t.hash = maphash.String(idSeed, "")
	return t
}

// place returns where a span with these ids is, or the free place where it
// would be. It may be called by one goroutine at a time.
func (t *idTable) place(traceID, spanID string) int {
	if traceID != t.last {
		t.last, t.hash = traceID, maphash.String(idSeed, traceID)
	}
	return t.probe(t.hash, traceID, spanID)
}

// find is place for a table that is complete, safe for concurrent use.
func (t *idTable) find(traceID, spanID string) Ref {
	return t.rows[t.probe(maphash.String(idSeed, traceID), traceID, spanID)]
}

func (t *idTable) probe(hash uint64, traceID, spanID string) int {
	mask := len(t.rows) - 1
	for i := int(hash*0x9e3779b97f4a7c15^maphash.String(idSeed, spanID)) & mask; ; i = (i + 1) & mask {
		r := t.rows[i]
		if r == NoRef {
			return i
		}
		if s := &t.spans[r]; s.ID == spanID && s.TraceID == traceID {
			return i
		}
	}
}

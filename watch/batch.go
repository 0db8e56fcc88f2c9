package watch

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Kind says what happened to a file.
type Kind uint8

// The kinds of change.
const (
	Added Kind = iota
	Modified
	Removed
)

// String returns the kind as one lower-case word.
func (k Kind) String() string {
	return [...]string{"added", "modified", "removed"}[k]
}

// MaxFile is the size in bytes above which a file is not read.
const MaxFile = 64 << 20

// What Change.Err wraps when a file with a fitting name cannot be a test file.
var (
	ErrDirectory = errors.New("is a directory")
	ErrSpecial   = errors.New("is not a regular file")
	ErrTooBig    = errors.New("is larger than 64 MiB")
)

// Change is the final state of one file after a burst of events.
type Change struct {
	Path  string // as the user named the root, joined with the part below it
	Kind  Kind
	Extra bool // named by SetExtra and by nothing else
	// From is the path under which the same content was known until it was
	// renamed; its removal is in the same batch. Empty unless Kind is Added.
	From string
	Data []byte   // the content, nil when removed or Err; owned by the receiver
	Hash [32]byte // SHA-256 of Data
	// Seen is when the first event of the burst arrived: the start of the time
	// from a save to its verdict. For a change without an event (first scan,
	// poll, sweep) it is when the difference was noticed.
	Seen               time.Time
	ReadTime, HashTime time.Duration
	// Err says why the file could not be read: permission, ErrDirectory,
	// ErrSpecial, ErrTooBig, a link to nowhere. Data is nil then.
	Err error
}

// Batch is what changed in one burst, one Change per path, sorted by path.
type Batch struct {
	Initial   bool // the first batch: everything there is, all Added
	Changes   []Change
	Unchanged int // saves in this burst that left the content as it was
}

// pending collects what the reader has not taken yet. While the reader is busy
// later states replace earlier ones, so it never grows beyond one change per
// file, and what is taken is always up to date.
type pending struct {
	batch Batch
	index map[string]int // path → position in batch.Changes
	any   bool
	messy bool // not sorted
}

func (p *pending) add(changes []Change, unchanged int, initial bool) {
	if len(changes) == 0 && unchanged == 0 && !initial {
		return
	}
	if p.index == nil {
		p.index = map[string]int{}
	}
	p.any, p.messy = true, true
	p.batch.Unchanged += unchanged
	p.batch.Initial = p.batch.Initial || initial
	for i := range changes {
		p.merge(changes[i])
	}
}

// merge folds c into what is pending for its path. The reader knows neither the
// pending state nor c, so kinds are relative to what it took before.
func (p *pending) merge(c Change) {
	i, ok := p.index[c.Path]
	if !ok {
		p.index[c.Path] = len(p.batch.Changes)
		p.batch.Changes = append(p.batch.Changes, c)
		return
	}
	old := &p.batch.Changes[i]
	c.Seen = old.Seen
	switch {
	case old.Kind == Added && c.Kind == Removed:
		last := len(p.batch.Changes) - 1
		p.batch.Changes[i] = p.batch.Changes[last]
		p.index[p.batch.Changes[i].Path] = i
		p.batch.Changes = p.batch.Changes[:last]
		delete(p.index, c.Path)
		return
	case old.Kind == Added:
		c.Kind, c.From = Added, old.From
	case old.Kind == Removed && c.Kind == Added:
		c.Kind, c.From = Modified, ""
	}
	*old = c
}

// peek returns the batch to hand over and whether there is one.
func (p *pending) peek() (Batch, bool) {
	if p.messy {
		slices.SortFunc(p.batch.Changes, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
		for i := range p.batch.Changes {
			p.index[p.batch.Changes[i].Path] = i
		}
		p.messy = false
	}
	return p.batch, p.any
}

// taken forgets the batch that the reader took.
func (p *pending) taken() { *p = pending{} }

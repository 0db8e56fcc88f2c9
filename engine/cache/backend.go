package cache

import (
	"context"
	"time"
)

// Entry is one rendered template. Its exported fields are plain values that any
// backend can write down; Memo is not. Text and Map are shared between all who
// hold the entry and must not be changed.
type Entry struct {
	Text       []byte        `json:"text"`
	Map        []byte        `json:"map"` // encoded source map; this package does not look inside
	Closure    Closure       `json:"closure"`
	RenderTime time.Duration `json:"render_time"`

	// Memo is what the caller made of Text (the decoded file, its diagnostics),
	// so that a hit skips parsing and validating too. It lives in the memory
	// backend only and is handed back only for the path it was stored for,
	// because it may hold positions in that file.
	Memo any `json:"-"`
	// Private says that the text holds a secret.
	Private bool `json:"-"`

	memoPath string
	from     string // the far store that it came out of
}

// size is the memory that an entry is charged with, in bytes. A Memo is charged
// as twice the text, about what a decoded file takes.
func (e *Entry) size() int64 {
	n := int64(len(e.Text) + len(e.Map) + entryOverhead)
	for i := range e.Closure.Deps {
		n += int64(len(e.Closure.Deps[i].Path)) + 64
	}
	for i := range e.Closure.Env {
		n += int64(len(e.Closure.Env[i].Name)) + 64
	}
	if e.Memo != nil {
		n += 2 * int64(len(e.Text))
	}
	return n
}

const entryOverhead = 512

// BackendStats describe the contents of a backend.
type BackendStats struct {
	Entries   int
	Capacity  int   // entries; 0 when only bytes bound it
	Bytes     int64 // held now
	MaxBytes  int64 // 0 when unbounded
	Evictions int64 // entries dropped to make room since the start
}

// Backend stores entries by key. Implementations are safe for concurrent use.
// They may drop entries at any time, but never return one under a key other
// than the one it was put under.
type Backend interface {
	// Get returns the entry, or nil and no error when there is none. The
	// error says that the backend could not be asked.
	Get(ctx context.Context, k Key) (*Entry, error)
	// Put stores e under k and takes ownership of it.
	Put(ctx context.Context, k Key, e *Entry) error
	// Stats returns the present counters.
	Stats(ctx context.Context) (BackendStats, error)
}

package cache

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// DefaultEntries and DefaultBytes bound a memory backend unless other bounds
// are asked for; bytes are those of rendered text and source map.
const (
	DefaultEntries = 100
	DefaultBytes   = 50 << 20
)

// Memory is a backend in the memory of the process. When it is full it drops
// the entry that was used least recently.
type Memory struct {
	mu        sync.Mutex
	lru       *simplelru.LRU[Key, *Entry]
	capacity  int
	maxBytes  int64
	bytes     int64
	evictions int64
}

// NewMemory returns an empty memory backend that holds at most entries entries
// of together at most maxBytes bytes. Zero means DefaultEntries and
// DefaultBytes; negative values are an error.
func NewMemory(entries int, maxBytes int64) (*Memory, error) {
	if entries < 0 || maxBytes < 0 {
		return nil, fmt.Errorf("create memory cache: bounds must not be negative (%d entries, %d bytes)", entries, maxBytes)
	}
	if entries == 0 {
		entries = DefaultEntries
	}
	if maxBytes == 0 {
		maxBytes = DefaultBytes
	}
	m := &Memory{capacity: entries, maxBytes: maxBytes}
	lru, err := simplelru.NewLRU(entries, func(_ Key, e *Entry) { m.bytes -= e.size() })
	if err != nil {
		return nil, fmt.Errorf("create memory cache: %w", err)
	}
	m.lru = lru
	return m, nil
}

// Get implements [Backend]; it never fails.
func (m *Memory) Get(_ context.Context, k Key) (*Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, _ := m.lru.Get(k)
	return e, nil
}

// Put implements [Backend]; it never fails. An entry that is larger than the
// whole bound is not kept.
func (m *Memory) Put(_ context.Context, k Key, e *Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lru.Remove(k) // so that the replaced entry's bytes are given back
	size := e.size()
	if size > m.maxBytes {
		m.evictions++
		return nil
	}
	m.bytes += size
	if m.lru.Add(k, e) {
		m.evictions++
	}
	for m.bytes > m.maxBytes {
		m.lru.RemoveOldest()
		m.evictions++
	}
	return nil
}

// Stats implements [Backend]; it never fails.
func (m *Memory) Stats(context.Context) (BackendStats, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return BackendStats{
		Entries:   m.lru.Len(),
		Capacity:  m.capacity,
		Bytes:     m.bytes,
		MaxBytes:  m.maxBytes,
		Evictions: m.evictions,
	}, nil
}

package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// broken is a store that fails as told.
type broken struct {
	Blobs
	mu    sync.Mutex
	err   error
	hangs bool
	asked int
}

func (b *broken) Get(ctx context.Context, name string) ([]byte, error) {
	b.mu.Lock()
	b.asked++
	err, hangs := b.err, b.hangs
	b.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return b.Blobs.Get(ctx, name)
}

func (b *broken) set(err error, hangs bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err, b.hangs, b.asked = err, hangs, 0
}

// F29: a store that fails or hangs is bypassed, said once, and used again.
func TestF29AFailingStoreIsBypassedAndSaid(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		hangs bool
		said  string
	}{
		"fails": {errors.New("connection refused"), false, "is bypassed: connection refused"},
		"hangs": {nil, true, "is bypassed: no answer within 250ms"},
	} {
		t.Run(name, func(t *testing.T) {
			var n notes
			at := &clock{at: time.Unix(1000, 0)}
			b := &broken{Blobs: disk(t, t.TempDir(), 0)}
			m, err := NewMemory(0, 0)
			if err != nil {
				t.Fatal(err)
			}
			cache := New(m, NewFar(b, "", at.now, n.note))
			defer closed(t, cache)
			b.set(c.err, c.hangs)
			for i := range 5 {
				if e, reason := lookup(t, cache, world{}, fmt.Sprint(i), "text"); e != nil || reason != "first seen" {
					t.Errorf("%v, %s", e, reason)
				}
			}
			if b.asked != 1 || strings.Count(n.all(), "bypassed") != 1 || !strings.Contains(n.all(), c.said) {
				t.Errorf("asked %d times, said %q", b.asked, n.all())
			}
			if s := cache.Far()[0]; s.Problem == "" {
				t.Errorf("%+v", s)
			}
			b.set(nil, false)
			at.move(farRest)
			lookup(t, cache, world{}, "again", "text")
			if b.asked != 1 || !strings.HasSuffix(n.all(), "is used again") || cache.Far()[0].Problem != "" {
				t.Errorf("asked %d times, said %q", b.asked, n.all())
			}
		})
	}
}

func TestNamesOfSeveralClosuresAreKept(t *testing.T) {
	var n notes
	dir := t.TempDir()
	deps := map[string][]string{"1": {"a"}, "2": {"b"}, "3": {"a", "b"}}
	w := world{files: map[string]string{}}
	first := process(t, &n, disk(t, dir, 0))
	for mode, names := range deps { // what is read depends on $MODE
		w.env = map[string]string{"MODE": mode}
		store(t, first, "t", Entry{Text: []byte(mode), Map: []byte("{}"), Closure: w.closure("text", names, []string{"MODE"})})
	}
	closed(t, first)
	second := process(t, &n, disk(t, dir, 0))
	defer closed(t, second)
	for mode := range deps {
		w.env = map[string]string{"MODE": mode}
		if e, _ := lookup(t, second, w, "t", "text"); e == nil || string(e.Text) != mode {
			t.Errorf("mode %s: %v", mode, e)
		}
	}
}

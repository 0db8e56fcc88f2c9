package cache

import (
	"context"
	"testing"
)

func key(s string) Key { return Key(hashOf(s)) }

func put(t *testing.T, m *Memory, name string, size int) {
	t.Helper()
	if err := m.Put(context.Background(), key(name), &Entry{Text: make([]byte, size)}); err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, m *Memory, name string) bool {
	t.Helper()
	e, err := m.Get(context.Background(), key(name))
	if err != nil {
		t.Fatal(err)
	}
	return e != nil
}

func TestMemoryDropsTheLeastRecentlyUsed(t *testing.T) {
	m, err := NewMemory(2, 0)
	if err != nil {
		t.Fatal(err)
	}
	put(t, m, "a", 1)
	put(t, m, "b", 1)
	has(t, m, "a")
	put(t, m, "c", 1)
	if !has(t, m, "a") || has(t, m, "b") || !has(t, m, "c") {
		t.Errorf("kept a=%v b=%v c=%v", has(t, m, "a"), has(t, m, "b"), has(t, m, "c"))
	}
}

func TestMemoryHoldsItsByteBound(t *testing.T) {
	m, err := NewMemory(100, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	put(t, m, "a", 4000)
	put(t, m, "b", 4000)
	put(t, m, "b", 4000) // replaced, not counted twice
	if s, _ := m.Stats(context.Background()); s.Entries != 2 || s.Evictions != 0 {
		t.Fatalf("stats %+v", s)
	}
	put(t, m, "c", 4000)
	s, _ := m.Stats(context.Background())
	if has(t, m, "a") || s.Entries != 2 || s.Bytes > 10_000 || s.Evictions != 1 {
		t.Errorf("stats %+v", s)
	}
	put(t, m, "huge", 20_000)
	if s, _ := m.Stats(context.Background()); has(t, m, "huge") || s.Entries != 2 {
		t.Errorf("an entry above the bound pushed others out: %+v", s)
	}
}

func TestMemoryRefusesNegativeBounds(t *testing.T) {
	if _, err := NewMemory(-1, 0); err == nil {
		t.Error("negative number of entries accepted")
	}
	if _, err := NewMemory(0, -1); err == nil {
		t.Error("negative number of bytes accepted")
	}
}

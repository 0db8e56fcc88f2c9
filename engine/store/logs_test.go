package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// logged writes the log of run i and names it in its record.
func logged(t *testing.T, s *store.Store, i int) *store.Record {
	t.Helper()
	r := nth(i)
	r.Log = filepath.Base(oldLog(t, s, r.At))
	return r
}

// oldLog writes a log that nobody has touched for two hours.
func oldLog(t *testing.T, s *store.Store, at time.Time) string {
	t.Helper()
	name := s.NewLog(path, scenario, at)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("0123456789"), 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	return name
}

func there(name string) bool { _, err := os.Stat(name); return err == nil }

func TestLogsGoWithTheirRecords(t *testing.T) {
	l := young
	l.Traces = 2
	root := t.TempDir()
	s := store.Open(root, l)
	shared := filepath.Join(s.Folder(path, scenario), "log.txt")
	save(t, s, nth(0))
	if err := os.WriteFile(shared, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	live, left := s.NewLog(path, scenario, time.Now()), oldLog(t, s, nth(0).At)
	var recs []*store.Record
	for i := 1; i < 5; i++ {
		recs = append(recs, logged(t, s, i))
		if i == 4 { // a run of another process has just begun
			if err := os.WriteFile(live, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		save(t, s, recs[i-1])
	}
	for i, r := range recs {
		if got := there(s.LogFile(r)); got != (i >= 2) {
			t.Errorf("the log of run %d is there: %t", i+1, got)
		}
	}
	if there(left) || there(shared) || !there(live) {
		t.Errorf("left behind: %t, of an older version: %t, being written: %t", there(left), there(shared), there(live))
	}
	if got := s.NewestLog(path, scenario, 0); got != live {
		t.Errorf("the newest log is %s, want %s", got, live)
	}
	if got := s.NewestLog(path, scenario, -1); got != "" {
		t.Errorf("another process has the log %s", got)
	}
	// By bytes they go with their traces, but the last stays.
	l.Bytes = 1
	save(t, store.Open(root, l), logged(t, s, 5))
	if last, err := s.Load(path, scenario); err != nil || !there(s.LogFile(last)) || there(s.LogFile(recs[3])) {
		t.Errorf("by bytes: %v, the log before the last is there: %t", err, there(s.LogFile(recs[3])))
	}
}

func TestARecordIsReadAgainOnlyWhenItIsAnother(t *testing.T) {
	root := t.TempDir()
	s, other := store.Open(root, young), store.Open(root, young)
	load := func(known store.Stamp, after time.Time, want string) store.Stamp {
		t.Helper()
		r, stamp, err := s.LoadNewer(path, scenario, known, after)
		got := ""
		if r != nil {
			got = r.Digest
		}
		if err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
		return stamp
	}
	stamp := load(store.Stamp{}, time.Time{}, "")
	save(t, other, nth(1))
	stamp = load(stamp, time.Time{}, "digest 1")
	stamp = load(stamp, time.Time{}, "")
	save(t, other, nth(0))
	stamp = load(stamp, nth(1).At, "") // older than the own run
	save(t, other, nth(2))
	load(stamp, nth(1).At, "digest 2")
}

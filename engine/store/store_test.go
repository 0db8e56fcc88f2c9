package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/store"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

func record() *store.Record {
	return &store.Record{
		Path: "a/b.clnrm.toml", Scenario: "pays twice/..", RunHash: "r", SpecHash: "s", Verdict: "fail",
		At: time.Date(2025, 1, 2, 3, 4, 5, 6, time.UTC), Duration: time.Second,
		Steps:     []store.Step{{Name: "run", Ran: true, ExitCode: 3, Stdout: "line\nline"}},
		Checks:    []expect.Check{{Rule: "step[run].exit_code", Message: "exit status 3"}},
		Evidence:  runner.Evidence{Backend: "docker", Hermetic: true, Containers: []runner.Container{{Service: "app", ID: "c"}}},
		Telemetry: runner.Telemetry{Complete: true, Requests: 2},
		Spans: []trace.Span{{
			Name: "x", TraceID: "00000000000000000000000000000001", ID: "0000000000000002", Kind: trace.KindServer, KindKnown: true,
			Start: 1, End: 2, Status: trace.StatusError, Attrs: []trace.Attr{{Key: "n", Value: int64(1)}, {Key: "f", Value: 1.0}},
			Events: []trace.Event{{Name: "e", Time: 1}}, Resource: &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "s"}}},
			Source: trace.Source{Kind: "otlp", Scenario: "pays twice/..", Service: "app"},
		}},
	}
}

func TestRecordIsReadBackAsWritten(t *testing.T) {
	s := store.Open(t.TempDir(), store.Limits{})
	if err := s.Save(record()); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load("a/b.clnrm.toml", "pays twice/..")
	if err != nil {
		t.Fatal(err)
	}
	want := record()
	want.Schema, want.BodySum = got.Schema, got.BodySum
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestScenariosDoNotShareRecords(t *testing.T) {
	s := store.Open(t.TempDir(), store.Limits{})
	if err := s.Save(record()); err != nil {
		t.Fatal(err)
	}
	for _, id := range [][2]string{{"a/b.clnrm.toml", "pays twice"}, {"a-b.clnrm.toml", "pays twice/.."}, {"other", "x"}} {
		if r, err := s.Load(id[0], id[1]); r != nil || err != nil {
			t.Errorf("Load(%q, %q) = %v, %v; want nothing", id[0], id[1], r, err)
		}
	}
}

func TestSaveReplacesWholeRecords(t *testing.T) {
	root := t.TempDir()
	s := store.Open(root, store.Limits{})
	for _, hash := range []string{"one", "two"} {
		r := record()
		r.RunHash = hash
		if err := s.Save(r); err != nil {
			t.Fatal(err)
		}
	}
	r, err := s.Load("a/b.clnrm.toml", "pays twice/..")
	if err != nil || r.RunHash != "two" {
		t.Errorf("Load = %v, %v; want the newer record", r, err)
	}
	left, err := filepath.Glob(filepath.Join(root, ".clnrm/runs/*/.tmp-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files left: %v, %v", left, err)
	}
}

func TestStateStaysOutOfTheUsersRepository(t *testing.T) {
	root := t.TempDir()
	if err := store.Open(root, store.Limits{}).Save(record()); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(root, ".clnrm/.gitignore")); err != nil || string(data) != "*\n" {
		t.Errorf(".gitignore = %q, %v", data, err)
	}
}

func TestDamagedRecordIsSetAside(t *testing.T) {
	whole := func() []byte {
		root := t.TempDir()
		if err := store.Open(root, store.Limits{}).Save(record()); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(root, ".clnrm/runs/*/record.ndjson"))
		if err != nil || len(files) != 1 {
			t.Fatalf("files %v, %v", files, err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}()
	for name, data := range map[string][]byte{
		"a span less": whole[:bytes.IndexByte(whole, '\n')+1], "empty": {}, "cut in the header": whole[:20], "cut in a span": whole[:len(whole)-20], "binary": {0xff, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			s := store.Open(root, store.Limits{})
			if err := s.Save(record()); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(s.Folder("a/b.clnrm.toml", "pays twice/.."), "record.ndjson")
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if r, err := s.Load("a/b.clnrm.toml", "pays twice/.."); r != nil || !errors.Is(err, store.ErrDamaged) {
				t.Errorf("Load = %v, %v; want ErrDamaged", r, err)
			}
			if _, err := os.Stat(file + ".damaged"); err != nil {
				t.Error(err)
			}
			if r, err := s.Load("a/b.clnrm.toml", "pays twice/.."); r != nil || err != nil {
				t.Errorf("second Load = %v, %v; want nothing", r, err)
			}
		})
	}
}

func TestRecordOfAnotherSchemaCountsAsAbsent(t *testing.T) {
	s := store.Open(t.TempDir(), store.Limits{})
	file := filepath.Join(s.Folder("p", "s"), "record.ndjson")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"schema":"clnrm.record/99","path":"p","scenario":"s"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Load("p", "s"); r != nil || err != nil {
		t.Errorf("Load = %v, %v", r, err)
	}
}

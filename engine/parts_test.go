package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLogKeepsLinesApartAndBounded(t *testing.T) {
	l := newLogs(time.Now, func() {})
	id := ScenarioID{"f", "s"}
	r := l.start(id, filepath.Join(t.TempDir(), "x", "log.txt"))
	l.write(id, r, "app", "run", "stdout", []byte("one\ntw"))
	l.write(id, r, "app", "run", "stderr", []byte("err\n"))
	l.write(id, r, "app", "run", "stdout", []byte("o\nlast"))
	if err := l.finish(id, r); err != nil {
		t.Fatal(err)
	}
	var got []string
	w := l.window(id, 0, 10)
	for _, x := range w.Lines {
		got = append(got, x.Stream+":"+x.Text)
	}
	if want := "stdout:one stderr:err stdout:two stdout:last"; strings.Join(got, " ") != want {
		t.Errorf("lines %v, want %s", got, want)
	}
	data, err := os.ReadFile(w.File)
	if err != nil || strings.Count(string(data), "\n") != 4 || !strings.Contains(string(data), "app/run stdout | two") {
		t.Errorf("file %q, %v", data, err)
	}
}

func TestLogOfAnEarlierProcessIsReadBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.txt")
	id := ScenarioID{"f", "s"}
	one := newLogs(time.Now, func() {})
	r := one.start(id, file)
	one.write(id, r, "app", "say | it/loud", "stdout", []byte("a | b\n\n"))
	one.write(id, r, "", "", "clnrm", []byte("building\n"))
	if err := one.finish(id, r); err != nil {
		t.Fatal(err)
	}
	two := newLogs(time.Now, func() {})
	two.recall(id, file)
	var got []string
	for _, x := range two.window(id, 0, 10).Lines {
		got = append(got, fmt.Sprintf("%s/%s %s:%s", x.Service, x.Step, x.Stream, x.Text))
	}
	want := []string{"app/say it/loud stdout:a | b", "app/say it/loud stdout:", "/ clnrm:building"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	two.recall(ScenarioID{"f", "never"}, filepath.Join(t.TempDir(), "none"))
	if w := two.window(ScenarioID{"f", "never"}, 0, 1); w.Total != 0 {
		t.Errorf("%+v", w)
	}
}

func TestLogRingDropsTheOldestAndSaysSo(t *testing.T) {
	l := newLogs(time.Now, func() {})
	id := ScenarioID{"f", "s"}
	r := l.start(id, filepath.Join(t.TempDir(), "log.txt"))
	const n = 3 * logRingLines
	for range n {
		l.write(id, r, "app", "", "stdout", []byte("line\n"))
	}
	if err := l.finish(id, r); err != nil {
		t.Fatal(err)
	}
	w := l.window(id, 0, 5)
	if w.Total != n || w.First < n-logRingLines*5/4 || w.First > n-logRingLines {
		t.Errorf("first %d of %d", w.First, w.Total)
	}
	data, err := os.ReadFile(w.File)
	if err != nil || strings.Count(string(data), "\n") != n {
		t.Errorf("the file holds %d lines, want %d (%v)", strings.Count(string(data), "\n"), n, err)
	}
	if tail := l.window(id, -2, 10); len(tail.Lines) != 2 || tail.First != n-2 {
		t.Errorf("the last two: %d lines from %d", len(tail.Lines), tail.First)
	}
}

func TestLogWithoutLineFeedsStaysBounded(t *testing.T) {
	l := newLogs(time.Now, func() {})
	id := ScenarioID{"f", "s"}
	r := l.start(id, filepath.Join(t.TempDir(), "log.txt"))
	chunk := []byte(strings.Repeat("x", 32<<10))
	for range 1000 {
		l.write(id, r, "app", "", "stdout", chunk)
	}
	r.mu.Lock()
	held := r.bytes + len(r.partial[logSource{"app", "", "stdout"}])
	r.mu.Unlock()
	if held > logRingBytes*3/2 {
		t.Errorf("%d bytes held in memory", held)
	}
	if err := l.finish(id, r); err != nil {
		t.Fatal(err)
	}
}

func TestLogFileThatCannotBeWrittenIsReported(t *testing.T) {
	l := newLogs(time.Now, func() {})
	id := ScenarioID{"f", "s"}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := l.start(id, filepath.Join(blocked, "log.txt"))
	l.write(id, r, "app", "", "stdout", []byte("x\n"))
	if err := l.finish(id, r); err == nil {
		t.Error("no error")
	}
	if w := l.window(id, 0, 1); len(w.Lines) != 1 {
		t.Error("the log is not even in memory")
	}
}

func TestLatencyIsSortedIntoClasses(t *testing.T) {
	for d, want := range map[time.Duration]int{
		0: 0, 2*time.Millisecond - 1: 0, 2 * time.Millisecond: 1, 5 * time.Second: 12, time.Minute: LatencyBuckets - 1,
	} {
		if got := bucket(d); got != want {
			t.Errorf("%v is in class %d, want %d", d, got, want)
		}
	}
	var l latency
	for seq, d := range []time.Duration{time.Millisecond, 3 * time.Millisecond, 3 * time.Millisecond} {
		start := time.Unix(0, 0)
		l.carried(uint64(seq), start)
		s, ok := l.shown(uint64(seq), start.Add(d))
		if n := s.Histogram[0] + s.Histogram[1]; !ok || n != seq+1 {
			t.Errorf("%d samples are counted after %d", n, seq+1)
		}
	}
}

func TestLatencyIsMeasuredWhenTheVerdictIsShown(t *testing.T) {
	var l latency
	start := time.Unix(0, 0)
	for i := range 100 {
		l.carried(uint64(10*i), start)
	}
	if _, any := l.shown(9, start); !any {
		t.Error("the first was shown and gave no sample")
	}
	got, any := l.shown(10_000, start.Add(80*time.Millisecond))
	if !any || got.Samples != 100 || got.P50 != 80*time.Millisecond || got.Max != 80*time.Millisecond {
		t.Errorf("%+v, %v", got, any)
	}
	if _, any := l.shown(20_000, start); any {
		t.Error("a frame without news gave a sample")
	}
}

func TestScope(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"proj/.git/x", "proj/tests/a.clnrm.toml", "proj/tests/deep/b.clnrm.tera", "plain/c.toml"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, cwd string
		paths     []string
		root      string
	}{
		{"nearest marker above", "proj/tests", nil, "proj"},
		{"marker above several paths", "proj", []string{"tests/a.clnrm.toml", "tests/deep"}, "proj"},
		{"no marker: the working directory", "plain", []string{"c.toml"}, "plain"},
		{"no marker and elsewhere: the folder itself", "proj", []string{"../plain"}, "plain"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := newScope(filepath.Join(dir, tt.cwd), tt.paths)
			if err != nil || s.root != filepath.Join(dir, tt.root) {
				t.Errorf("root = %v, %v; want %s", s, err, tt.root)
			}
		})
	}
	if _, err := newScope(dir, []string{"nowhere"}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a path that does not exist: %v", err)
	}
}

func TestTestFilesAreKnownByTheirNames(t *testing.T) {
	s := &scope{named: map[string]bool{"/p/x.toml": true}}
	for name, want := range map[string]bool{
		"/p/a.clnrm.toml": true, "/p/a.clnrm.toml.tera": true, "/p/a.clnrm.tera": true, "/p/x.toml": true,
		"/p/Cargo.toml": false, "/p/cleanroom.toml": false, "/p/_macros.toml.tera": false, "/p/_a.clnrm.toml": false,
		"/p/.clnrm.toml": false, "/p/a.toml.tera": false,
	} {
		if got := s.match(name); got != want {
			t.Errorf("match(%s) = %v, want %v", name, got, want)
		}
	}
}

// TestSnapshotsNeverChange folds events and looks at the snapshots before.
func TestSnapshotsNeverChange(t *testing.T) {
	st := newState("/", time.Now)
	st.apply(Checked{Template: &Template{Path: "b", Generation: 1, Status: CheckOK, Scenarios: []*Scenario{{ID: ScenarioID{"b", "s"}, Verdict: VerdictPass}}}})
	one := st.snapshot()
	st.apply(Checked{Template: &Template{Path: "a", Generation: 1, Status: CheckError}})
	st.apply(ScenarioFinished{Scenario: &Scenario{ID: ScenarioID{"b", "s"}, Verdict: VerdictFail}})
	two := st.snapshot()
	st.apply(Removed{Path: "b"})
	st.apply(Checked{Template: &Template{Path: "a", Generation: 0, Status: CheckOK}}) // older than what is shown
	three := st.snapshot()

	paths := func(s *Snapshot) (out []string) {
		for _, t := range s.Templates {
			out = append(out, t.Path+"="+t.Status.String())
		}
		return out
	}
	for _, x := range []struct {
		s      *Snapshot
		want   []string
		counts Counts
	}{
		{one, []string{"b=ok"}, Counts{Templates: 1, OK: 1, Scenarios: 1, Passed: 1}},
		{two, []string{"a=error", "b=ok"}, Counts{Templates: 2, OK: 1, Errors: 1, Scenarios: 1, Failed: 1}},
		{three, []string{"a=error"}, Counts{Templates: 1, Errors: 1}},
	} {
		if got := paths(x.s); !slices.Equal(got, x.want) || x.s.Counts != x.counts {
			t.Errorf("snapshot %d: %v %+v, want %v %+v", x.s.Seq, got, x.s.Counts, x.want, x.counts)
		}
	}
}

func TestPanicOfTheEngineIsItsCrash(t *testing.T) {
	e, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
	e.background(func() { panic("on purpose") })
	<-e.Crashed()
	if err := e.Err(); err == nil || !strings.Contains(err.Error(), "on purpose") || !strings.Contains(err.Error(), "parts_test.go") {
		t.Errorf("%v", err)
	}
}

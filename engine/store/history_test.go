package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

const path, scenario = "a/b.clnrm.toml", "pays twice/.."

// nth is the record of the run number i, a minute after the one before.
func nth(i int) *store.Record {
	r := record()
	r.Path, r.Scenario = path, scenario
	r.Judged, r.At, r.Digest, r.Failure = 1, r.At.Add(time.Duration(i)*time.Minute), fmt.Sprint("digest ", i), "step[run].exit_code: exit status 3"
	return r
}

func save(t *testing.T, s *store.Store, records ...*store.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Save(r); err != nil {
			t.Fatal(err)
		}
	}
}

func runsOf(t *testing.T, s *store.Store) []store.Run {
	t.Helper()
	runs, err := s.Runs(path, scenario)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// young are limits that the old records of these tests are within.
var young = store.Limits{Age: 100 * 365 * 24 * time.Hour}

func TestARunThatIsRecordedAgainIsOneOfTheHistory(t *testing.T) {
	root := t.TempDir()
	s, other := store.Open(root, young), store.Open(root, young)
	save(t, s, nth(0))
	id := ""
	for i := range 3 {
		r := nth(1)
		r.Repeats = i + 1
		before := id
		var err error
		if id, err = s.SaveAgain(r, before); err != nil || id == before {
			t.Fatal(id, err)
		}
		for _, reader := range []*store.Store{s, other} {
			if runs := runsOf(t, reader); len(runs) != 2 || runs[1].Repeats != i+1 || runs[1].ID != id {
				t.Errorf("recorded %d times: %+v", i+1, runs)
			}
			if last, err := reader.Load(path, scenario); err != nil || last.Repeats != i+1 {
				t.Errorf("recorded %d times, the last is %+v, %v", i+1, last, err)
			}
		}
		if old, err := s.Past(path, scenario, before); before != "" && (old != nil || err != nil) {
			t.Errorf("the trace of before is still there: %v, %v", old, err)
		}
	}
}

func TestRunsAreRememberedInTheirOrder(t *testing.T) {
	root := t.TempDir()
	s, other := store.Open(root, young), store.Open(root, young)
	if runs := runsOf(t, s); len(runs) != 0 {
		t.Errorf("a new project has runs: %v", runs)
	}
	for i := range 3 {
		save(t, s, nth(i))
		// Another process sees each as soon as it is there, and so does this one.
		for _, reader := range []*store.Store{s, other} {
			runs := runsOf(t, reader)
			if len(runs) != i+1 {
				t.Fatalf("%d runs after %d", len(runs), i+1)
			}
			last, want := runs[i], nth(i)
			if !last.At.Equal(want.At) || last.Verdict != "fail" || last.Digest != want.Digest || last.Failure != want.Failure ||
				last.Duration != want.Duration || last.Spans != 1 || last.Backend != "docker" || len(last.Images) != 1 || last.SpecHash != "s" {
				t.Errorf("run %d: %+v", i, last)
			}
		}
	}
	for i, r := range runsOf(t, other) {
		past, err := other.Past(path, scenario, r.ID)
		if err != nil || past == nil || past.Digest != fmt.Sprint("digest ", i) || len(past.Spans) != 1 {
			t.Errorf("trace of run %d: %+v, %v", i, past, err)
		}
	}
	if last, err := other.Load(path, scenario); err != nil || last.Digest != "digest 2" {
		t.Errorf("last record: %+v, %v", last, err)
	}
	if _, err := s.Past(path, scenario, "../record"); err == nil {
		t.Error("an ID leads out of the folder")
	}
}

func TestADamagedEntryIsSetAsideAndTold(t *testing.T) {
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)/2] },
		"empty":   func([]byte) []byte { return nil },
		"changed": func(b []byte) []byte { return []byte(strings.Replace(string(b), `"fail"`, `"pass"`, 1)) },
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			save(t, store.Open(root, young), nth(0), nth(1), nth(2))
			files, err := filepath.Glob(filepath.Join(root, ".clnrm", "runs", "*", "history", "*.json"))
			if err != nil || len(files) != 3 {
				t.Fatal(files, err)
			}
			data, err := os.ReadFile(files[1])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[1], spoil(data), 0o644); err != nil {
				t.Fatal(err)
			}
			s := store.Open(root, young)
			runs, err := s.Runs(path, scenario)
			if !errors.Is(err, store.ErrDamaged) || len(runs) != 2 {
				t.Errorf("%d runs, %v", len(runs), err)
			}
			if _, err := os.Stat(files[1] + ".damaged"); err != nil {
				t.Errorf("it is not set aside: %v", err)
			}
			if runs := runsOf(t, s); len(runs) != 2 {
				t.Errorf("%d runs the second time", len(runs))
			}
		})
	}
}

func TestTheHistoryIsBounded(t *testing.T) {
	root := project(t)
	l := young
	l.Runs, l.Traces = 4, 2
	s := store.Open(root, l)
	for i := range 7 {
		save(t, s, nth(i))
	}
	runs := runsOf(t, s)
	if len(runs) != 4 || runs[3].Digest != "digest 6" {
		t.Fatalf("%d runs: %v", len(runs), runs)
	}
	for i, r := range runs {
		past, err := s.Past(path, scenario, r.ID)
		if err != nil || (past != nil) != (i >= 2) {
			t.Errorf("trace of run %d: %v, %v", i, past, err)
		}
	}
	// By age, all but the newest go; the last record stays.
	save(t, store.Open(root, store.Limits{}), nth(7))
	if runs := runsOf(t, store.Open(root, store.Limits{})); len(runs) != 1 || runs[0].Digest != "digest 7" {
		t.Errorf("by age: %v", runs)
	}
	// By bytes, the oldest traces go, and at last all but the run just recorded.
	l = young
	l.Bytes = 1
	other := nth(0)
	other.Scenario = "other"
	save(t, store.Open(root, young), nth(8), other)
	save(t, store.Open(root, l), nth(9))
	runs = runsOf(t, s)
	for i, r := range runs {
		if past, err := s.Past(path, scenario, r.ID); err != nil || (past != nil) != (i == len(runs)-1) {
			t.Errorf("by bytes, trace of run %d: %v, %v", i, past, err)
		}
	}
	if r, err := s.Load(path, "other"); r != nil || err != nil {
		t.Errorf("the last record of another scenario: %v, %v", r, err)
	}
}

// writer makes this test binary a process that records runs until it is killed,
// and prints the number of each once it is recorded.
const writer = "CLNRM_TEST_STORE_WRITER"

func TestMain(m *testing.M) {
	if root := os.Getenv(writer); root != "" {
		limits := endless
		if size, err := strconv.ParseInt(os.Getenv(writer+"_BYTES"), 10, 64); err == nil {
			limits.Bytes = size
		}
		s := store.Open(root, limits)
		first, _ := strconv.Atoi(os.Getenv(writer + "_FIRST"))
		for i := first; ; i++ {
			if err := s.Save(nth(i)); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			fmt.Println(i)
		}
	}
	os.Exit(m.Run())
}

var endless = store.Limits{Runs: 1 << 30, Traces: 1 << 30, Age: young.Age, Bytes: 1 << 40}

// A process that records is killed at any moment, CLNRM_STORE_KILLS times (20
// unless set): everything that it had recorded is there, and nothing is damaged.
func TestKillingAWriterLosesNothing(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv("CLNRM_STORE_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, seed))
	root := t.TempDir()
	last := -1
	for kill := range kills {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), writer+"="+root, writer+"_FIRST="+strconv.Itoa(last+1))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + rnd.IntN(4) { // it writes the next one by then
			if !lines.Scan() {
				t.Fatal("the writer ended by itself")
			}
			last = number(t, lines.Text())
		}
		<-time.After(time.Duration(rnd.IntN(4000)) * time.Microsecond) // the moment is what is tested
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // recorded before the kill
			last = number(t, lines.Text())
		}
		_ = c.Wait() // killed

		s := store.Open(root, endless)
		runs, err := s.Runs(path, scenario)
		if err != nil {
			t.Fatalf("kill %d (seed %d): %v", kill, seed, err)
		}
		// The writer may have recorded one more and not come to print it.
		if len(runs) < last+1 || len(runs) > last+2 {
			t.Fatalf("kill %d (seed %d): %d runs are there, %d were recorded", kill, seed, len(runs), last+1)
		}
		for i, r := range runs {
			if r.Digest != fmt.Sprint("digest ", i) {
				t.Fatalf("kill %d (seed %d): run %d is %q", kill, seed, i, r.Digest)
			}
			if i < len(runs)-3 {
				continue // looked at before
			}
			if past, err := s.Past(path, scenario, r.ID); err != nil || past == nil || len(past.Spans) != 1 {
				t.Fatalf("kill %d (seed %d): trace of run %d: %v, %v", kill, seed, i, past, err)
			}
		}
		rec, err := s.Load(path, scenario)
		if err != nil || rec == nil || number(t, strings.TrimPrefix(rec.Digest, "digest ")) < last {
			t.Fatalf("kill %d (seed %d): the last record is %+v, %v; %d were recorded", kill, seed, rec, err, last+1)
		}
		last = len(runs) - 1
	}
	t.Logf("%d kills, %d runs recorded", kills, last+1)
}

func number(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(line)
	}
	return n
}

// BenchmarkHistory is asking for the history of a scenario with 200 runs, again.
func BenchmarkHistory(b *testing.B) {
	s := store.Open(b.TempDir(), young)
	for i := range 200 {
		if err := s.Save(nth(i)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if runs, err := s.Runs(path, scenario); err != nil || len(runs) != 200 {
			b.Fatal(len(runs), err)
		}
	}
}

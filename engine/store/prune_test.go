package store_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/store"
)

// project is a folder with the test that the records of these tests are of.
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	file := filepath.Join(root, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

// kept is what the traces and logs of a project take. A name more of the same file
// takes nothing.
func kept(t *testing.T, root string) (total int64) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, ".clnrm", "runs"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".ndjson") && !strings.HasSuffix(name, ".txt") || d.Name() == "record.ndjson" {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// of is the record number i of one of several scenarios.
func of(scenario string, i int) *store.Record {
	r := nth(i)
	r.Scenario = scenario
	return r
}

func loaded(t *testing.T, s *store.Store, scenario string) *store.Record {
	t.Helper()
	r, err := s.Load(path, scenario)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The size is held after every run of a process, not only after its first.
func TestTheSizeIsBoundedAlways(t *testing.T) {
	root := project(t)
	one := store.Open(root, young)
	save(t, one, of("a", 0))
	l := young
	l.Bytes = 6 * kept(t, root)
	s := store.Open(root, l)
	for i := 1; i < 30; i++ {
		scenario := string(rune('a' + i%3))
		save(t, s, of(scenario, i))
		if now := kept(t, root); now > l.Bytes {
			t.Fatalf("after run %d there are %d bytes, at most %d are wanted", i, now, l.Bytes)
		}
		if r := loaded(t, s, scenario); r == nil || r.Digest != fmt.Sprint("digest ", i) {
			t.Fatalf("run %d is not the last: %+v", i, r)
		}
	}
	for _, scenario := range []string{"a", "b", "c"} {
		if loaded(t, s, scenario) == nil {
			t.Errorf("the last run of %s is gone, although others could go", scenario)
		}
	}
	// When only last runs are left, the oldest of them go.
	for i := range 20 {
		save(t, s, of(fmt.Sprint("many ", i), 100+i))
		if now := kept(t, root); now > l.Bytes {
			t.Fatalf("with %d scenarios there are %d bytes, at most %d are wanted", i, now, l.Bytes)
		}
	}
	if loaded(t, s, "many 19") == nil || loaded(t, s, "many 18") == nil {
		t.Error("the newest runs went")
	}
	if loaded(t, s, "a") != nil || loaded(t, s, "many 0") != nil {
		t.Error("the oldest runs stayed")
	}
}

// A run that is under way keeps its folder.
func TestALogThatIsWrittenIsNotTaken(t *testing.T) {
	root := project(t)
	log := store.Open(root, young).NewLog(path, "running", time.Now())
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, []byte("a line\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := young
	l.Bytes = 1
	save(t, store.Open(root, l), of("a", 0), of("b", 1))
	if _, err := os.Stat(log); err != nil {
		t.Error(err)
	}
}

// What is kept of a test whose file is not there goes a week after its last run.
func TestTheRunsOfATestThatIsGoneGoToo(t *testing.T) {
	root := project(t)
	gone, lately := of("x", 0), of("x", 0)
	gone.Path, lately.Path = "gone.clnrm.toml", "branch.clnrm.toml"
	lately.At = time.Now().Add(-24 * time.Hour)
	save(t, store.Open(root, young), gone, lately, of("a", 0))
	s := store.Open(root, young)
	save(t, s, of("b", 0))
	for file, want := range map[string]bool{"gone.clnrm.toml": false, "branch.clnrm.toml": true} {
		if r, err := s.Load(file, "x"); err != nil || (r != nil) != want {
			t.Errorf("%s: %v, %v", file, r, err)
		}
		if _, err := os.Stat(s.Folder(file, "x")); (err == nil) != want {
			t.Errorf("%s: %v", file, err)
		}
	}
	if loaded(t, s, "a") == nil {
		t.Error("the run of a test that is there went")
	}
	// So do those of a scenario that its file does not hold any more.
	recent := of("lately", 0)
	recent.At = time.Now().Add(-24 * time.Hour)
	renamed := store.Open(root, young)
	save(t, renamed, of("old", 0), recent)
	renamed = store.Open(root, young)
	renamed.Ask(func(file, name string) bool { return file == path && name != "a" })
	save(t, renamed, of("a", 1))
	for name, want := range map[string]bool{"old": false, "lately": true, "a": true} {
		if got := loaded(t, s, name) != nil; got != want {
			t.Errorf("of a file with the scenario a only, %s is kept: %v", name, got)
		}
	}
	// A folder that a killed process left half removed goes with the next sweep.
	half := s.Folder(path, "b") + ".gone"
	if err := os.MkdirAll(filepath.Join(half, "history"), 0o755); err != nil {
		t.Fatal(err)
	}
	save(t, store.Open(root, young), of("a", 1))
	if _, err := os.Stat(half); err == nil {
		t.Error("a folder that was being removed is still there")
	}
}

// Two processes that record and make room for it at once do not get into each
// other's way.
func TestTwoProcessesMakeRoomAtOnce(t *testing.T) {
	root := project(t)
	save(t, store.Open(root, young), of("a", 0))
	l := young
	l.Bytes = 4 * kept(t, root)
	var g sync.WaitGroup
	for p := range 2 {
		g.Go(func() {
			s := store.Open(root, l)
			for i := range 60 {
				if err := s.Save(of(fmt.Sprint("scenario ", (i+p)%5), 100*p+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	g.Wait()
	s := store.Open(root, l)
	save(t, s, of("last", 1000))
	if now := kept(t, root); now > l.Bytes {
		t.Errorf("%d bytes are kept, at most %d are wanted", now, l.Bytes)
	}
	if loaded(t, s, "last") == nil {
		t.Error("what was recorded last is gone")
	}
	for i := range 5 {
		loaded(t, s, fmt.Sprint("scenario ", i)) // whole, or not there
	}
}

// A process that makes room is killed at any moment: what is there is whole, the
// last run among it.
func TestKillingWhoMakesRoomDamagesNothing(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("CLNRM_STORE_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, seed))
	root := project(t)
	save(t, store.Open(root, young), of("first", 0))
	size := 3 * kept(t, root)
	last := -1
	for kill := range kills {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), writer+"="+root, writer+"_FIRST="+strconv.Itoa(last+1), writer+"_BYTES="+strconv.FormatInt(size, 10))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + rnd.IntN(6) {
			if !lines.Scan() {
				t.Fatal("the writer ended by itself")
			}
			last = number(t, lines.Text())
		}
		<-time.After(time.Duration(rnd.IntN(4000)) * time.Microsecond) // the moment is what is tested
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			last = number(t, lines.Text())
		}
		_ = c.Wait() // killed
		s := store.Open(root, endless)
		runs, err := s.Runs(path, scenario)
		if err != nil {
			t.Fatalf("kill %d (seed %d): %v", kill, seed, err)
		}
		for _, r := range runs {
			if _, err := s.Past(path, scenario, r.ID); err != nil {
				t.Fatalf("kill %d (seed %d): %v", kill, seed, err)
			}
		}
		rec, err := s.Load(path, scenario)
		if err != nil || rec == nil || number(t, strings.TrimPrefix(rec.Digest, "digest ")) < last {
			t.Fatalf("kill %d (seed %d): the last record is %+v, %v; %d were recorded", kill, seed, rec, err, last+1)
		}
		last = max(last, number(t, strings.TrimPrefix(rec.Digest, "digest ")))
	}
}

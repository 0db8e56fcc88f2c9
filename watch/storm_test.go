package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestBranchSwitch is a checkout that replaces 2,000 files while others appear
// and vanish.
func TestBranchSwitch(t *testing.T) {
	t.Parallel()
	files, want := map[string]string{}, map[string]string{}
	for i := range 2000 {
		name := fmt.Sprintf("d%02d/sub/t%04d.clnrm.toml", i%50, i)
		files[name] = fmt.Sprint("main ", i)
	}
	b := start(t, files)
	i := 0
	for name := range files {
		switch i++; i % 4 {
		case 0:
			remove(t, b.path(name))
		case 1:
			want[name] = files[name]
		default:
			want[name] = "branch " + files[name]
			remove(t, b.path(name)) // git removes and creates
			write(t, b.path(name), want[name])
		}
	}
	for i := range 100 {
		name := fmt.Sprintf("new%02d/t.clnrm.toml", i)
		want[name] = name
		write(t, b.path(name), name)
	}
	b.until(want)
	for _, c := range b.seen {
		if c.Kind == Removed && want[c.Path] != "" {
			t.Errorf("%s was reported as removed in between", c.Path)
		}
	}
}

// TestBurstWithStalledReader writes while nobody reads: what is read afterwards
// must be the final state of each file, once.
func TestBurstWithStalledReader(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"gone.clnrm.toml": "g"})
	want := map[string]string{}
	for round := range 5 {
		for i := range 1000 {
			name := fmt.Sprintf("d%d/t%04d.clnrm.toml", i%7, i)
			want[name] = fmt.Sprint("round ", round, " of ", i)
			write(t, b.path(name), want[name])
		}
	}
	write(t, b.path("brief.clnrm.toml"), "here and gone")
	remove(t, b.path("brief.clnrm.toml"))
	remove(t, b.path("gone.clnrm.toml"))
	b.until(want)
	perPath := map[string]int{}
	for _, c := range b.last.Changes {
		if perPath[c.Path]++; perPath[c.Path] > 1 {
			t.Errorf("%s twice in one batch", c.Path)
		}
	}
}

// TestManySavesOfOneFile ends in a known content after 1,000 saves, in place and
// by rename.
func TestManySavesOfOneFile(t *testing.T) {
	for name, save := range map[string]func(t testing.TB, path, text string){
		"in place": write,
		"by rename": func(t testing.TB, path, text string) {
			write(t, path+"~", text)
			rename(t, path+"~", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]string{"a.clnrm.toml": "start"})
			tick := time.NewTicker(time.Millisecond) // the pace of the saves
			defer tick.Stop()
			for i := range 1000 {
				<-tick.C
				save(t, b.path("a.clnrm.toml"), fmt.Sprint("save ", i))
			}
			b.until(map[string]string{"a.clnrm.toml": "save 999"})
			for _, c := range b.seen {
				if c.Kind == Removed || len(c.Data) == 0 {
					t.Errorf("in between: %s %q", c.Kind, c.Data)
				}
			}
		})
	}
}

// TestLatencyClockStartsAtTheFirstEvent checks Seen, the start of the time from
// a save to the screen.
func TestLatencyClockStartsAtTheFirstEvent(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"a.clnrm.toml": "1"})
	before := time.Now()
	write(t, b.path("a.clnrm.toml"), "2")
	after := time.Now()
	b.until(map[string]string{"a.clnrm.toml": "2"})
	c := b.last.Changes[0]
	taken := time.Now()
	if c.Seen.Before(before) || c.Seen.After(taken.Add(-defaultDebounce)) {
		t.Errorf("written between %v and %v, taken %v, seen %v", before, after, taken, c.Seen)
	}
	if c.ReadTime <= 0 || c.HashTime <= 0 {
		t.Errorf("times not measured: %+v", c)
	}
}

func BenchmarkInitialScan(b *testing.B) {
	root := b.TempDir()
	for i := range 1000 {
		write(b, filepath.Join(root, fmt.Sprintf("d%02d/t%04d.clnrm.toml", i%100, i)), fmt.Sprintf("%02000d", i))
	}
	for b.Loop() {
		w := startAt(b, root, nil)
		b.StopTimer()
		if len(w.state) != 1000 {
			b.Fatalf("%d files", len(w.state))
		}
		w.stop()
		b.StartTimer()
	}
}

// BenchmarkSaveToBatch is the time from the end of a write to the batch in the
// reader's hand; the debounce is a part of it that is reported on its own.
func BenchmarkSaveToBatch(b *testing.B) {
	root := b.TempDir()
	for i := range 1000 {
		write(b, filepath.Join(root, fmt.Sprintf("d%02d/t%04d.clnrm.toml", i%100, i)), "x")
	}
	w := startAt(b, root, nil)
	path, n := filepath.Join(root, "d00/t0000.clnrm.toml"), 0
	for b.Loop() {
		n++
		if err := os.WriteFile(path, []byte(fmt.Sprint("save ", n)), 0o644); err != nil {
			b.Fatal(err)
		}
		w.next()
	}
	perSave := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64((perSave - defaultDebounce).Microseconds()), "µs-beyond-debounce")
}

package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rjeczalik/notify"
)

// fakeSource stands in for the library in tests that run in a time bubble: the
// library's own goroutines cannot, and some faults cannot be had from it.
type fakeSource struct {
	mu     sync.Mutex
	armed  map[string]chan notify.EventInfo
	refuse func(path string) error
}

func newFakeSource() *fakeSource { return &fakeSource{armed: map[string]chan notify.EventInfo{}} }

func (s *fakeSource) Watch(path string, c chan notify.EventInfo) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		if err := s.refuse(path); err != nil {
			return err
		}
	}
	s.armed[path] = c
	return nil
}

func (s *fakeSource) Stop(c chan notify.EventInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, x := range s.armed {
		if x == c {
			delete(s.armed, path)
		}
	}
}

// send delivers an event as the library does: when the channel is full, not.
func (s *fakeSource) send(path string, e notify.Event) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.armed[filepath.Dir(path)] <- fakeEvent{path, e}:
		return true
	default:
		return false
	}
}

func (s *fakeSource) use(w *Watcher) { w.source = s }

type fakeEvent struct {
	path string
	e    notify.Event
}

func (e fakeEvent) Event() notify.Event { return e.e }
func (e fakeEvent) Path() string        { return e.path }
func (e fakeEvent) Sys() any            { return nil }

// startFake runs a watcher whose events come from the returned source only.
func startFake(t *testing.T, root string, mode Mode) (*bench, *fakeSource) {
	s := newFakeSource()
	return startAt(t, root, func(o *Options) { o.Mode = mode }, s.use), s
}

func TestDebounceIsTrailingAndBounded(t *testing.T) {
	tests := []struct {
		name   string
		events []time.Duration // since the first; nil for none
		want   time.Duration   // of the batch
	}{
		{"one event", []time.Duration{0}, 50 * time.Millisecond},
		{"the last event counts", []time.Duration{0, 20 * time.Millisecond, 45 * time.Millisecond}, 95 * time.Millisecond},
		{"a burst without end is cut", every(30*time.Millisecond, 30), 300 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				root := realTempDir(t)
				path := filepath.Join(root, "a.clnrm.toml")
				write(t, path, "1")
				b, source := startFake(t, root, Native)
				write(t, path, "one longer")
				begin := time.Now()
				go func() {
					for _, at := range tt.events {
						<-time.After(time.Until(begin.Add(at)))
						source.send(path, notify.Write)
					}
				}()
				b.next()
				if got := time.Since(begin); got != tt.want {
					t.Errorf("batch after %v, want %v", got, tt.want)
				}
				if got := b.last.Changes[0]; !got.Seen.Equal(begin) {
					t.Errorf("seen %v after the first event", got.Seen.Sub(begin))
				}
				synctest.Wait()
				<-time.After(time.Second) // let the sender of events finish
			})
		})
	}
}

func every(d time.Duration, n int) (at []time.Duration) {
	for i := range n {
		at = append(at, time.Duration(i)*d)
	}
	return at
}

func TestEventsOfOtherFilesDoNotProlongTheDebounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		path := filepath.Join(root, "a.clnrm.toml")
		write(t, path, "1")
		b, source := startFake(t, root, Native)
		write(t, path, "one longer")
		begin := time.Now()
		source.send(path, notify.Write)
		go func() {
			for range 20 {
				<-time.After(20 * time.Millisecond)
				source.send(filepath.Join(root, "build.log"), notify.Write)
			}
		}()
		b.next()
		if got := time.Since(begin); got != 50*time.Millisecond {
			t.Errorf("batch after %v", got)
		}
		<-time.After(time.Second)
	})
}

// TestUnstableFileIsWaitedFor changes a file between the two looks.
func TestUnstableFileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		path := filepath.Join(root, "a.clnrm.toml")
		write(t, path, "1")
		b, source := startFake(t, root, Native)
		begin := time.Now()
		source.send(path, notify.Write)
		for i := range 8 { // a writer of which no event tells
			write(t, path, strings.Repeat("piece ", i+1))
			<-time.After(9 * time.Millisecond)
		}
		b.until(map[string]string{"a.clnrm.toml": strings.Repeat("piece ", 8)})
		if len(b.seen) != 1 {
			t.Errorf("half-written states were reported: %+v", b.seen)
		}
		if got := time.Since(begin); got > 100*time.Millisecond {
			t.Errorf("batch after %v", got)
		}
	})
}

func TestSweepFindsWhatNoEventTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		write(t, filepath.Join(root, "a.clnrm.toml"), "1")
		write(t, filepath.Join(root, "gone.clnrm.toml"), "1")
		b, _ := startFake(t, root, Native)
		begin := time.Now()
		write(t, b.path("a.clnrm.toml"), "changed")
		write(t, b.path("new/b.clnrm.toml"), "added")
		remove(t, b.path("gone.clnrm.toml"))
		b.until(map[string]string{"a.clnrm.toml": "changed", "new/b.clnrm.toml": "added"})
		if got := time.Since(begin); got > 3*time.Second {
			t.Errorf("found after %v", got)
		}
		if s := b.w.Stats(); s.Missed != 3 || s.Mode != nativeName {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestPollModeSeesEverything(t *testing.T) {
	for _, e := range editors {
		t.Run(e.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				root := realTempDir(t)
				write(t, filepath.Join(root, "d/a.clnrm.toml"), "old content")
				b := startAt(t, root, func(o *Options) { o.Mode = Poll })
				begin := time.Now()
				want := strings.Repeat("new content ", 50)
				e.save(t, b.path("d/a.clnrm.toml"), want)
				b.until(map[string]string{"d/a.clnrm.toml": want})
				if len(b.seen) != 1 {
					t.Errorf("%d changes", len(b.seen))
				}
				if got := time.Since(begin); got > 1500*time.Millisecond {
					t.Errorf("found after %v", got)
				}
				remove(t, b.path("d"))
				b.until(map[string]string{})
				write(t, b.path("d/e/f.clnrm.toml"), "f")
				b.until(map[string]string{"d/e/f.clnrm.toml": "f"})
				if s := b.w.Stats(); s.Mode != "poll" || s.Missed != 0 || s.Events != 0 {
					t.Errorf("stats %+v", s)
				}
			})
		})
	}
}

func TestClockJumpSweepsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		write(t, filepath.Join(root, "a.clnrm.toml"), "1")
		var asleep atomic.Int64
		b := startAt(t, root, func(o *Options) { o.Mode = Native }, newFakeSource().use, func(w *Watcher) {
			clock := w.clock
			w.clock = func() reading {
				r := clock()
				r.wall = r.wall.Add(time.Duration(asleep.Load()))
				return r
			}
		})
		begin := time.Now()
		asleep.Store(int64(time.Hour)) // read by the loop at its next tick only, a second away
		write(t, b.path("a.clnrm.toml"), "changed meanwhile")
		b.until(map[string]string{"a.clnrm.toml": "changed meanwhile"})
		if got := time.Since(begin); got > 1500*time.Millisecond {
			t.Errorf("found after %v: not by the tick that noticed the jump", got)
		}
	})
}

func TestJumped(t *testing.T) {
	at := func(wall, mono time.Duration) reading {
		return reading{wall: time.Unix(1000, 0).Add(wall), mono: mono}
	}
	for _, tt := range []struct {
		wall, mono time.Duration
		want       bool
	}{
		{time.Second, time.Second, false},
		{time.Minute, time.Minute, false}, // the program was stopped, not the machine
		{5 * time.Second, time.Second, false},
		{time.Minute, time.Second, true},
		{-time.Minute, time.Second, true},
	} {
		if got := jumped(at(0, 0), at(tt.wall, tt.mono)); got != tt.want {
			t.Errorf("wall %v, mono %v: %v", tt.wall, tt.mono, got)
		}
	}
}

func TestRescanAsksIgnoreAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		write(t, filepath.Join(root, "old/a.clnrm.toml"), "a")
		write(t, filepath.Join(root, "b.clnrm.toml"), "b")
		var mu sync.Mutex
		ignored := map[string]bool{}
		b := startAt(t, root, func(o *Options) {
			o.Mode = Poll
			o.Ignore = func(path string, _ bool) bool {
				mu.Lock()
				defer mu.Unlock()
				return ignored[path]
			}
		})
		mu.Lock()
		ignored[b.path("old")], ignored[b.path("b.clnrm.toml")] = true, true
		mu.Unlock()
		b.w.Rescan()
		b.until(map[string]string{})
		mu.Lock()
		clear(ignored)
		mu.Unlock()
		b.w.Rescan()
		b.until(map[string]string{"old/a.clnrm.toml": "a", "b.clnrm.toml": "b"})
	})
}

func TestRunTwiceIsAnError(t *testing.T) {
	b := start(t, nil)
	if err := b.w.Run(t.Context()); err == nil {
		t.Error("no error")
	}
}

func TestIgnored(t *testing.T) {
	for name, want := range map[string]bool{
		"a.toml~": true, ".#a.toml": true, "#a.toml#": true, "a.swp": true, "a.swx": true, "4913": true,
		"a.toml___jb_tmp___": true, "a.toml___jb_old___": true, "a.toml.bck": true, ".goutputstream-ABC": true,
		"sedAbC123": true, "a.clnrm.toml": false, "sed.clnrm.toml": false, "#": false, ".clnrm.toml": false,
	} {
		if got := Ignored(name, false); got != want {
			t.Errorf("file %q: %v", name, got)
		}
	}
	for name, want := range map[string]bool{".git": true, "node_modules": true, "target": true, ".clnrm": true, "tests": false, "build": false} {
		if got := Ignored(name, true); got != want {
			t.Errorf("directory %q: %v", name, got)
		}
	}
}

func TestModeNames(t *testing.T) {
	if got := fmt.Sprint(Auto, Native, Poll, Added, Modified, Removed); got != "auto native poll added modified removed" {
		t.Error(got)
	}
	if os.Getenv("CLNRM_WATCH_RUNS") == "" && runs() != 3 {
		t.Error(runs())
	}
}

func TestSweepPace(t *testing.T) {
	for busy, want := range map[time.Duration]time.Duration{
		time.Millisecond:       2 * time.Second,
		63 * time.Millisecond:  6300 * time.Millisecond,
		200 * time.Millisecond: 10 * time.Second,
		time.Second:            20 * time.Second,
	} {
		if got := sweepPace(busy); got != want {
			t.Errorf("after %v: %v, want %v", busy, got, want)
		}
	}
}

// TestRootReplacedWithoutAnyEvent renames the directory above the root, of which
// the system tells nobody who watches the root.
func TestRootReplacedWithoutAnyEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := realTempDir(t)
		root := filepath.Join(base, "a", "project")
		write(t, filepath.Join(root, "x.clnrm.toml"), "first")
		write(t, filepath.Join(base, "b", "project", "x.clnrm.toml"), "second")
		b, _ := startFake(t, root, Native)
		begin := time.Now()
		rename(t, filepath.Join(base, "a"), filepath.Join(base, "old"))
		rename(t, filepath.Join(base, "b"), filepath.Join(base, "a"))
		b.until(map[string]string{"x.clnrm.toml": "second"})
		if got := time.Since(begin); got > 1100*time.Millisecond {
			t.Errorf("found after %v: by the sweep, not by the look at the root", got)
		}
		if s := b.w.Stats(); s.Missed != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestAbsentExtraIsAwaitedByEvent expects a watch on the nearest directory that
// exists, so that the file's appearance need not wait for the sweep.
func TestAbsentExtraIsAwaitedByEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outside := realTempDir(t)
		b, source := startFake(t, realTempDir(t), Native)
		extra := filepath.Join(outside, "not", "yet", "there.tera")
		b.w.SetExtra([]string{extra})
		synctest.Wait()
		begin := time.Now()
		write(t, extra, "here")
		if !source.send(filepath.Join(outside, "not"), events[0]) {
			t.Fatal("nobody watches the directory above")
		}
		for b.state[extra] != "here" {
			b.next()
		}
		if got := time.Since(begin); got > 100*time.Millisecond {
			t.Errorf("found after %v", got)
		}
		b.w.SetExtra(nil)
		<-time.After(5 * time.Second)
		if source.send(extra, notify.Write) || source.send(filepath.Join(outside, "not"), events[0]) {
			t.Error("still watched, although nobody asks for it")
		}
	})
}

package watch

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rjeczalik/notify"
)

func TestWatchLimitPollsTheRest(t *testing.T) {
	for _, limit := range []struct {
		err  error
		hint string
	}{
		{syscall.ENOSPC, "sudo sysctl fs.inotify.max_user_watches="},
		{syscall.EMFILE, "sudo sysctl fs.inotify.max_user_instances="},
	} {
		t.Run(limit.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				root := realTempDir(t)
				for i := range 5 {
					write(t, filepath.Join(root, fmt.Sprint("d", i), "x.clnrm.toml"), "old")
				}
				s := newFakeSource()
				var lifted bool
				s.refuse = func(string) error {
					if len(s.armed) >= 3 && !lifted {
						return limit.err
					}
					return nil
				}
				b := startAt(t, root, nil, s.use)
				if st := b.w.Stats(); st.Mode != "mixed" || !strings.Contains(st.Problem, limit.hint) {
					t.Errorf("stats %+v", st)
				}
				want := map[string]string{}
				for i := range 5 {
					name := fmt.Sprintf("d%d/x.clnrm.toml", i)
					want[name] = "changed"
					write(t, b.path(name), "changed")
					s.send(b.path(name), notify.Write)
				}
				b.until(want)
				s.mu.Lock()
				lifted = true
				s.mu.Unlock()
				<-time.After(5 * time.Second)
				if st := b.w.Stats(); st.Mode != nativeName || st.Problem != "" {
					t.Errorf("after the limit was raised: %+v", st)
				}
			})
		})
	}
}

func TestFileSystemWithoutEventsIsPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		mount := filepath.Join(root, "mnt")
		write(t, filepath.Join(mount, "a.clnrm.toml"), "1")
		s := newFakeSource()
		b := startAt(t, root, nil, s.use, func(w *Watcher) {
			w.eventless = func(path string) string {
				if strings.HasPrefix(path, mount) {
					return "NFS"
				}
				return ""
			}
		})
		if st := b.w.Stats(); st.Mode != "mixed" || !strings.Contains(st.Problem, "NFS reports no events") {
			t.Errorf("stats %+v", st)
		}
		begin := time.Now()
		write(t, b.path("mnt/a.clnrm.toml"), "changed by another machine")
		b.until(map[string]string{"mnt/a.clnrm.toml": "changed by another machine"})
		if got := time.Since(begin); got > 1200*time.Millisecond {
			t.Errorf("found after %v", got)
		}
		if st := b.w.Stats(); st.Missed != 0 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestFullChannelIsNoticed drops events the way the library does and expects
// the directory to be read instead.
func TestFullChannelIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := realTempDir(t)
		want := map[string]string{}
		for i := range 200 {
			name := fmt.Sprintf("t%03d.clnrm.toml", i)
			write(t, filepath.Join(root, name), "old")
			want[name] = fmt.Sprint("changed ", i)
		}
		b, source := startFake(t, root, Native)
		begin := time.Now()
		dropped := 0
		b.w.hints.mu.Lock() // the drain cannot go on
		for name, text := range want {
			write(t, b.path(name), text)
			if !source.send(b.path(name), notify.Write) {
				dropped++
			}
		}
		b.w.hints.mu.Unlock()
		b.until(want)
		if dropped == 0 {
			t.Fatal("the test dropped nothing")
		}
		if got := time.Since(begin); got > 500*time.Millisecond {
			t.Errorf("complete after %v", got)
		}
		if s := b.w.Stats(); s.Overflows == 0 || s.Missed != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

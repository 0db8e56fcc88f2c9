package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner/runnertest"
)

// TestMassesOfSavesAreToldAndTheirEndIsToo saves one file a few times, which is
// nothing special, then very many, and stops.
func TestMassesOfSavesAreToldAndTheirEndIsToo(t *testing.T) {
	told := make(chan bool, 10)
	expect := func(want bool, when string) {
		t.Helper()
		select {
		case busy := <-told:
			if busy != want {
				t.Fatalf("%s: busy is %v", when, busy)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: nothing is told", when)
		}
	}
	const files = 4 * busyFrom
	name := func(i int) string { return fmt.Sprintf("t%03d.clnrm.toml", i) }
	h := &harness{t: t, dir: t.TempDir(), backend: &runnertest.Backend{}}
	for i := range files {
		h.write(name(i), "[meta]\nname = \"a\"\n")
	}
	h.options = func(o *Options) { o.Pace = func(busy bool) { told <- busy } }
	h.open()
	expect(false, "after the first pass")
	for i := range 5 {
		h.write(name(i), "[meta]\nname = \"c\"\n")
	}
	h.write("last.clnrm.toml", "[meta]\nname = \"last\"\n")
	h.until("the last save is seen", func(s *Snapshot) bool { return len(s.Templates) == files+1 })
	select {
	case busy := <-told:
		t.Errorf("after a few saves busy is %v", busy)
	default:
	}
	for i := range files {
		h.write(name(i), "[meta]\nname = \"b\"\n")
	}
	expect(true, "while all files are saved")
	expect(false, "after that")
}

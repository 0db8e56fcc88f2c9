package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who only looks at files somewhere leaves nothing behind; who runs them there is
// told where that is kept, once.
func TestNoStateFolderIsMadeWhereNothingIsAProject(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	state := filepath.Join(h.dir, ".clnrm")
	if err := h.SaveUI([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(state); err == nil {
		t.Fatal("a state folder was made for who only looked")
	}
	for range 2 {
		if err := h.RunAll(); err != nil {
			t.Fatal(err)
		}
		h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	}
	told := 0
	for _, n := range h.Snapshot().Notices {
		if strings.Contains(n.Text, "runs are kept in "+state) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times where runs are kept: %+v", told, h.Snapshot().Notices)
	}
	if err := h.SaveUI([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	if data, err := h.LoadUI(); err != nil || string(data) != "{}" {
		t.Errorf("in a folder where something was run: %q, %v", data, err)
	}
}

func TestAProjectRemembersItsSurface(t *testing.T) {
	for _, marker := range rootMarkers {
		h := watching(t, emits(""), map[string]string{marker: "", file: emitter(wantsOrder)})
		if err := h.SaveUI([]byte("{}")); err != nil {
			t.Fatal(err)
		}
		if data, err := h.LoadUI(); err != nil || string(data) != "{}" {
			t.Errorf("%s: %q, %v", marker, data, err)
		}
	}
}

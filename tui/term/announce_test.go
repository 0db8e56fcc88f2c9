package term

import (
	"io"
	"os"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestAnnouncementsAreWrittenTheWayThatIsAskedFor(t *testing.T) {
	for _, c := range []struct{ way, want string }{
		{"off", ""},
		{"title", "\x1b]2;x 1\a"},
		{"bell", "\x1b]2;x 1\a\a"},
		{"osc", "\x1b]2;x 1\a\x1b]9;a; b\a\x1b]777;notify;clnrm;a, b\a"},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		s := NewScreen(r, w, theme.New(false, theme.ASCII()), false)
		s.Announce(c.way, "never", "written before Enter")
		s.entered = true
		s.Announce(c.way, "x 1\a\x1b", "a; b\x1b\\\a")
		w.Close()
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != c.want {
			t.Errorf("%s: %q, want %q", c.way, got, c.want)
		}
	}
}

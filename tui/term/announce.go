package term

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// The control sequences of announcements. The title of the window is put on the
// terminal's own stack while the dashboard runs, and taken back at its end.
const (
	saveTitle    = "\x1b[22;2t"
	restoreTitle = "\x1b[23;2t"
	focusOn      = "\x1b[?1004h"
	focusOff     = "\x1b[?1004l"
	noProgress   = "\x1b]9;4;0;0\a"
)

// Announce tells somebody who does not look at the terminal: way is "title",
// "bell" or "osc", anything else is silent. All ways set the title of the
// window. While the terminal is given away nothing is written. A write that
// fails is not reported: the next frame will.
func (s *Screen) Announce(way, title, message string) {
	title, message = plain(title), plain(message)
	out := "\x1b]2;" + title + "\a"
	switch way {
	case "title":
	case "bell":
		out += "\a"
	case "osc": // two spellings; terminals ignore the one they do not know
		out += "\x1b]9;" + message + "\a\x1b]777;notify;clnrm;" + strings.ReplaceAll(message, ";", ",") + "\a"
	default:
		return
	}
	s.say(out)
}

// Title names the window; "" gives it its own name back.
func (s *Screen) Title(title string) {
	if title == "" {
		s.say(restoreTitle + saveTitle)
		return
	}
	s.say("\x1b]2;" + plain(title) + "\a")
}

// Progress shows a percentage in the task bar; -1 shows none.
func (s *Screen) Progress(percent int) {
	s.mu.Lock()
	s.busy = percent >= 0
	s.mu.Unlock()
	if percent < 0 {
		s.say(noProgress)
		return
	}
	s.say(fmt.Sprintf("\x1b]9;4;1;%d\a", min(percent, 100)))
}

// say writes a sequence unless the terminal is given away.
func (s *Screen) say(sequence string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entered {
		_ = s.write([]byte(sequence)) // the next frame fails, too, and is reported
	}
}

// plain keeps a text from ending the sequence that it stands in.
func plain(s string) string { return text.Cut(text.Clean(s), 200) }

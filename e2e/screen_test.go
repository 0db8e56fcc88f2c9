package e2e

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// screen is what stands on a terminal, as far as the dashboard uses one: it
// places the cursor, writes, and erases everything. Characters are one cell wide.
type screen struct {
	rows [][]rune
	x, y int
	rest []byte // the beginning of a sequence or character that is not whole yet
}

func newScreen(cols, rows uint16) *screen {
	s := &screen{rows: make([][]rune, rows)}
	for i := range s.rows {
		s.rows[i] = []rune(strings.Repeat(" ", int(cols)))
	}
	return s
}

func (s *screen) write(p []byte) {
	p = append(s.rest, p...)
	for len(p) > 0 {
		n := s.step(p)
		if n == 0 {
			break
		}
		p = p[n:]
	}
	s.rest = append([]byte{}, p...)
}

// step takes one sequence or character and returns its length; 0 when it is not
// whole.
func (s *screen) step(p []byte) int {
	switch {
	case p[0] == '\x1b':
		return s.escape(p)
	case p[0] == '\r':
		s.x = 0
		return 1
	case p[0] == '\n':
		s.y++
		return 1
	case p[0] < ' ':
		return 1
	case !utf8.FullRune(p):
		return 0
	}
	r, n := utf8.DecodeRune(p)
	if s.y < len(s.rows) && s.x < len(s.rows[s.y]) {
		s.rows[s.y][s.x] = r
	}
	s.x++
	return n
}

func (s *screen) escape(p []byte) int {
	if len(p) < 2 {
		return 0
	}
	switch p[1] {
	case ']': // ends with BEL or ESC \
		for i := 2; i < len(p); i++ {
			if p[i] == '\a' {
				return i + 1
			}
			if p[i] == '\\' && p[i-1] == '\x1b' {
				return i + 1
			}
		}
		return 0
	case '[':
		for i := 2; i < len(p); i++ {
			if p[i] >= '@' && p[i] <= '~' {
				s.control(string(p[2:i]), p[i])
				return i + 1
			}
		}
		return 0
	}
	return 2
}

func (s *screen) control(args string, final byte) {
	switch final {
	case 'H':
		row, col, _ := strings.Cut(args, ";")
		s.y, s.x = argument(row)-1, argument(col)-1
	case 'J':
		for _, r := range s.rows {
			for i := range r {
				r[i] = ' '
			}
		}
	}
}

// argument is an argument of a control sequence; 1 when it is left out.
func argument(arg string) int {
	if n, err := strconv.Atoi(arg); err == nil {
		return n
	}
	return 1
}

func (s *screen) contains(text string) bool {
	for _, r := range s.rows {
		if strings.Contains(string(r), text) {
			return true
		}
	}
	return false
}

func (s *screen) String() string {
	var b strings.Builder
	for _, r := range s.rows {
		b.WriteString(strings.TrimRight(string(r), " ") + "\n")
	}
	return b.String()
}

// shows returns when text stands on the screen, with the moment it was seen.
func (tm *terminal) shows(text string) time.Time {
	tm.t.Helper()
	return tm.showsWithin(text, 60*time.Second)
}

// showsWithin is shows for what may take longer, or must not.
func (tm *terminal) showsWithin(text string, limit time.Duration) time.Time {
	tm.t.Helper()
	deadline := time.After(limit)
	for {
		tm.mu.Lock()
		found, all := tm.screen.contains(text), tm.screen.String()
		tm.mu.Unlock()
		now := time.Now()
		if found {
			return now
		}
		select {
		case <-tm.more:
		case <-tm.eof:
			tm.t.Fatalf("the program ended before it showed %q", text)
		case <-deadline:
			tm.t.Fatalf("waited in vain for %q; the screen:\n%s", text, all)
		}
	}
}

package term

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// backgroundWait is how long a terminal may take to say its background: the
// start must not wait for one that never answers.
const backgroundWait = 100 * time.Millisecond

// Background returns whether the terminal's background is dark or light, and
// whether that is known. It looks at $COLORFGBG first and then asks the
// terminal, once and not for long; inside a multiplexer, which may answer for
// another terminal or late, and in the background of a shell it does not ask.
// It must be called before Enter.
func Background(in, out *os.File, getenv func(string) string) (dark, known bool) {
	if dark, known = fromColorFGBG(getenv("COLORFGBG")); known {
		return dark, true
	}
	name := getenv("TERM")
	if getenv("TMUX") != "" || getenv("STY") != "" || getenv("ZELLIJ") != "" || name == "linux" || name == "dumb" ||
		strings.HasPrefix(name, "screen") || strings.HasPrefix(name, "tmux") || !foreground(in) {
		return false, false
	}
	saved, err := term.MakeRaw(in.Fd())
	if err != nil {
		return false, false
	}
	answer := ask(in, out)
	if term.Restore(in.Fd(), saved) != nil {
		return false, false // Enter will find out, and say it
	}
	return fromAnswer(answer)
}

// fromColorFGBG reads "foreground;background", as some terminals set it.
func fromColorFGBG(s string) (dark, known bool) {
	_, last, ok := strings.Cut(s, ";")
	if i := strings.LastIndexByte(last, ';'); i >= 0 {
		last = last[i+1:]
	}
	n, err := strconv.Atoi(last)
	if !ok || err != nil || n < 0 || n > 15 {
		return false, false
	}
	return n != 7 && n != 15, true
}

// foreground reports whether f is a terminal that this process may read.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// ask sends the question for the background and one that all terminals answer,
// and reads until the answer to the second has come: what a terminal says late
// would be taken for keys.
func ask(in, out *os.File) []byte {
	if _, err := out.WriteString("\x1b]11;?\x1b\\\x1b[c"); err != nil {
		return nil
	}
	var answer []byte
	deadline := time.Now().Add(backgroundWait)
	buf := make([]byte, 256)
	for {
		left := time.Until(deadline)
		fds := []unix.PollFd{{Fd: int32(in.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(max(left, 0).Milliseconds()))
		if err == unix.EINTR && left > 0 {
			continue
		}
		if err != nil || n == 0 {
			return answer
		}
		n, err = in.Read(buf)
		answer = append(answer, buf[:max(n, 0)]...)
		if err != nil || len(answer) > 4096 || complete(answer) {
			return answer
		}
	}
}

// complete reports whether the terminal has answered the second question.
func complete(answer []byte) bool {
	_, rest, ok := bytes.Cut(answer, []byte("\x1b[?"))
	return ok && bytes.IndexByte(rest, 'c') >= 0
}

// fromAnswer reads "rgb:RRRR/GGGG/BBBB" with one to four digits for each part.
func fromAnswer(answer []byte) (dark, known bool) {
	_, rest, ok := bytes.Cut(answer, []byte("]11;rgb:"))
	if !ok {
		return false, false
	}
	end := bytes.IndexAny(rest, "\x1b\a")
	if end < 0 {
		return false, false
	}
	parts := strings.Split(string(rest[:end]), "/")
	if len(parts) != 3 {
		return false, false
	}
	light := 0.0
	for i, weight := range []float64{0.299, 0.587, 0.114} {
		n, err := strconv.ParseUint(parts[i], 16, 16)
		if err != nil || len(parts[i]) > 4 {
			return false, false
		}
		light += weight * float64(n) / float64(uint64(1)<<(4*len(parts[i]))-1)
	}
	return light < 0.5, true
}

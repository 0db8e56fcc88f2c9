package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is the program on a pseudo terminal; what it writes is kept.
type terminal struct {
	t   testing.TB
	cmd *exec.Cmd
	pty *os.File

	mu     sync.Mutex
	out    bytes.Buffer
	screen *screen
	more   chan struct{} // capacity 1
	eof    chan struct{}
}

// open starts the program in dir on a terminal of the given size.
func open(t testing.TB, dir string, cols, rows uint16, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=")
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: cols, Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	tm := &terminal{t: t, cmd: cmd, pty: f, screen: newScreen(cols, rows), more: make(chan struct{}, 1), eof: make(chan struct{})}
	go tm.read()
	t.Cleanup(tm.close)
	return tm
}

func (tm *terminal) read() {
	defer close(tm.eof)
	buf := make([]byte, 64<<10)
	for {
		n, err := tm.pty.Read(buf)
		tm.mu.Lock()
		tm.out.Write(buf[:n])
		tm.screen.write(buf[:n])
		tm.mu.Unlock()
		select {
		case tm.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// mark is a place in the output: a later wait looks behind it only.
func (tm *terminal) mark() int {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.out.Len()
}

// wait returns when text was written after mark, with the moment it arrived.
func (tm *terminal) wait(mark int, text string) time.Time {
	tm.t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		tm.mu.Lock()
		found := bytes.Contains(tm.out.Bytes()[mark:], []byte(text))
		tm.mu.Unlock()
		now := time.Now()
		if found {
			return now
		}
		select {
		case <-tm.more:
		case <-tm.eof:
			tm.t.Fatalf("the program ended before it wrote %q", text)
		case <-deadline:
			tm.t.Fatalf("waited in vain for %q; the end of what was written:\n%q", text, tm.tail())
		}
	}
}

// tail is the end of what the program wrote, for messages.
func (tm *terminal) tail() []byte {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	out := tm.out.Bytes()
	return bytes.Clone(out[max(0, len(out)-4000):])
}

func (tm *terminal) press(keys string) {
	tm.t.Helper()
	if _, err := io.WriteString(tm.pty, keys); err != nil {
		tm.t.Fatal(err)
	}
}

// quit ends the program with its own key and waits for it.
func (tm *terminal) quit() error {
	tm.press("q")
	return tm.cmd.Wait()
}

func (tm *terminal) close() {
	if tm.cmd.ProcessState == nil {
		if err := tm.cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			tm.t.Error(err)
		}
		tm.cmd.Wait() // it was killed; how it ended does not matter
	}
	tm.pty.Close()
	<-tm.eof
}

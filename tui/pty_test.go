package tui

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
)

// childEnv names the state in which the test binary shows the dashboard instead
// of running tests.
const childEnv = "CLNRM_TUI_TEST_CHILD"

func TestMain(m *testing.M) {
	if state := os.Getenv(childEnv); state != "" {
		os.Exit(child(state))
	}
	os.Exit(m.Run())
}

// child is the dashboard as a real program on a real terminal.
func child(state string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	defer stop()
	e := &fallible{Engine: testkit.Equip(testkit.NewEngine(testkit.Named()["failed"]))}
	switch state {
	case "panic-in-update":
		e.OnWish = func(string) { panic("a handler fell over") }
	case "panic-in-bridge":
		e.OnWish = func(string) {
			e.broken.Store(true)
			e.Publish(testkit.Green())
		}
	case "publish":
		e.OnWish = func(string) {
			s := testkit.Failed()
			s.Notices = []engine.Notice{{Seq: 1, Text: "published by the engine"}}
			e.Publish(s)
		}
	}
	if err := Run(ctx, e, Options{CrashDir: os.Getenv("CRASH_DIR")}); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// fallible is an engine that panics when it is asked for its state the next time.
type fallible struct {
	*testkit.Engine
	broken atomic.Bool
}

func (f *fallible) Snapshot() *engine.Snapshot {
	if f.broken.CompareAndSwap(true, false) {
		panic("the engine fell over")
	}
	return f.Engine.Snapshot()
}

// shell is a child on a pseudo terminal that never answers a question.
type shell struct {
	t    *testing.T
	pty  *os.File
	cmd  *exec.Cmd
	dir  string
	done chan error
	read chan struct{} // closed when all output was read

	mu  sync.Mutex
	out bytes.Buffer
	new chan struct{} // capacity 1: signalled after out has grown
}

// start runs the dashboard on a terminal of 100 by 30 cells.
func start(t *testing.T, state string, env ...string) *shell {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &shell{t: t, dir: t.TempDir(), new: make(chan struct{}, 1), done: make(chan error, 1), read: make(chan struct{})}
	s.cmd = exec.Command(exe)
	s.cmd.Env = append(os.Environ(), childEnv+"="+state, "TERM=xterm-256color", "LANG=C.UTF-8", "CRASH_DIR="+s.dir,
		"COLORTERM=", "TMUX=", "NO_COLOR=", "GOCOVERDIR="+s.dir)
	s.cmd.Env = append(s.cmd.Env, env...)
	s.pty, err = pty.StartWithSize(s.cmd, &pty.Winsize{Cols: 100, Rows: 30})
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no pseudo terminal here: %v", err)
		}
		t.Skipf("no pseudo terminal here: %v", err)
	}
	go func() {
		defer close(s.read)
		buf := make([]byte, 32<<10)
		for {
			n, err := s.pty.Read(buf)
			s.mu.Lock()
			s.out.Write(buf[:n])
			s.mu.Unlock()
			select {
			case s.new <- struct{}{}:
			default:
			}
			if err != nil {
				return // the child has closed its side
			}
		}
	}()
	go func() { s.done <- s.cmd.Wait() }()
	t.Cleanup(func() {
		if err := s.cmd.Process.Kill(); err == nil {
			<-s.done
		}
		if err := s.pty.Close(); err != nil {
			t.Error(err)
		}
		<-s.read
	})
	return s
}

// output is all that was written so far.
func (s *shell) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// await waits until the output since from holds want, and returns where it ends.
func (s *shell) await(from int, want string) int {
	s.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		out := s.output()
		if i := strings.Index(out[from:], want); i >= 0 {
			return from + i + len(want)
		}
		select {
		case <-s.new:
		case <-limit:
			s.t.Fatalf("%q never came; the output ends with %q", want, tail(s.output()[from:]))
		}
	}
}

// tail is the end of an output that would be too long to print.
func tail(s string) string { return s[max(0, len(s)-6000):] }

// end waits for the end of the child and returns its exit status.
func (s *shell) end() int {
	s.t.Helper()
	select {
	case err := <-s.done:
		s.done <- err
		<-s.read
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		s.t.Fatalf("the program does not end; the output ends with %q", tail(s.output()))
		return -1
	}
}

func (s *shell) typed(keys string) {
	s.t.Helper()
	if _, err := s.pty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// frame ends where a frame is complete.
const frameEnd = "\x1b[?2026l"

// assertRestored checks that what the dashboard switched on is off again, in the
// right order, and that something readable follows.
func (s *shell) assertRestored(then string) {
	s.t.Helper()
	out := s.output()
	leave := strings.LastIndex(out, "\x1b[?1049l")
	if leave < 0 {
		s.t.Fatalf("the alternate screen was not left; the output ends with %q", tail(out))
	}
	for _, mode := range []string{"\x1b[?1002l", "\x1b[?1006l", "\x1b[?2004l", "\x1b[?25h", "\x1b[0m"} {
		if i := strings.LastIndex(out[:leave], mode); i < strings.LastIndex(out, "\x1b[?1049h") {
			s.t.Errorf("%q is missing before the end", mode)
		}
	}
	if !strings.Contains(out[leave:], then) {
		s.t.Errorf("%q does not follow; what follows is %q", then, tail(out[leave:]))
	}
}

func TestRealTerminalIsRestoredAndKeepsTheSummary(t *testing.T) {
	s := start(t, "failed")
	before, err := term.GetState(s.pty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	at := s.await(0, "order_flow")
	at = s.await(at, frameEnd)
	s.typed("jjjG") // one read: bubbletea makes one message of it
	at = s.await(at, "charge.count")
	s.await(at, frameEnd)
	s.typed("q")
	if code := s.end(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	s.assertRestored("clnrm-tui: 3 templates; 5 scenarios, 3 passed, 1 failed, 1 never run")
	s.assertRestored("order_flow.clnrm.tera:11:1")
	after, err := term.GetState(s.pty.Fd())
	if err != nil {
		t.Fatal(err)
	}
	// The pty's modes may have been read while the child had them raw.
	if raw := before.Lflag&syscall.ICANON == 0; raw {
		t.Log("the terminal was raw already when it was looked at")
	}
	if after.Lflag&syscall.ICANON == 0 || after.Lflag&syscall.ECHO == 0 {
		t.Errorf("the terminal is still raw: %#x", after.Lflag)
	}
}

// A terminal that never answers must not be asked: bubbletea's own
// initialisation would wait for five seconds.
func TestSilentTerminalIsNotAsked(t *testing.T) {
	begin := time.Now()
	s := start(t, "failed")
	s.await(0, frameEnd)
	t.Logf("first frame after %v", time.Since(begin))
	s.typed("q")
	s.end()
	out := s.output()
	for _, question := range []string{"\x1b]11;?", "\x1b]10;?", "\x1b[6n", "\x1b[c", "\x1b[>"} {
		if strings.Contains(out, question) {
			t.Errorf("the terminal was asked %q", question)
		}
	}
	if !strings.Contains(out, ";31m") && !strings.Contains(out, "[0;1;31m") {
		t.Error("no colours: TERM was not put back")
	}
}

func TestSignalsEndTheProgramCleanly(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			s := start(t, "failed")
			s.await(0, frameEnd)
			if err := s.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := s.end(); code != 0 {
				t.Errorf("exit status %d; the output ends with %q", code, tail(s.output()))
			}
			s.assertRestored("clnrm-tui: 3 templates")
		})
	}
}

func TestPanicsRestoreTheTerminalAndNameTheCrashFile(t *testing.T) {
	for _, state := range []string{"panic-in-update", "panic-in-bridge"} {
		t.Run(state, func(t *testing.T) {
			s := start(t, state)
			s.await(0, frameEnd)
			s.typed("r")
			if code := s.end(); code != 1 {
				t.Errorf("exit status %d", code)
			}
			s.assertRestored("crashed")
			files, err := filepath.Glob(filepath.Join(s.dir, "clnrm-tui-crash-*.txt"))
			if err != nil || len(files) != 1 {
				t.Fatalf("crash files %v, %v", files, err)
			}
			stack, err := os.ReadFile(files[0])
			if err != nil || !bytes.Contains(stack, []byte("goroutine")) {
				t.Errorf("the crash file holds %q, %v", stack, err)
			}
			s.assertRestored(filepath.Base(files[0]))
		})
	}
}

func TestChangesOfTheEngineReachTheTerminal(t *testing.T) {
	s := start(t, "publish")
	at := s.await(0, frameEnd)
	s.typed("v")
	s.await(at, "published by the engine")
}

func TestResizeRedrawsAtTheNewSize(t *testing.T) {
	s := start(t, "failed")
	at := s.await(0, frameEnd)
	if err := pty.Setsize(s.pty, &pty.Winsize{Cols: 60, Rows: 20}); err != nil {
		t.Fatal(err)
	}
	at = s.await(at, "\x1b[20;1H") // the footer is in the new last line
	s.await(at, frameEnd)
	s.typed("q")
	s.end()
}

func TestEditorGetsTheTerminalAndGivesItBack(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "vim")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nstty -a | grep -o -- '-\\?icanon'\necho editing \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := start(t, "failed", "VISUAL="+script)
	at := s.await(0, frameEnd)
	s.typed("G")
	at = s.await(at, "charge.count")
	s.typed("o")
	at = s.await(at, "\x1b[?1049l")
	out := at
	at = s.await(at, "editing +call cursor(11,1) /home/ada/shop/tests/orders/order_flow.clnrm.tera")
	if strings.Contains(s.output()[out:at], "-icanon") {
		t.Error("the editor was started on a raw terminal")
	}
	at = s.await(at, "\x1b[?1049h")
	at = s.await(at, "\x1b[?1002h")
	at = s.await(at, "charge.count") // the frame is drawn again in full
	s.typed("?")
	s.await(at, "run exactly what failed or was stopped")
	s.typed("qq")
	s.end()
	s.assertRestored("clnrm-tui:")
}

func TestSuspendIsRefusedWithoutAShell(t *testing.T) {
	s := start(t, "failed") // the child leads its own session
	at := s.await(0, frameEnd)
	s.typed("\x1a")
	s.await(at, "no shell to return to")
}

func TestTwoFramesNeverShareAWriteAndEachIsBracketed(t *testing.T) {
	s := start(t, "failed")
	at := s.await(0, frameEnd)
	for range 5 {
		s.typed("j")
		at = s.await(at, frameEnd)
	}
	s.typed("q")
	s.end()
	out := s.output()
	if open, closed := strings.Count(out, "\x1b[?2026h"), strings.Count(out[:strings.LastIndex(out, "\x1b[?1006l")], frameEnd); open != closed {
		t.Errorf("%d frames are opened, %d closed", open, closed)
	}
}

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tmux is the dashboard in a terminal of tmux, which has a server of its own.
type tmux struct {
	t      testing.TB
	socket string
	dir    string
}

// tmuxRepeats is how often the tests in tmux run: once, or as often as
// CLNRM_TMUX_REPEATS says.
func tmuxRepeats(t testing.TB) int {
	s := os.Getenv("CLNRM_TMUX_REPEATS")
	if s == "" {
		return 1
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("CLNRM_TMUX_REPEATS=%q is not a positive number", s)
	}
	return n
}

// inTmux runs a command line in a terminal of 100 by 30 cells, in a project of
// six files.
func inTmux(t testing.TB, command string, env ...string) *tmux {
	t.Helper()
	x := &tmux{t: t, dir: t.TempDir()}
	x.socket = filepath.Join(x.dir, "tmux")
	for i := range 6 {
		write(t, x.dir, fmt.Sprintf("tests/shop%d.clnrm.toml", i), "[meta]\nname = \"shop\"\nversion = \"1.0.0\"\n")
	}
	write(t, x.dir, "tmux.conf", "set -g status off\nset -g focus-events on\n")
	args := []string{"-f", filepath.Join(x.dir, "tmux.conf"), "new-session", "-d", "-s", "x", "-x", "100", "-y", "30", "-c", x.dir}
	for _, v := range append([]string{"CI=", "EDITOR=" + filepath.Join(x.dir, "editor"), "VISUAL=", "LANG=C.UTF-8", "LC_ALL=", "NO_COLOR="}, env...) {
		args = append(args, "-e", v)
	}
	x.do(append(args, strings.ReplaceAll(command, "clnrm-tui", binary))...)
	t.Cleanup(func() {
		// The server may have ended with its last session.
		_ = exec.Command("tmux", "-S", x.socket, "kill-server").Run()
	})
	return x
}

// do runs a command of tmux and returns what it prints.
func (x *tmux) do(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func (x *tmux) keys(keys ...string) { x.do(append([]string{"send-keys", "-t", "x"}, keys...)...) }

func (x *tmux) screen() string { return x.do("capture-pane", "-p", "-t", "x") }

// until looks at the screen again and again until it is as wanted.
func (x *tmux) until(what string, ok func(screen string) bool) string {
	x.t.Helper()
	look := time.NewTicker(15 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(60 * time.Second); ; <-look.C {
		s := x.screen()
		if ok(s) {
			return s
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("waited in vain for %s; the screen is\n%s", what, s)
		}
	}
}

func (x *tmux) shows(text string) string {
	x.t.Helper()
	return x.until(strconv.Quote(text), func(s string) bool { return strings.Contains(s, text) })
}

// ready waits for the first complete state.
func (x *tmux) ready() string {
	x.t.Helper()
	return x.until("the first pass", func(s string) bool {
		return strings.Contains(s, "shop5") && strings.Contains(s, "nothing-to-run") && strings.Contains(s, "inotify")
	})
}

// cursor waits until the cursor is on a file.
func (x *tmux) cursor(file string) {
	x.t.Helper()
	at := regexp.MustCompile(`▌[^│\n]*` + file)
	x.until("the cursor on "+file, at.MatchString)
}

func (x *tmux) editor(script string) {
	x.t.Helper()
	write(x.t, x.dir, "editor", "#!/bin/sh\n"+script)
	if err := os.Chmod(filepath.Join(x.dir, "editor"), 0o755); err != nil {
		x.t.Fatal(err)
	}
}

func TestDashboardInTmux(t *testing.T) {
	need(t, "tmux")
	cases := []struct {
		name string
		run  func(*testing.T)
	}{
		{"keys that come in one piece", burst},
		{"pasted text is no command", paste},
		{"a storm of sizes ends in the right frame", storm},
		{"an editor and its ctrl+c", editorRound},
		{"suspended and continued", suspend},
		{"the mouse", mouse},
		{"the terminal is closed", hangup},
		{"no colours", func(t *testing.T) { colors(t, "clnrm-tui tests", `\x1b\[[0-9;]*[34][0-7]`, "NO_COLOR=1") }},
		{"sixteen colours", func(t *testing.T) {
			colors(t, "clnrm-tui --theme dark tests", `\x1b\[[0-9;]*[34]8[;:]`, "TERM=xterm", "COLORTERM=")
		}},
		{"the linux console", linuxConsole},
	}
	for i := range tmuxRepeats(t) {
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s %d", c.name, i+1), c.run)
		}
	}
}

func burst(t *testing.T) {
	x := inTmux(t, "clnrm-tui tests")
	x.ready()
	x.keys("-l", "jjj")
	x.cursor("shop3")
	for range 3 {
		x.keys("k")
	}
	x.cursor("shop0")
}

func paste(t *testing.T) {
	x := inTmux(t, "clnrm-tui tests")
	x.ready()
	x.do("set-buffer", "Gq:quit\n")
	x.do("paste-buffer", "-p", "-t", "x")
	x.keys("j")
	x.cursor("shop1")
}

func storm(t *testing.T) {
	x := inTmux(t, "clnrm-tui tests")
	before := x.ready()
	for i := range 25 {
		x.do("resize-window", "-t", "x", "-x", fmt.Sprint(20+(i*37)%180), "-y", fmt.Sprint(3+(i*17)%57))
	}
	x.do("resize-window", "-t", "x", "-x", "100", "-y", "30")
	x.until("the frame before the storm", func(s string) bool { return undated(s) == undated(before) })
}

// undated takes the ages out of a frame, and the number of folders, which grows
// for a moment after the first pass.
func undated(s string) string {
	return regexp.MustCompile(`just now|\d+[sm] ago| {2,}(now|\d+[sm]) |\d+ dirs?| +\n`).ReplaceAllString(s, "")
}

func editorRound(t *testing.T) {
	x := inTmux(t, "clnrm-tui tests")
	x.editor("trap 'echo INTERRUPTED' INT\necho EDITING $1\nread answer\nread answer\n")
	x.ready()
	x.keys("j", "o")
	x.shows("EDITING")
	x.keys("C-c")
	x.shows("INTERRUPTED")
	x.keys("Enter", "Enter")
	x.cursor("shop1")
	x.keys("j")
	x.cursor("shop2")
}

func suspend(t *testing.T) {
	x := inTmux(t, "bash --norc --noprofile -i")
	x.keys("-l", "PS1='$ '; "+binary+" tests\n")
	x.ready()
	x.keys("C-z")
	x.shows("Stopped")
	x.keys("-l", "fg\n")
	x.ready()
	x.keys("j")
	x.cursor("shop1")
	x.keys("q")
	x.shows("clnrm-tui: 6 templates") // the summary stays
}

func hangup(t *testing.T) {
	x := inTmux(t, "echo $$ > pid; exec clnrm-tui tests")
	x.ready()
	text, err := os.ReadFile(filepath.Join(x.dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	x.do("kill-session", "-t", "x")
	look := time.NewTicker(15 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(60 * time.Second); !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH); <-look.C {
		if time.Now().After(deadline) {
			t.Fatal("the program outlives its terminal")
		}
	}
}

// colors asserts that the screen has none of the colours that a pattern names,
// and that it can be used.
func colors(t *testing.T, command, not string, env ...string) {
	x := inTmux(t, "env "+strings.Join(env, " ")+" "+command)
	x.ready()
	x.keys("j")
	x.cursor("shop1")
	styled := x.do("capture-pane", "-e", "-p", "-t", "x")
	if found := regexp.MustCompile(not).FindString(styled); found != "" {
		t.Errorf("the screen has %q:\n%s", found, styled)
	}
}

func linuxConsole(t *testing.T) {
	x := inTmux(t, "env TERM=linux clnrm-tui tests")
	s := x.until("the first pass", func(s string) bool { return strings.Contains(s, "shop5") && strings.Contains(s, "inotify") })
	for _, r := range s {
		if r >= 0x80 {
			t.Errorf("the screen has %q:\n%s", r, s)
			break
		}
	}
}

package term

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// script puts a program into a folder that writes its input to a file.
func script(t *testing.T, dir, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestCopyUsesTheToolOfThisMachineAndElseTheTerminal(t *testing.T) {
	const text = "tests/a.clnrm.toml:12\nsecond \x1b line"
	osc := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"
	for _, c := range []struct {
		name  string
		env   map[string]string
		tools []string
		fail  bool
		way   string
		osc   bool
	}{
		{"tmux", map[string]string{"TMUX": "x", "DISPLAY": ":0"}, []string{"tmux", "xclip"}, false, "with tmux", false},
		{"x11", map[string]string{"DISPLAY": ":0"}, []string{"xclip"}, false, "with xclip", false},
		{"the second tool", map[string]string{"DISPLAY": ":0"}, []string{"xsel"}, false, "with xsel", false},
		{"over ssh", map[string]string{"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"}, []string{"xclip"}, false, "through the terminal (OSC 52)", true},
		{"over ssh in tmux", map[string]string{"TMUX": "x", "SSH_TTY": "/dev/pts/1"}, []string{"tmux"}, false, "with tmux", false},
		{"nothing", nil, nil, false, "through the terminal (OSC 52)", true},
		{"a tool that fails", map[string]string{"DISPLAY": ":0"}, []string{"xclip"}, true, "through the terminal (OSC 52)", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
			for _, tool := range c.tools {
				body := "cat > " + dir + "/got"
				if c.fail {
					body = "exit 1"
				}
				script(t, dir, tool, body)
			}
			look := func(name string) (string, error) {
				return exec.LookPath(filepath.Join(dir, name))
			}
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			s := NewScreen(r, w, theme.New(false, theme.ASCII()), false)
			s.entered = true
			way, err := s.Copy(text, func(k string) string { return c.env[k] }, look)
			w.Close()
			if err != nil || way != c.way {
				t.Errorf("way %q, %v, want %q", way, err, c.way)
			}
			written, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: osc, false: ""}[c.osc]; string(written) != want {
				t.Errorf("the terminal got %q, want %q", written, want)
			}
			if !c.osc {
				got, err := os.ReadFile(filepath.Join(dir, "got"))
				if err != nil || !bytes.Equal(got, []byte(text)) {
					t.Errorf("the tool got %q, %v", got, err)
				}
			}
		})
	}
}

func TestTextThatTheTerminalWouldForgetIsRefused(t *testing.T) {
	s := NewScreen(os.Stdin, os.Stdout, theme.New(false, theme.ASCII()), false)
	_, err := s.Copy(strings.Repeat("x", osc52Limit+1), func(string) string { return "" }, exec.LookPath)
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("err = %v", err)
	}
}

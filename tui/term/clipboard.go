package term

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// osc52Limit is how many bytes are handed to the terminal: some forget what is
// longer, without a word.
const osc52Limit = 74_000

// copyWait bounds how long a clipboard tool may take.
const copyWait = 3 * time.Second

// ErrTooLong says that a text is too long to be copied through the terminal.
var ErrTooLong = errors.New("too long to be copied through the terminal")

// tools are the programs that reach a clipboard, in the order in which they are
// tried, and the variable that says that they would reach one.
var tools = []struct {
	variable string // "" is always there
	args     []string
}{
	{"TMUX", []string{"tmux", "load-buffer", "-w", "-"}}, // also hands it to the terminal outside
	{"WAYLAND_DISPLAY", []string{"wl-copy"}},
	{"DISPLAY", []string{"xclip", "-selection", "clipboard"}},
	{"DISPLAY", []string{"xsel", "--clipboard", "--input"}},
	{"WSL_DISTRO_NAME", []string{"clip.exe"}},
	{"", []string{"pbcopy"}},
}

// Copy puts text into the clipboard and returns in words which way it took. It
// uses a tool of the system where there is one on this machine and otherwise
// asks the terminal, which may be on another one (OSC 52); nobody learns whether
// a terminal obeys. getenv and look are os.Getenv and exec.LookPath. The call
// may take as long as the tool does, at most some seconds.
func (s *Screen) Copy(text string, getenv func(string) string, look func(string) (string, error)) (way string, err error) {
	remote := getenv("SSH_TTY") != "" || getenv("SSH_CONNECTION") != ""
	for _, t := range tools {
		if t.variable != "" && getenv(t.variable) == "" || remote && t.variable != "TMUX" {
			continue
		}
		if _, err := look(t.args[0]); err != nil {
			continue
		}
		if err := feed(t.args, text); err == nil {
			return "with " + t.args[0], nil
		}
		break // the terminal may still do it
	}
	if len(text) > osc52Limit {
		return "", fmt.Errorf("%d bytes are %w; export them instead", len(text), ErrTooLong)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.entered {
		return "", errors.New("the terminal is in other hands")
	}
	return "through the terminal (OSC 52)", s.write([]byte("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"))
}

// feed runs a tool with text as its input.
func feed(args []string, text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), copyWait)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Stdin = strings.NewReader(text)
	return c.Run()
}

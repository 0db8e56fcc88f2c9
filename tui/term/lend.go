package term

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	tea "github.com/charmbracelet/bubbletea"
	"golang.org/x/sys/unix"
)

// loan is something that needs the terminal for itself. bubbletea stops reading
// input before it calls Run and starts again after it; the screen and the
// terminal's mode are ours to give and take.
type loan struct {
	screen *Screen
	run    func() error
}

// Run gives the terminal away, does the work, and takes the terminal back.
func (l loan) Run() error {
	if err := l.screen.Leave(); err != nil {
		return err
	}
	err := l.run()
	return errors.Join(err, l.screen.Enter())
}

// SetStdin does nothing: the work uses the files of the screen.
func (loan) SetStdin(io.Reader) {}

// SetStdout does nothing: the work uses the files of the screen.
func (loan) SetStdout(io.Writer) {}

// SetStderr does nothing: the work uses the files of the screen.
func (loan) SetStderr(io.Writer) {}

// Lend returns a command for bubbletea that runs c on the terminal. The next
// Draw after it writes a complete frame.
func (s *Screen) Lend(c *exec.Cmd) tea.ExecCommand {
	return loan{screen: s, run: func() error {
		if s.onLend != nil {
			s.onLend(true)
			defer s.onLend(false)
		}
		c.Stdin, c.Stdout, c.Stderr = s.in, s.out, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("run %s: %w", c.Path, err)
		}
		return nil
	}}
}

// OnLend sets what is called with true before a command gets the terminal, and
// with false when it has ended. It must be set before the first Lend.
func (s *Screen) OnLend(f func(lent bool)) { s.onLend = f }

// ErrNoShell says that nobody could continue the program if it stopped.
var ErrNoShell = errors.New("no shell to return to: the program is the first one of its terminal")

// Suspend returns a command for bubbletea that stops the process group, as
// ctrl+z does for other programs, and ends when the shell continues it. The
// error is ErrNoShell when no shell of the same session started the program:
// the system would then not stop it.
func (s *Screen) Suspend() (tea.ExecCommand, error) {
	own, err := unix.Getsid(0)
	if err != nil {
		return nil, fmt.Errorf("find the session: %w", err)
	}
	if parent, err := unix.Getsid(os.Getppid()); err != nil || parent != own {
		return nil, ErrNoShell
	}
	return loan{screen: s, run: func() error {
		resumed := make(chan os.Signal, 1) // one signal is enough to wake up
		signal.Notify(resumed, syscall.SIGCONT)
		defer signal.Stop(resumed)
		if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
			return fmt.Errorf("suspend: %w", err)
		}
		<-resumed
		return nil
	}}, nil
}

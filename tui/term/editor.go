package term

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoEditor says that neither $VISUAL nor $EDITOR names an editor, and that none
// of the usual ones is installed.
var ErrNoEditor = errors.New("no editor: set $VISUAL or $EDITOR, or install vim, nvim, nano or vi")

// standIns are looked for where neither $VISUAL nor $EDITOR is set, the first one
// first.
var standIns = []string{"vim", "nvim", "nano", "vi"}

// StandIn returns the editor that is opened where neither $VISUAL nor $EDITOR is
// set; "" when none is installed. look finds programs, as exec.LookPath.
func StandIn(look func(string) (string, error)) string {
	for _, name := range standIns {
		if _, err := look(name); err == nil {
			return name
		}
	}
	return ""
}

// Editor is a command that opens a file at a position.
type Editor struct {
	Args []string // program first
	// Detached says that the editor has a window of its own: the dashboard
	// stays on the screen.
	Detached bool
}

// FindEditor returns the command that opens file at line and column (both from
// 1; a line of 0 opens the file as it is): $VISUAL, else $EDITOR, else the stand-in
// that the caller found ("" for none). getenv looks variables up, as os.Getenv. The
// error is ErrNoEditor.
func FindEditor(getenv func(string) string, standIn, file string, line, column int) (Editor, error) {
	words := strings.Fields(getenv("VISUAL"))
	if len(words) == 0 {
		words = strings.Fields(getenv("EDITOR"))
	}
	if len(words) == 0 && standIn != "" {
		words = []string{standIn}
	}
	if len(words) == 0 {
		return Editor{}, ErrNoEditor
	}
	name := strings.TrimSuffix(filepath.Base(words[0]), ".exe")
	args, detached := position(name, file, line, max(column, 1))
	return Editor{Args: append(words, args...), Detached: detached}, nil
}

// ErrNoPager says that there is neither a pager nor an editor.
var ErrNoPager = errors.New("no pager: set $PAGER")

// FindPager returns the command that shows a file to be read: $PAGER, else less
// where it is installed, else the editor. look finds programs, as exec.LookPath.
func FindPager(getenv func(string) string, look func(string) (string, error), file string) (Editor, error) {
	if words := strings.Fields(getenv("PAGER")); len(words) > 0 {
		return Editor{Args: append(words, file)}, nil
	}
	if _, err := look("less"); err == nil {
		return Editor{Args: []string{"less", "-R", file}}, nil
	}
	if ed, err := FindEditor(getenv, StandIn(look), file, 1, 1); err == nil {
		return ed, nil
	}
	return Editor{}, ErrNoPager
}

// Command returns the editor as a process to start.
func (e Editor) Command() *exec.Cmd { return exec.Command(e.Args[0], e.Args[1:]...) }

// position returns the arguments with which an editor opens file at a place,
// and whether it opens a window of its own.
func position(name, file string, line, column int) (args []string, detached bool) {
	if line <= 0 {
		line = 1
	}
	place := fmt.Sprintf("%s:%d:%d", file, line, column)
	switch name {
	case "code", "code-insiders", "codium", "vscodium", "cursor", "windsurf":
		return []string{"--goto", place}, true
	case "zed", "zeditor", "subl", "sublime_text":
		return []string{place}, true
	case "idea", "goland", "rustrover", "webstorm", "pycharm", "clion":
		return []string{"--line", fmt.Sprint(line), "--column", fmt.Sprint(column), file}, true
	case "rider", "phpstorm", "rubymine", "fleet":
		return []string{"--line", fmt.Sprint(line), "--column", fmt.Sprint(column), file}, true
	case "lapce", "pulsar", "atom", "textadept":
		return []string{place}, true
	case "kate", "kwrite":
		return []string{"--line", fmt.Sprint(line), "--column", fmt.Sprint(column), file}, true
	case "gedit", "xed", "pluma", "gnome-text-editor", "bbedit":
		return []string{fmt.Sprintf("+%d:%d", line, column), file}, true
	case "mate":
		return []string{"--line", fmt.Sprintf("%d:%d", line, column), file}, true
	case "neovide":
		return []string{file, "--", fmt.Sprintf("+call cursor(%d,%d)", line, column)}, true
	case "gvim", "mvim":
		return []string{fmt.Sprintf("+call cursor(%d,%d)", line, column), file}, true
	case "vim", "nvim", "vi", "view", "lvim":
		return []string{fmt.Sprintf("+call cursor(%d,%d)", line, column), file}, false
	case "hx", "helix", "micro":
		return []string{place}, false
	case "emacs", "emacsclient", "kak":
		return []string{fmt.Sprintf("+%d:%d", line, column), file}, false
	case "nano":
		return []string{fmt.Sprintf("+%d,%d", line, column), file}, false
	case "mcedit":
		return []string{fmt.Sprintf("%s:%d", file, line)}, false
	case "ed":
		return []string{file}, false
	default: // the oldest convention, which most editors understand
		return []string{fmt.Sprintf("+%d", line), file}, false
	}
}

package term

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrNoEditor says that neither $VISUAL nor $EDITOR names an editor.
var ErrNoEditor = errors.New("no editor: set $VISUAL or $EDITOR")

// Editor is a command that opens a file at a position.
type Editor struct {
	Args []string // program first
	// Detached says that the editor has a window of its own: the dashboard
	// stays on the screen.
	Detached bool
}

// FindEditor returns the command that opens file at line and column (both from
// 1; a line of 0 opens the file as it is). getenv looks variables up, as
// os.Getenv. The error is ErrNoEditor.
func FindEditor(getenv func(string) string, file string, line, column int) (Editor, error) {
	words := strings.Fields(getenv("VISUAL"))
	if len(words) == 0 {
		words = strings.Fields(getenv("EDITOR"))
	}
	if len(words) == 0 {
		return Editor{}, ErrNoEditor
	}
	name := strings.TrimSuffix(filepath.Base(words[0]), ".exe")
	args, detached := position(name, file, line, max(column, 1))
	return Editor{Args: append(words, args...), Detached: detached}, nil
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
	case "gvim", "mvim":
		return []string{fmt.Sprintf("+call cursor(%d,%d)", line, column), file}, true
	case "vim", "nvim", "vi", "view":
		return []string{fmt.Sprintf("+call cursor(%d,%d)", line, column), file}, false
	case "hx", "helix", "micro":
		return []string{place}, false
	case "emacs", "emacsclient", "kak":
		return []string{fmt.Sprintf("+%d:%d", line, column), file}, false
	case "nano":
		return []string{fmt.Sprintf("+%d,%d", line, column), file}, false
	case "ed":
		return []string{file}, false
	default: // the oldest convention, which most editors understand
		return []string{fmt.Sprintf("+%d", line), file}, false
	}
}

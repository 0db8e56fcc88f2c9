package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// guard catches panics of the dashboard's goroutines: the stack goes to a file,
// and the terminal is given back before anything is said.
type guard struct {
	dir string // where crash files go
	now func() time.Time

	mu   sync.Mutex
	err  error  // the first crash
	stop func() // ends the program; set before any goroutine starts
}

// crashed writes a crash file and returns an error that names it.
func (g *guard) crashed(where string, cause any) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	stack := debug.Stack()
	name := filepath.Join(g.dir, "clnrm-tui-crash-"+g.now().Format("20060102-150405")+".txt")
	text := fmt.Sprintf("clnrm-tui crashed in %s: %v\n\n%s", where, cause, stack)
	err := fmt.Errorf("%s crashed: %v; the details are in %s", where, cause, name)
	if e := os.WriteFile(name, []byte(text), 0o600); e != nil {
		err = fmt.Errorf("%s crashed: %v; writing the details failed: %w\n%s", where, cause, e, stack)
	}
	if g.err == nil {
		g.err = err
	}
	return err
}

// crash returns the first crash, or nil.
func (g *guard) crash() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// run calls f and ends the program if it panics. Every goroutine of the
// dashboard starts through it.
func (g *guard) run(where string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			// The error is kept and returned at the end of the program.
			_ = g.crashed(where, r)
			g.stop()
		}
	}()
	f()
}

// wrap guards a command, which bubbletea runs in a goroutine of its own. The
// messages by which bubbletea knows its own commands pass through.
func (g *guard) wrap(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		g.run("a command", func() { msg = cmd() })
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = g.wrap(batch[i])
			}
		}
		return msg
	}
}

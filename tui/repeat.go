package tui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
)

// chooseRepeat asks how often the selection is to run.
func (m *model) chooseRepeat() {
	ids := m.toRun()
	if len(ids) == 0 {
		return
	}
	name := m.describe(ids)
	row := func(key, title string, o engine.RunOptions) choice {
		return choice{key: key, title: title, note: name, act: func() tea.Cmd {
			m.started(m.engine.RunWith(ids, o), "run "+name+" "+title)
			return nil
		}}
	}
	rows := []choice{row("u", "until it fails", engine.RunOptions{UntilFail: true})}
	for i, n := range []int{2, 5, 10, 25, 100} {
		rows = append(rows, row(fmt.Sprint(i+1), text.Count(n, "time"), engine.RunOptions{Repeat: n}))
	}
	m.menu("Repeat", rows)
}

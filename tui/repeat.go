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
		o.FailFast = m.engine.Course().FailFast
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

// setFailFast says whether runs end at the first scenario that does not pass.
func (m *model) setFailFast(on bool) {
	o, said := m.engine.Course(), "a run goes on after a failure"
	if o.FailFast = on; on {
		said = "a run ends at its first failure"
	}
	m.setCourse(o, said)
}

// chooseRetries asks how often a scenario is executed again that does not pass.
func (m *model) chooseRetries() {
	rows := []choice{m.retries("0", 0, false)}
	for _, n := range []int{1, 2, 3, 5} {
		rows = append(rows, m.retries(fmt.Sprint(n), n, true))
	}
	m.menu("Retries", append(rows, m.retries("e", 3, false)))
}

// retries is the choice of so many retries: of whatever did not pass, or only of
// what came to no verdict of its own.
func (m *model) retries(key string, n int, failures bool) choice {
	title, note := "up to "+text.Count(n, "time"), "whatever did not pass"
	switch {
	case n == 0:
		title, note = "none", "every scenario is executed once"
	case !failures:
		note = "only when the environment failed, a service was not ready or spans were lost"
	}
	return choice{key: key, title: title, note: note, act: func() tea.Cmd {
		o := m.engine.Course()
		o.Retries, o.RetryFailures = n, failures
		m.setCourse(o, "retries: "+title)
		return nil
	}}
}

// setCourse has runs go as o says from now on.
func (m *model) setCourse(o engine.RunOptions, said string) {
	if err := m.engine.SetCourse(o); err != nil {
		m.fail(err)
		return
	}
	m.info(said + ", in this session")
}

package tui

import (
	"os/exec"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/detail"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/logs"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/problems"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/tree"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// terminal is the part of term.Screen that the model uses.
type terminal interface {
	Draw(*grid.Grid) error
	Size() (w, h int)
	SetMouse(on bool) error
	Lend(*exec.Cmd) tea.ExecCommand
	Suspend() (tea.ExecCommand, error)
}

// frameMsg brings a new state; the bridge merges what came between two frames.
type frameMsg struct{ snap *engine.Snapshot }

// tickMsg comes when the model asked to be woken.
type tickMsg struct{}

// editorMsg says that an editor was closed, or could not be opened.
type editorMsg struct{ err error }

// model is the one bubbletea model.
type model struct {
	engine Engine
	term   terminal
	theme  *theme.Theme
	now    func() time.Time
	getenv func(string) string
	wake   func(time.Duration) // asks for one tickMsg after that time

	snap   *engine.Snapshot
	sums   sums
	memo   panel.Memo[sums] // by template
	w, h   int
	plan   layout.Plan
	prefs  layout.Prefs
	panels [layout.Panels]panel.Panel
	broken [layout.Panels]error // why a panel is not drawn any more
	tree   *tree.Tree
	detail *detail.Detail
	issues *problems.Problems

	grid     *grid.Grid
	dirty    bool
	drawn    time.Time // when the last frame was written
	shownSeq uint64

	field    *field   // the text field in the footer, nil when there is none
	confirm  *confirm // a question, nil when there is none
	help     *help    // the help overlay, nil when it is closed
	notice   *notice  // a message that needs more than a line, nil when there is none
	toast    toast
	notified uint64 // number of the last notice that was shown

	mouse    bool
	click    click
	leak     leak
	stopping bool // ctrl+c was pressed while something ran
	err      error
	guard    *guard
}

// newModel returns a model that shows e's current state.
func newModel(e Engine, t terminal, th *theme.Theme, now func() time.Time, getenv func(string) string, g *guard) *model {
	m := &model{
		engine: e, term: t, theme: th, now: now, getenv: getenv, guard: g,
		wake: func(time.Duration) {},
		tree: tree.New(), detail: &detail.Detail{}, issues: &problems.Problems{},
		grid: grid.New(0, 0),
	}
	m.panels = [layout.Panels]panel.Panel{
		layout.Templates: m.tree,
		layout.Detail:    m.detail,
		layout.Logs:      logs.New(),
		layout.Problems:  m.issues,
	}
	m.take(e.Snapshot())
	return m
}

// Init implements tea.Model. There is nothing to start: the first frame is
// drawn before the program runs.
func (m *model) Init() tea.Cmd { return nil }

// View implements tea.Model. Frames are written by term.Screen, not by
// bubbletea's renderer.
func (m *model) View() string { return "" }

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			m.err = m.guard.crashed("the dashboard", r)
			cmd = tea.Quit
		}
	}()
	cmd = m.handle(msg)
	_, mouse := msg.(tea.MouseMsg)
	m.refresh(!mouse)
	if m.err != nil {
		return m, tea.Quit
	}
	return m, m.guard.wrap(cmd)
}

// handle changes the state.
func (m *model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case frameMsg:
		m.take(msg.snap)
	case tickMsg:
		m.dirty = true
	case tea.WindowSizeMsg:
		m.resize(msg.Width, msg.Height)
	case editorMsg:
		m.resize(m.term.Size()) // it may have changed while the terminal was away
		if msg.err != nil {
			m.fail(msg.err)
		}
	case tea.KeyMsg:
		return m.keys(msg)
	case tea.MouseMsg:
		m.mouseEvent(msg)
	}
	return nil
}

// take makes s the state that is shown.
func (m *model) take(s *engine.Snapshot) {
	if s == m.snap {
		return
	}
	m.snap, m.dirty = s, true
	m.sums = sums{}
	for _, of := range m.memo.Update(s.Templates, sumsOf) {
		m.sums.add(of)
	}
	m.tree.Sync(s)
	m.issues.Sync(s)
	if m.sums.active == 0 {
		m.stopping = false
	}
	for _, n := range s.Notices {
		if n.Seq > m.notified {
			m.notified = n.Seq
			m.say(n.Level, n.Text)
		}
	}
}

// resize takes a new size; sizes below one cell are a terminal that does not
// know its size yet.
func (m *model) resize(w, h int) {
	if w <= 0 || h <= 0 {
		return
	}
	m.w, m.h, m.dirty = w, h, true
}

// view is what panel p sees.
func (m *model) view(p layout.Panel) *panel.View {
	return &panel.View{
		Snap: m.snap, Theme: m.theme, Now: m.now(), Node: m.tree.Node(),
		Focused: m.prefs.Focus == p && m.field == nil,
		Log:     m.engine.Log, Source: m.engine.Source,
	}
}

// focus gives the keys to a panel.
func (m *model) focus(p layout.Panel) {
	recent := []layout.Panel{p}
	for _, q := range m.prefs.Recent {
		if q != p {
			recent = append(recent, q)
		}
	}
	m.prefs.Focus, m.prefs.Recent = p, recent
}

// sums are counts that a snapshot does not carry itself.
type sums struct {
	runnable int // scenarios that "run all" takes
	active   int // scenarios that run or wait
	failing  int // scenarios that "run failing" takes: stopped ones, too
	replayed int // passes over recorded traces, which Counts.Passed includes
}

func (s *sums) add(o sums) {
	s.runnable += o.runnable
	s.active += o.active
	s.failing += o.failing
	s.replayed += o.replayed
}

// sumsOf counts the scenarios of one template.
func sumsOf(t *engine.Template) (s sums) {
	for _, sc := range t.Scenarios {
		if !t.Manual && t.Status != engine.CheckError && sc.ID.Name != engine.FileScope {
			s.runnable++
		}
		switch {
		case sc.Verdict == engine.VerdictRunning, sc.Verdict == engine.VerdictQueued:
			s.active++
		case sc.Verdict == engine.VerdictFail, sc.Verdict == engine.VerdictError, sc.Verdict == engine.VerdictInterrupted:
			s.failing++
		case sc.Verdict == engine.VerdictPass && sc.Replayed && !sc.Stale:
			s.replayed++
		}
	}
	return s
}

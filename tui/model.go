package tui

import (
	"os/exec"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/action"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/cache"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/detail"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/diff"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/history"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/logs"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/perf"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/problems"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/trace"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel/tree"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

// terminal is the part of term.Screen that the model uses.
type terminal interface {
	Draw(*grid.Grid) error
	Size() (w, h int)
	SetMouse(on bool) error
	SetTheme(*theme.Theme)
	Announce(way, title, message string)
	Title(title string)
	Progress(percent int)
	Copy(text string, getenv func(string) string, look func(string) (string, error)) (way string, err error)
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
	engine   Engine
	term     terminal
	theme    *theme.Theme
	actions  *action.Map
	now      func() time.Time
	getenv   func(string) string
	lookPath func(string) (string, error)
	exports  Exports
	wake     func(time.Duration) // asks for one tickMsg after that time

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
	trace  *trace.Trace
	logs   *logs.Logs
	diff   *diff.Diff
	past   *history.History

	ages     panel.Ages // as drawn
	grid     *grid.Grid
	dirty    bool
	drawn    time.Time // when the last frame was written
	shownSeq uint64
	expected engine.ScenarioID // what the engine was told to be likely to run next

	field    *field   // the text field in the footer, nil when there is none
	confirm  *confirm // a question, nil when there is none
	help     *help    // the help overlay, nil when it is closed
	chooser  *chooser // the palette or a menu, nil when there is none
	usage    func() panel.Usage
	turns    turns
	away     bool             // the terminal has lost the focus
	titled   bool             // the window has a name of ours
	percent  int              // shown in the task bar; -1 is none
	settings *engine.Settings // never nil
	look     look
	picked   string      // the theme that was picked in the palette, "" when none was
	standIn  *string     // the editor in place of one that is set; nil: not looked for yet
	kept     []byte      // what is remembered of the project, as it was at the start
	used     []action.ID // what was picked in the palette, the newest last
	notice   *notice     // a message that needs more than a line, nil when there is none
	toast    toast
	messages []message   // what was said, the newest last
	log      *messageLog // the overlay with them, nil when it is closed
	notified uint64      // number of the last notice that was shown

	mouse    bool
	click    click
	spots    []spot        // what of the header can be clicked
	drag     *layout.Split // the split that the mouse holds, nil when it holds none
	resizing bool          // keys move splits
	leak     leak
	stopping bool // ctrl+c was pressed while something ran
	err      error
	guard    *guard
}

// newModel returns a model that shows e's current state.
func newModel(e Engine, t terminal, th *theme.Theme, now func() time.Time, getenv func(string) string, g *guard) *model {
	m := &model{
		engine: e, term: t, theme: th, actions: action.Default(), settings: usual, percent: -1, now: now, getenv: getenv, guard: g, lookPath: exec.LookPath,
		wake: func(time.Duration) {},
		tree: tree.New(), detail: &detail.Detail{}, issues: &problems.Problems{}, trace: trace.New(), logs: logs.New(), diff: diff.New(), past: &history.History{},
		grid: grid.New(0, 0),
	}
	sampler := &usage{}
	m.usage = func() panel.Usage { return sampler.sample(m.now()) }
	m.panels = [layout.Panels]panel.Panel{
		layout.Templates: m.tree,
		layout.Detail:    m.detail,
		layout.Diff:      m.diff,
		layout.Logs:      m.logs,
		layout.Trace:     m.trace,
		layout.Cache:     &cache.Cache{},
		layout.Perf:      &perf.Perf{},
		layout.History:   m.past,
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
	case remoteMsg:
		cmd, err := m.remote(msg.name, msg.args)
		msg.done <- err
		return cmd
	case doneMsg:
		if msg.err != nil {
			m.fail(msg.err)
		} else {
			m.info(msg.said)
		}
	case tea.BlurMsg:
		m.away, m.dirty = true, m.dirty || !m.away
	case tea.FocusMsg:
		m.away, m.dirty = false, m.dirty || m.away
		if m.titled {
			m.titled = false
			m.term.Title("")
		}
	case tea.KeyMsg:
		return m.keys(msg)
	case tea.MouseMsg:
		return m.mouseEvent(msg)
	}
	return nil
}

// take makes s the state that is shown.
func (m *model) take(s *engine.Snapshot) {
	if s == m.snap {
		return
	}
	m.snap, m.dirty = s, true
	m.useSettings(s.Settings)
	m.sums = sums{}
	for _, of := range m.memo.Update(s.Templates, sumsOf) {
		m.sums.add(of)
	}
	m.announce(m.turns.update(s.Templates))
	m.progress()
	m.tree.Update(s)
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
		Log:     m.engine.Log, Source: m.engine.Source, Spans: m.engine.Spans,
		Score: m.engine.StrengthOf, History: m.engine.History, Compare: m.engine.CompareRuns,
		Usage: m.usage, Ages: &m.ages,
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

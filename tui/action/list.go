package action

import (
	"github.com/charmbracelet/bubbles/key"

	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
)

// The actions.
const (
	Run        ID = "run"
	RunAll     ID = "run-all"
	RunFailing ID = "run-failing"
	Stop       ID = "stop"
	StopAll    ID = "stop-all"
	Recheck    ID = "recheck"
	Watching   ID = "watching"
	Mark       ID = "mark"

	FocusMode   ID = "focus-mode"
	Filter      ID = "filter"
	Search      ID = "search"
	NextMatch   ID = "next-match"
	PrevMatch   ID = "previous-match"
	NextProblem ID = "next-problem"
	PrevProblem ID = "previous-problem"
	Open        ID = "open"
	Goto        ID = "goto-problem"
	Zoom        ID = "zoom"

	Down        ID = "down"
	Up          ID = "up"
	HalfDown    ID = "half-page-down"
	HalfUp      ID = "half-page-up"
	PageDown    ID = "page-down"
	PageUp      ID = "page-up"
	First       ID = "first"
	Last        ID = "last"
	Expand      ID = "expand"
	Collapse    ID = "collapse"
	ExpandAll   ID = "expand-all"
	CollapseAll ID = "collapse-all"
	Left        ID = "left"
	Right       ID = "right"
	NextPanel   ID = "next-panel"
	PrevPanel   ID = "previous-panel"
	Panel1      ID = "templates"
	Panel2      ID = "detail"
	Panel3      ID = "logs"
	Panel4      ID = "problems"

	Help      ID = "help"
	Mouse     ID = "mouse"
	Back      ID = "back"
	Suspend   ID = "suspend"
	Interrupt ID = "interrupt"
	Quit      ID = "quit"
)

// bind makes a binding: how the key is shown, a short title, the keys.
func bind(shown, title string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, title))
}

var (
	tree   = []layout.Panel{layout.Templates}
	flat   = []layout.Panel{layout.Templates, layout.Detail, layout.Problems}
	logs   = []layout.Panel{layout.Logs}
	issues = []layout.Panel{layout.Problems}
)

var all = []Action{
	{ID: Run, Group: Running, Footer: 1, Binding: bind("r", "run", "r"),
		Help: "run the selected scenario, or all of the selected template; marks first", Why: needsSelection},
	{ID: RunAll, Group: Running, Footer: 3, Binding: bind("a", "run all", "a"),
		Help: "run everything but manual suites (asks above 20 scenarios)", Why: needsRunnable},
	{ID: RunFailing, Group: Running, Footer: 2, Binding: bind("f", "failing", "f", "R"),
		Help: "run exactly the scenarios that failed", Why: needsFailing},
	{ID: Stop, Group: Running, Footer: 4, Binding: bind("s", "stop", "s"),
		Help: "stop what is selected", Why: needsActiveHere},
	{ID: StopAll, Group: Running, Binding: bind("S", "stop all", "S"),
		Help: "stop everything that runs or waits", Why: needsActive},
	{ID: Recheck, Group: Running, Binding: bind("v", "check", "v"),
		Help: "check the selected template again, without containers", Why: needsSelection},
	{ID: Watching, Group: Running, Binding: bind("w", "watching", "w"),
		Help: "pause watching, or go on", Why: needsWatch},
	{ID: Mark, Group: Running, Binding: bind("space", "mark", " "), Panels: tree,
		Help: "mark a row; r, s and v then act on the marks", Why: needsSelection},

	{ID: Open, Group: Looking, Footer: 6, Binding: bind("o", "edit", "o"),
		Help: "open the file at the line in $VISUAL or $EDITOR", Why: needsPlace},
	{ID: Filter, Group: Looking, Footer: 7, Binding: bind("/", "filter", "/"), Panels: flat,
		Help: "show only rows that contain the text; with ! in front, those that do not"},
	{ID: Search, Group: Looking, Footer: 7, Binding: bind("/", "search", "/"), Panels: logs,
		Help: "search the log"},
	{ID: NextMatch, Group: Looking, Binding: bind("n", "next match", "n"),
		Help: "next match of the search or filter", Why: needsMatches},
	{ID: PrevMatch, Group: Looking, Binding: bind("N", "previous match", "N"),
		Help: "previous match", Why: needsMatches},
	{ID: NextProblem, Group: Looking, Footer: 8, Binding: bind("e", "next problem", "e"),
		Help: "next problem, from anywhere", Why: needsProblems},
	{ID: PrevProblem, Group: Looking, Binding: bind("E", "previous problem", "E"),
		Help: "previous problem", Why: needsProblems},
	{ID: FocusMode, Group: Looking, Footer: 9, Binding: bind("F", "focus", "F"),
		Help: "show only what fails, runs or is out of date"},
	{ID: Zoom, Group: Looking, Footer: 10, Binding: bind("z", "zoom", "z"),
		Help: "give the panel the whole screen, or put it back"},

	{ID: Down, Group: Moving, Binding: bind("j ↓", "down", "j", "down"), Help: "next row"},
	{ID: Up, Group: Moving, Binding: bind("k ↑", "up", "k", "up"), Help: "previous row"},
	{ID: HalfDown, Group: Moving, Binding: bind("ctrl+d", "half page down", "ctrl+d"), Help: "half a page down"},
	{ID: HalfUp, Group: Moving, Binding: bind("ctrl+u", "half page up", "ctrl+u"), Help: "half a page up"},
	{ID: PageDown, Group: Moving, Binding: bind("pgdn", "page down", "pgdown"), Help: "a page down"},
	{ID: PageUp, Group: Moving, Binding: bind("pgup", "page up", "pgup"), Help: "a page up"},
	{ID: First, Group: Moving, Binding: bind("g", "first", "g", "home"), Help: "first row"},
	{ID: Last, Group: Moving, Binding: bind("G", "last", "G", "end"), Help: "last row; in the log: follow again"},
	{ID: Expand, Group: Moving, Binding: bind("→ enter", "expand", "right", "enter"), Panels: tree,
		Help: "show what is inside; on a leaf: go to its detail", Why: needsSelection},
	{ID: Collapse, Group: Moving, Binding: bind("←", "collapse", "left", "backspace"), Panels: tree,
		Help: "fold; on a leaf: go to the row above it", Why: needsSelection},
	{ID: ExpandAll, Group: Moving, Binding: bind("=", "expand all", "="), Panels: tree, Help: "unfold everything"},
	{ID: CollapseAll, Group: Moving, Binding: bind("-", "collapse all", "-"), Panels: tree, Help: "fold everything"},
	{ID: Goto, Group: Moving, Binding: bind("enter", "go to", "enter", "right"), Panels: issues,
		Help: "select the template or scenario of the problem", Why: needsProblems},
	{ID: Right, Group: Moving, Binding: bind("→", "scroll right", "right"), Panels: logs, Help: "scroll long lines right"},
	{ID: Left, Group: Moving, Binding: bind("←", "scroll left", "left"), Panels: logs, Help: "scroll long lines left"},
	{ID: NextPanel, Group: Moving, Footer: 11, Binding: bind("tab", "panel", "tab"), Help: "next panel"},
	{ID: PrevPanel, Group: Moving, Binding: bind("shift+tab", "previous panel", "shift+tab"), Help: "previous panel"},
	{ID: Panel1, Group: Moving, Binding: bind("1", "templates", "1"), Help: "go to the templates"},
	{ID: Panel2, Group: Moving, Binding: bind("2", "detail", "2"), Help: "go to the detail"},
	{ID: Panel3, Group: Moving, Binding: bind("3 l", "logs", "3", "l"), Help: "go to the logs"},
	{ID: Panel4, Group: Moving, Binding: bind("4", "problems", "4"), Help: "go to the problems"},

	{ID: Help, Group: Program, Footer: 5, Binding: bind("?", "help", "?"), Help: "all keys"},
	{ID: Mouse, Group: Program, Binding: bind("m", "mouse", "m"),
		Help: "mouse on or off; off, the terminal selects text (shift+drag always does)"},
	{ID: Back, Group: Program, Binding: bind("esc", "back", "esc"),
		Help: "close, clear search, filter and marks, leave zoom; never quits"},
	{ID: Suspend, Group: Program, Binding: bind("ctrl+z", "suspend", "ctrl+z"), Help: "back to the shell; fg returns"},
	{ID: Interrupt, Group: Program, Binding: bind("ctrl+c", "stop or quit", "ctrl+c"),
		Help: "stop what runs; when nothing runs, quit"},
	{ID: Quit, Group: Program, Footer: 12, Binding: bind("q", "quit", "q"), Help: "quit (asks while something runs)"},
}

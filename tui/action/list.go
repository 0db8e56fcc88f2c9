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
	Repeat     ID = "repeat"
	FailFast   ID = "fail-fast"
	Retries    ID = "retries"
	Stop       ID = "stop"
	StopAll    ID = "stop-all"
	Recheck    ID = "recheck"
	Watching   ID = "watching"
	Mark       ID = "mark"

	FocusMode   ID = "focus-mode"
	Sort        ID = "sort"
	Folders     ID = "folders"
	Filter      ID = "filter"
	Search      ID = "search"
	NextMatch   ID = "next-match"
	PrevMatch   ID = "previous-match"
	NextProblem ID = "next-problem"
	PrevProblem ID = "previous-problem"
	Open        ID = "open"
	Goto        ID = "goto-problem"
	OpenLog     ID = "open-log"
	Copy        ID = "copy"
	Export      ID = "export"
	Zoom        ID = "zoom"
	Resize      ID = "resize"
	Spans       ID = "spans"
	Jump        ID = "jump"
	JumpLog     ID = "jump-to-log"
	NextHunk    ID = "next-hunk"
	PrevHunk    ID = "previous-hunk"
	Side        ID = "side-by-side"
	MoreContext ID = "more-context"
	LessContext ID = "less-context"
	Fix         ID = "fix"
	Unfix       ID = "undo-fix"
	LogTimes    ID = "log-times"
	LogErrors   ID = "log-errors"
	LogLevel    ID = "log-level"
	LogWrap     ID = "log-wrap"
	LogPause    ID = "log-pause"
	NextStep    ID = "next-step"
	PrevStep    ID = "previous-step"
	CompareWith ID = "compare-with"

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
	Panel3      ID = "diff"
	Panel4      ID = "logs"
	Panel5      ID = "trace"
	Panel6      ID = "cache"
	Panel7      ID = "perf"
	Panel8      ID = "history"
	Panel9      ID = "problems"

	Palette   ID = "palette"
	Help      ID = "help"
	Messages  ID = "messages"
	Theme     ID = "theme"
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
	flat   = []layout.Panel{layout.Templates, layout.Detail, layout.Diff, layout.Cache, layout.Perf, layout.History, layout.Problems}
	long   = []layout.Panel{layout.Logs, layout.Trace}
	folded = []layout.Panel{layout.Templates, layout.Trace}
	spans  = []layout.Panel{layout.Trace}
	causes = []layout.Panel{layout.Detail, layout.Logs, layout.Trace}
	output = []layout.Panel{layout.Logs}
	past   = []layout.Panel{layout.History}
	diffs  = []layout.Panel{layout.Diff}
	hunks  = []layout.Panel{layout.Detail, layout.Diff, layout.Trace}
	issues = []layout.Panel{layout.Problems}
)

var all = []Action{
	{ID: Run, Group: Running, Footer: 1, Binding: bind("r", "run", "r"),
		Help: "run the selected scenario, or all of the selected template; marks first", Why: needsSelection},
	{ID: RunAll, Group: Running, Footer: 3, Binding: bind("a", "run all", "a"),
		Help: "run everything that is shown but manual suites (asks above 20 scenarios or a minute)", Why: needsRunnable},
	{ID: RunFailing, Group: Running, Footer: 2, Binding: bind("f", "failing", "f", "R"),
		Help: "run exactly what failed or was stopped", Why: needsFailing},
	{ID: Repeat, Group: Running, Binding: bind("", "repeat"),
		Help: "run the selection several times, or until it fails", Why: needsSelection},
	{ID: FailFast, Group: Running, Binding: bind("", "fail-fast"),
		Help: "end runs of this session at the first scenario that does not pass, or let them go on"},
	{ID: Retries, Group: Running, Binding: bind("", "retries"),
		Help: "how often runs of this session execute a scenario again that does not pass"},
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
		Help: "open the file at the line in $VISUAL or $EDITOR, or else in vim, nvim, nano or vi", Why: needsPlace},
	{ID: OpenLog, Group: Looking, Binding: bind("O", "open log", "O"),
		Help: "open the complete log in $PAGER", Why: needsSelection},
	{ID: Copy, Group: Looking, Binding: bind("y", "copy", "y"),
		Help: "copy name, path:line, error, command, log lines, trace id or the screen", Why: needsSelection},
	{ID: Export, Group: Looking, Binding: bind("x", "export", "x"),
		Help: "write a report (JSON, JUnit, Markdown) or the screen (text, SVG) to a file"},
	{ID: Filter, Group: Looking, Footer: 7, Binding: bind("/", "filter", "/"), Panels: flat,
		Help: "show only rows with a text: !text without it, ~txt by letters, status:fail, tag:slow, dur:>2s, stale, flaky"},
	{ID: Search, Group: Looking, Footer: 7, Binding: bind("/", "search", "/"), Panels: long,
		Help: "search the log (a regular expression), or all that is known of spans, attributes by key=value, too"},
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
	{ID: Sort, Group: Looking, Binding: bind("i", "sort", "i"), Panels: tree,
		Help: "sort by path, status, duration or age of the last results; so does a click on the title"},
	{ID: Folders, Group: Looking, Binding: bind("I", "folders", "I"), Panels: tree,
		Help: "group templates by folder, or list them without"},
	{ID: Zoom, Group: Looking, Footer: 10, Binding: bind("z", "zoom", "z"),
		Help: "give the panel the whole screen, or put it back"},
	{ID: Resize, Group: Looking, Binding: bind("|", "resize", "|"),
		Help: "move the lines beside the panel: < > + -, = as it was; the mouse drags them"},

	{ID: Spans, Group: Looking, Footer: 7, Binding: bind("b", "spans", "b"), Panels: spans,
		Help: "show the biggest spans only, then the failures only, then all again"},
	{ID: Jump, Group: Looking, Footer: 6, Binding: bind("enter", "jump", "enter"), Panels: causes,
		Help: "from an expectation to its span, from a span to the expectation that ] has chosen, from a line of the log to the span of that moment"},
	{ID: JumpLog, Group: Looking, Footer: 7, Binding: bind("@", "log", "@"), Panels: spans,
		Help: "what the log says at the moment at which the span began"},
	{ID: Side, Group: Looking, Footer: 6, Binding: bind("b", "side by side", "b"), Panels: diffs,
		Help: "old beside new, or the changes with their reasons"},
	{ID: MoreContext, Group: Looking, Binding: bind("}", "more context", "}"), Panels: diffs, Help: "more unchanged lines around changes, side by side"},
	{ID: LessContext, Group: Looking, Binding: bind("{", "less context", "{"), Panels: diffs, Help: "fewer unchanged lines"},
	{ID: Fix, Group: Looking, Binding: bind(".", "fix", "."), Help: "make the certain changes to the selected template that its complaints offer; asks first", Why: needsSelection},
	{ID: Unfix, Group: Looking, Binding: bind(",", "undo fix", ","), Help: "take the last fix of the selected template back", Why: needsSelection},
	{ID: LogTimes, Group: Looking, Binding: bind("T", "times", "T"), Panels: output, Help: "show when each line was written"},
	{ID: LogErrors, Group: Looking, Binding: bind("!", "stderr", "!"), Panels: output, Help: "show only what was written to standard error, or everything"},
	{ID: LogLevel, Group: Looking, Footer: 8, Binding: bind("L", "level", "L"), Panels: output, Help: "show only errors, then warnings too, then information too, then everything"},
	{ID: LogWrap, Group: Looking, Binding: bind("W", "wrap", "W"), Panels: output, Help: "show long lines in several rows, or one row each"},
	{ID: LogPause, Group: Looking, Footer: 9, Binding: bind("P", "pause", "P"), Panels: output,
		Help: "keep the log as it is and count what comes in; again: follow its end"},
	{ID: NextStep, Group: Looking, Binding: bind("]", "next step", "]"), Panels: output, Help: "the output of the next step; after the last, of all of them"},
	{ID: PrevStep, Group: Looking, Binding: bind("[", "previous step", "["), Panels: output, Help: "the output of the previous step"},
	{ID: CompareWith, Group: Looking, Footer: 6, Binding: bind("space", "compare", " "), Panels: past,
		Help: "compare other runs with this one, or each with the one before it"},
	{ID: NextHunk, Group: Looking, Footer: 7, Binding: bind("]", "next part", "]"), Panels: hunks, Help: "next expectation, also of a span, or change"},
	{ID: PrevHunk, Group: Looking, Binding: bind("[", "previous part", "["), Panels: hunks, Help: "previous expectation or change"},

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
	{ID: ExpandAll, Group: Moving, Binding: bind("=", "expand all", "="), Panels: folded, Help: "unfold everything"},
	{ID: CollapseAll, Group: Moving, Binding: bind("-", "collapse all", "-"), Panels: folded, Help: "fold everything"},
	{ID: Goto, Group: Moving, Binding: bind("enter", "go to", "enter", "right"), Panels: issues,
		Help: "select the template or scenario of the problem", Why: needsProblems},
	{ID: Right, Group: Moving, Binding: bind("→", "right", "right"), Panels: long, Help: "scroll long lines right; unfold a span"},
	{ID: Left, Group: Moving, Binding: bind("←", "left", "left"), Panels: long, Help: "scroll long lines left; fold a span, or go to the one it is in"},
	{ID: NextPanel, Group: Moving, Footer: 11, Binding: bind("tab", "panel", "tab"), Help: "next panel"},
	{ID: PrevPanel, Group: Moving, Binding: bind("shift+tab", "previous panel", "shift+tab"), Help: "previous panel"},
	{ID: Panel1, Group: Moving, Binding: bind("1", "templates", "1"), Help: "go to the templates"},
	{ID: Panel2, Group: Moving, Binding: bind("2", "detail", "2"), Help: "go to the detail"},
	{ID: Panel3, Group: Moving, Binding: bind("3 d", "diff", "3", "d"), Help: "go to the diff"},
	{ID: Panel4, Group: Moving, Binding: bind("4 l", "logs", "4", "l"), Help: "go to the logs"},
	{ID: Panel5, Group: Moving, Binding: bind("5 t", "trace", "5", "t"), Help: "go to the trace"},
	{ID: Panel6, Group: Moving, Binding: bind("6 c", "cache", "6", "c"), Help: "go to the cache"},
	{ID: Panel7, Group: Moving, Binding: bind("7 p", "performance", "7", "p"), Help: "go to the performance"},
	{ID: Panel8, Group: Moving, Binding: bind("8 h", "history", "8", "h"), Help: "go to the history"},
	{ID: Panel9, Group: Moving, Binding: bind("9", "problems", "9"), Help: "go to the problems"},

	{ID: Help, Group: Program, Footer: 5, Binding: bind("?", "help", "?"), Help: "all keys; / searches them, and a key does what it says"},
	{ID: Palette, Group: Program, Footer: 5, Binding: bind(":", "commands", ":"),
		Help: "every command by name, and go to any template or scenario"},
	{ID: Messages, Group: Program, Binding: bind("M", "messages", "M"),
		Help: "everything that was said in the last row and in windows, with its time; enter copies one"},
	{ID: Theme, Group: Program, Binding: bind("", "theme"), Help: "choose the colours; each is shown while you look for one"},
	{ID: Mouse, Group: Program, Binding: bind("m", "mouse", "m"),
		Help: "mouse on or off; off, the terminal selects text (shift+drag always does)"},
	{ID: Back, Group: Program, Binding: bind("esc", "back", "esc"),
		Help: "close, clear search, filter and marks, leave zoom; never quits"},
	{ID: Suspend, Group: Program, Binding: bind("ctrl+z", "suspend", "ctrl+z"), Help: "back to the shell; fg returns"},
	{ID: Interrupt, Group: Program, Binding: bind("ctrl+c", "stop or quit", "ctrl+c"),
		Help: "stop what runs; when nothing runs, quit"},
	{ID: Quit, Group: Program, Footer: 12, Binding: bind("q", "quit", "q"), Help: "quit (asks while something runs)"},
}

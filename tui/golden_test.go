package tui

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/grid"
	"github.com/seanchatmangpt/clnrm-tui/tui/panel"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/text"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

var update = flag.Bool("update", false, "write the golden frames")

// paper is a terminal that keeps the last frame and what was done to it.
type paper struct {
	frames int
	mouse  bool
	lent   []string
	copied []string
	said   []string
	w, h   int
}

func (p *paper) Draw(*grid.Grid) error  { p.frames++; return nil }
func (p *paper) Size() (w, h int)       { return p.w, p.h }
func (p *paper) SetMouse(on bool) error { p.mouse = on; return nil }
func (p *paper) Copy(text string, _ func(string) string, _ func(string) (string, error)) (string, error) {
	p.copied = append(p.copied, text)
	return "by hand", nil
}
func (p *paper) Announce(way, title, message string) {
	p.said = append(p.said, way+"|"+title+"|"+message)
}
func (p *paper) Title(title string)    { p.said = append(p.said, "title|"+title) }
func (p *paper) Progress(percent int)  { p.said = append(p.said, fmt.Sprintf("progress|%d", percent)) }
func (p *paper) SetTheme(*theme.Theme) {}
func (p *paper) Suspend() (tea.ExecCommand, error) {
	p.lent = append(p.lent, "suspend")
	return nil, nil
}
func (p *paper) Lend(c *exec.Cmd) tea.ExecCommand {
	p.lent = append(p.lent, strings.Join(c.Args, " "))
	return nil
}

// desk is a model under test with what stands around it.
type desk struct {
	*model
	t      *testing.T
	engine *testkit.Engine
	paper  *paper
	clock  time.Time
	env    map[string]string
	quit   bool
}

// open returns a model of w by h cells in the state s, with its first frame
// drawn.
func open(t testing.TB, s *engine.Snapshot, w, h int, th *theme.Theme) *desk {
	d := &desk{
		engine: testkit.Equip(testkit.NewEngine(s)), paper: &paper{w: w, h: h, mouse: true},
		clock: testkit.Now, env: map[string]string{"EDITOR": "vim"},
	}
	d.t, _ = t.(*testing.T)
	g := &guard{dir: t.TempDir(), now: func() time.Time { return d.clock }, stop: func() {}}
	d.model = newModel(d.engine, d.paper, th, func() time.Time { return d.clock },
		func(k string) string { return d.env[k] }, g)
	d.mouse = true
	d.lookPath = func(string) (string, error) { return "", exec.ErrNotFound }
	d.usage = func() panel.Usage { return panel.Usage{CPU: 0.031, ResidentKB: 42 << 10, Goroutines: 17} }
	d.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

// codes are the keys whose names are longer than what they type.
var codes = map[string]tea.KeyMsg{
	"enter": {Type: tea.KeyEnter}, "esc": {Type: tea.KeyEscape}, "tab": {Type: tea.KeyTab},
	"shift+tab": {Type: tea.KeyShiftTab}, "up": {Type: tea.KeyUp}, "down": {Type: tea.KeyDown},
	"left": {Type: tea.KeyLeft}, "right": {Type: tea.KeyRight}, "home": {Type: tea.KeyHome}, "end": {Type: tea.KeyEnd},
	"pgup": {Type: tea.KeyPgUp}, "pgdown": {Type: tea.KeyPgDown}, "ctrl+c": {Type: tea.KeyCtrlC},
	"ctrl+d": {Type: tea.KeyCtrlD}, "ctrl+u": {Type: tea.KeyCtrlU}, "ctrl+z": {Type: tea.KeyCtrlZ},
	"space": {Type: tea.KeySpace, Runes: []rune{' '}}, "backspace": {Type: tea.KeyBackspace},
}

// press types keys, separated by spaces.
func (d *desk) press(keys string) *desk {
	for _, k := range strings.Fields(keys) {
		d.send(keyMsg(k))
	}
	return d
}

// keyMsg is the message of a key.
func keyMsg(k string) tea.KeyMsg {
	if msg, ok := codes[k]; ok {
		return msg
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
}

// send delivers a message and notes whether the program would end.
func (d *desk) send(msg tea.Msg) {
	_, cmd := d.Update(msg)
	if cmd != nil {
		if _, ok := cmd().(tea.QuitMsg); ok {
			d.quit = true
		}
	}
}

// screen returns the frame as text.
func (d *desk) screen() string { return d.grid.String() }

// styled returns the frame with the style of each piece spelled out.
func styled(g *grid.Grid, th *theme.Theme) string {
	var b []byte
	for y := range g.H {
		last := ""
		for _, c := range g.Row(y) {
			if c.Rune == 0 {
				continue
			}
			if s := th.SGR(c.Style); s != last {
				b = append(b, strings.Replace(s, "\x1b", "\\e", 1)...)
				last = s
			}
			b = g.AppendRune(b, c.Rune)
		}
		b = append(b, "\\e[0m\n"...)
	}
	return string(b)
}

// golden compares got with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs.\ngot\n%s\nwant\n%s", name, got, want)
	}
}

var sizes = [][2]int{{80, 24}, {120, 40}, {200, 60}, {60, 50}, {200, 12}, {40, 10}, {20, 5}}

// The frames show the row that the state is about, so that the detail has
// something to say.
var keysFor = map[string]string{
	"pending": "", "green": "j j j", "invalid": "j j", "running": "G", "failed": "G", "stale": "G", "replayed": "G", "nodocker": "", "broken": "G", "traced": "G t j j j j",
}

func TestFrames(t *testing.T) {
	plain, ascii, color := theme.New(false, theme.Unicode()), theme.New(false, theme.ASCII()), theme.New(true, theme.Unicode())
	for name, snap := range testkit.Named() {
		for _, size := range sizes {
			if name != "failed" && name != "invalid" && name != "traced" && size != [2]int{80, 24} && size != [2]int{120, 40} {
				continue // three states at every size show the layouts
			}
			label := fmt.Sprintf("%s-%dx%d", name, size[0], size[1])
			t.Run(label, func(t *testing.T) {
				d := open(t, snap, size[0], size[1], plain).press(keysFor[name])
				checkFrame(t, d.grid, size[0], size[1])
				golden(t, label, d.screen())
				if size == [2]int{80, 24} {
					d = open(t, snap, size[0], size[1], ascii).press(keysFor[name])
					for i, r := range d.screen() {
						if r >= 0x80 {
							t.Errorf("%q at byte %d is not ASCII", r, i)
							break
						}
					}
					golden(t, label+"-ascii", d.screen())
					d = open(t, snap, size[0], size[1], color).press(keysFor[name])
					golden(t, label+"-ansi16", styled(d.grid, color))
				}
			})
		}
	}
}

func TestOverlayFrames(t *testing.T) {
	th := theme.New(false, theme.Unicode())
	for _, c := range []struct {
		name, keys string
		w, h       int
		snap       *engine.Snapshot
		refuse     bool
	}{
		{"help-120x40", "?", 120, 40, testkit.Failed(), false},
		{"help-200x60", "?", 200, 60, testkit.Failed(), false},
		{"help-40x10", "? j j", 40, 10, testkit.Failed(), false},
		{"filter-80x24", "/ pay", 80, 24, testkit.Failed(), false},
		{"tag-80x24", "/ tag:sl enter", 80, 24, testkit.Failed(), false},
		{"folders-80x24", "I G", 80, 24, testkit.Failed(), false},
		{"folders-40x10", "I G", 40, 10, testkit.Failed(), false},
		{"folders-120x40", "I j", 120, 40, testkit.Many(300, 3), false},
		{"folder-200x60", "I G left left left", 200, 60, testkit.Failed(), false},
		{"search-120x40", "G 4 / charge enter n", 120, 40, testkit.Failed(), false},
		{"diff-120x40", "G d ]", 120, 40, testkit.Diffed(), false},
		{"diff-80x24", "G d ] ] ] z", 80, 24, testkit.Diffed(), false},
		{"history-120x40", "G h", 120, 40, testkit.Failed(), false},
		{"history-80x24", "G h j j z", 80, 24, testkit.Failed(), false},
		{"trace-zoom-120x40", "G t z j j j j j j", 120, 40, testkit.Traced(), false},
		{"trace-missing-120x40", "G t G k", 120, 40, testkit.Traced(), false},
		{"trace-folded-80x24", "G t - z", 80, 24, testkit.Traced(), false},
		{"trace-failures-80x24", "G t b b z", 80, 24, testkit.Traced(), false},
		{"trace-search-80x24", "G t / insert enter n z", 80, 24, testkit.Traced(), false},
		{"trace-attribute-80x24", "G t / currency enter z", 80, 24, testkit.Traced(), false},
		{"trace-none-80x24", "j j j t", 80, 24, testkit.Traced(), false},
		{"problems-120x40", "9 j", 120, 40, testkit.Failed(), false},
		{"cache-120x40", "6", 120, 40, testkit.Broken(), false},
		{"perf-120x40", "7 z", 120, 40, testkit.Running(), false},
		{"palette-120x40", ": re", 120, 40, testkit.Failed(), false},
		{"copy-80x24", "G y", 80, 24, testkit.Failed(), false},
		{"theme-80x24", ": theme enter", 80, 24, testkit.Failed(), false},
		{"resize-80x24", "|", 80, 24, testkit.Failed(), false},
		{"palette-40x10", ": run", 40, 10, testkit.Failed(), false},
		{"palette-20x5", ": run", 20, 5, testkit.Failed(), false},
		{"focus-80x24", "F", 80, 24, testkit.Failed(), false},
		{"nothing-in-focus-80x24", "F", 80, 24, testkit.Green(), false},
		{"tiny-20x6", "", 20, 6, testkit.Failed(), false},
		{"tiny-39x12", "", 39, 12, testkit.Running(), false},
		{"tiny-invalid-30x8", "", 30, 8, testkit.Invalid(), false},
		{"shared-120x40", "", 120, 40, testkit.Shared(), false},
		{"shared-80x24", "", 80, 24, testkit.Shared(), false},
		{"shared-40x10", "", 40, 10, testkit.Shared(), false},
		{"messages-80x24", "i i w r M j", 80, 24, testkit.Green(), true},
		{"messages-20x5", "i i r M", 20, 5, testkit.Green(), true},
		{"messages-none-80x24", "M", 80, 24, testkit.Green(), false},
		{"refused-80x24", "r", 80, 24, testkit.Green(), true},
		{"refused-20x5", "r", 20, 5, testkit.Green(), true},
		{"confirm-80x24", "a", 80, 24, testkit.Many(10, 5), false},
		{"quit-80x24", "q", 80, 24, testkit.Running(), false},
		{"step-120x40", "G enter j j", 120, 40, testkit.Failed(), false},
		{"zoom-120x40", "G 2 z", 120, 40, testkit.Failed(), false},
		{"local-120x40", "G k k", 120, 40, testkit.Broken(), false},
		{"stopped-120x40", "G k", 120, 40, testkit.Broken(), false},
		{"empty-80x24", "", 80, 24, testkit.Many(0, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := open(t, c.snap, c.w, c.h, th)
			if c.refuse {
				d.engine.Refuse = fmt.Errorf("%s", testkit.DockerProblem)
			}
			d.press(c.keys)
			checkFrame(t, d.grid, c.w, c.h)
			golden(t, c.name, d.screen())
		})
	}
}

// checkFrame asserts that a frame has exactly the size of the screen.
func checkFrame(t *testing.T, g *grid.Grid, w, h int) {
	t.Helper()
	if g.W != w || g.H != h {
		t.Fatalf("the frame is %dx%d, want %dx%d", g.W, g.H, w, h)
	}
	for y := range g.H {
		n := 0
		for _, c := range g.Row(y) {
			if c.Rune != 0 {
				n += text.Width(string(g.AppendRune(nil, c.Rune)))
			}
		}
		if n != w {
			t.Fatalf("line %d is %d cells wide, want %d", y, n, w)
		}
	}
}

// Every size must give a frame, with every overlay, whatever is in it.
func TestNoSizePanics(t *testing.T) {
	th := theme.New(false, theme.Unicode())
	keys := []string{"", "G", "?", "/ x", "2 z", "3", "4", "5", "6", "7", "8", "9 j", "q", "F"}
	d := open(t, testkit.Running(), 80, 24, th)
	for w := 1; w <= 210; w += 1 + w/12 {
		for h := 1; h <= 62; h += 1 + h/12 {
			for _, k := range keys {
				d.confirm, d.help, d.field, d.notice = nil, nil, nil, &notice{2, testkit.DockerProblem}
				d.send(tea.WindowSizeMsg{Width: w, Height: h})
				d.press(k)
				checkFrame(t, d.grid, w, h)
				if err := d.guard.crash(); err != nil {
					t.Fatalf("%dx%d after %q: %v", w, h, k, err)
				}
			}
		}
	}
}

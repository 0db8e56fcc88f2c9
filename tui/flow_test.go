package tui

import (
	"errors"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/tui/layout"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

var uncolored = theme.New(false, theme.Unicode())

// at120 opens a state on a screen that shows three panels.
func at120(t *testing.T, s *engine.Snapshot) *desk { return open(t, s, 120, 40, uncolored) }

// shows asserts that the screen holds a text.
func (d *desk) shows(want string) *desk {
	d.t.Helper()
	if !strings.Contains(d.screen(), want) {
		d.t.Errorf("the screen does not show %q:\n%s", want, d.screen())
	}
	return d
}

// hides asserts that the screen does not hold a text.
func (d *desk) hides(text string) *desk {
	d.t.Helper()
	if strings.Contains(d.screen(), text) {
		d.t.Errorf("the screen shows %q:\n%s", text, d.screen())
	}
	return d
}

// wished asserts what the engine was asked for.
func (d *desk) wished(want ...string) {
	d.t.Helper()
	if got := d.engine.Wishes(); !reflect.DeepEqual(got, want) {
		d.t.Errorf("wishes %q, want %q", got, want)
	}
}

func TestKeysBecomeWishes(t *testing.T) {
	const orders = "tests/orders/order_flow.clnrm.tera"
	for _, c := range []struct {
		name, keys string
		snap       *engine.Snapshot
		want       []string
	}{
		{"run a scenario", "G r", testkit.Failed(), []string{"run [{" + orders + " pays twice}]"}},
		{"run a template", "G left r", testkit.Failed(), []string{"run [{" + orders + " }]"}},
		{"a step stands for its scenario", "G enter j r", testkit.Failed(), []string{"run [{" + orders + " pays twice}]"}},
		{"run all below the limit", "a", testkit.Failed(), []string{"run all"}},
		{"run failing", "f", testkit.Failed(), []string{"run failed"}},
		{"nothing fails", "f", testkit.Green(), nil},
		{"stop the selection", "G s", testkit.Running(), []string{"stop [{" + orders + " pays twice}]"}},
		{"stop what does not run", "s", testkit.Running(), nil},
		{"stop all", "S", testkit.Running(), []string{"stop []"}},
		{"recheck", "j j v", testkit.Failed(), []string{"recheck tests/login.clnrm.toml.tera"}},
		{"pause", "w", testkit.Failed(), []string{"watching false"}},
		{"marks come first", "j j j space space r", testkit.Failed(),
			[]string{"run [{tests/login.clnrm.toml.tera ada logs in} {tests/login.clnrm.toml.tera mallory does not}]"}},
		{"marks are cleared", "j j space esc r", testkit.Failed(), []string{"run [{tests/login.clnrm.toml.tera ada logs in}]"}},
		{"ask, and no", "a n", testkit.Many(10, 5), nil},
		{"ask, and q", "a q r", testkit.Many(10, 5), []string{"run [{tests/area000/case_00000.clnrm.tera }]"}},
		{"a mark on a step is one on its scenario", "G enter j space g r", testkit.Failed(),
			[]string{"run [{" + orders + " pays twice}]"}},
		{"ask, and yes", "a y", testkit.Many(10, 5), []string{"run all"}},
		{"keys of a burst", "jjjr", testkit.Failed(), []string{"run [{tests/login.clnrm.toml.tera ada logs in}]"}},
		{"a folder stands for its templates", "I G left left r", testkit.Failed(), []string{"run [{" + orders + " }]"}},
		{"a large folder asks", "I r y", testkit.Many(400, 20), []string{"run [{tests/area000/case_00000.clnrm.tera } {tests/area000/case_00200.clnrm.tera }]"}},
		{"a large folder, and no", "I r n", testkit.Many(400, 20), nil},
		{"manual suites only", "a", onlyManual(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			at120(t, c.snap).press(c.keys).wished(c.want...)
		})
	}
}

func onlyManual() *engine.Snapshot {
	s := testkit.Many(2, 1)
	for _, t := range s.Templates {
		t.Manual = true
	}
	return s
}

func TestImpossibleActionsSayWhyInTheFooter(t *testing.T) {
	d := at120(t, testkit.Green())
	d.press("f").shows("nothing is failing")
	d.press("s").shows("nothing is running")
	d.press("n").shows("no search: / starts one")
	d.env = map[string]string{}
	d.press("o").shows("no editor: set $VISUAL or $EDITOR, or install vim")
}

func TestKeysOfOtherPanelsSayWhereTheyWork(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press("L").shows("L works in 4 logs only")
	d.press("5 left").hides("left works").press("5 W").shows("W works in 4 logs only")
	d.press("2 =").shows("= works in 1 templates, 5 trace only")
	d.press("9 space").shows("space works in 1 templates, 8 history only")
	d.press("1 I").hides("I works")
	d.press("1 Z").hides("Z works")
}

func TestRefusedRunShowsTheRemedyInFull(t *testing.T) {
	d := at120(t, testkit.Green())
	d.engine.Refuse = errors.New(testkit.DockerProblem)
	d.press("r").shows("sudo systemctl start docker")
	d.shows("run with --backend local")
	d.press("j").shows("sudo systemctl start docker")
	d.press("esc").hides("sudo systemctl start docker")
	d.press("r")
	d.engine.Refuse = nil
	d.press("r").hides("sudo systemctl start docker")
}

func TestNoticesOfTheEngineAreShownOnce(t *testing.T) {
	d := at120(t, testkit.NoDocker())
	d.shows("sudo systemctl start docker")
	d.press("esc").hides("sudo systemctl start docker")
	next := testkit.NoDocker()
	d.send(frameMsg{next})
	d.hides("sudo systemctl start docker")
	more := testkit.NoDocker()
	more.Notices = append(more.Notices, engine.Notice{Seq: 2, Level: diag.Info, Text: "order_flow saved, unchanged"})
	d.send(frameMsg{more})
	d.shows("order_flow saved, unchanged")
	d.clock = d.clock.Add(toastTime)
	d.send(tickMsg{})
	d.hides("order_flow saved, unchanged")
}

func TestQuitAsksOnlyWhileSomethingRuns(t *testing.T) {
	if d := at120(t, testkit.Green()).press("q"); !d.quit {
		t.Error("q does not quit")
	}
	d := at120(t, testkit.Running()).press("q")
	if d.quit {
		t.Fatal("q quits without asking")
	}
	d.shows("2 scenarios running. Stop and quit?")
	d.send(frameMsg{testkit.Green()})
	d.shows("Nothing runs any more. Quit?")
	d.send(frameMsg{testkit.Running()})
	if d.press("n"); d.quit {
		t.Error("n quits")
	}
	if d.press("q y"); !d.quit {
		t.Error("y does not quit")
	}
}

func TestFirstInterruptStopsAndTheNextQuits(t *testing.T) {
	d := at120(t, testkit.Running()).press("ctrl+c")
	d.wished("stop []")
	if d.quit {
		t.Fatal("the first ctrl+c quits")
	}
	if d.press("ctrl+c"); !d.quit {
		t.Error("the second ctrl+c does not quit")
	}
	d = at120(t, testkit.Running()).press("ctrl+c j ctrl+c")
	if d.quit {
		t.Error("another key between does not disarm ctrl+c")
	}
	if d := at120(t, testkit.Green()).press("ctrl+c"); !d.quit {
		t.Error("ctrl+c does not quit when nothing runs")
	}
	if d := at120(t, testkit.Green()).press("/ a b ctrl+c"); !d.quit {
		t.Error("ctrl+c is lost in the text field")
	}
}

func TestSelectionDrivesDetailAndLogs(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G")
	d.shows("expected \"charge.count\" = 1, found 2")
	d.shows("charge 42: already paid")
	d.press("k").shows("3 checks held")
	d.hides("charge 42: already paid")
	d.press("g").shows("runs only when it is selected")
}

func TestSelectionStaysOnItsRowWhenTheListChanges(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G")
	next := testkit.Failed()
	next.Templates = next.Templates[1:]
	d.send(frameMsg{next})
	if n := d.tree.Node(); n.Scenario != "pays twice" {
		t.Errorf("the selection is %+v", n)
	}
	gone := testkit.Failed()
	gone.Templates[2].Scenarios = gone.Templates[2].Scenarios[:1]
	d.send(frameMsg{gone})
	if n := d.tree.Node(); n.Path != "tests/orders/order_flow.clnrm.tera" || n.Scenario != "" {
		t.Errorf("the scenario is gone, the selection is %+v", n)
	}
	d.send(frameMsg{testkit.Many(0, 0)})
	d.shows("No test files")
	d.press("r").wished()
	d.shows("nothing is selected")
}

func TestFirstRowIsSelectedUntilTheUserChooses(t *testing.T) {
	d := at120(t, testkit.Many(0, 0))
	s := testkit.Failed()
	late := *s
	late.Templates = s.Templates[1:]
	d.send(frameMsg{&late})
	d.send(frameMsg{s})
	if n := d.tree.Node(); n.Path != s.Templates[0].Path {
		t.Errorf("the selection is %+v, want the first row", n)
	}
	d.send(frameMsg{&late})
	d.press("j k")
	d.send(frameMsg{s})
	if n := d.tree.Node(); n.Path != s.Templates[1].Path {
		t.Errorf("the selection is %+v, want what the user chose", n)
	}
}

func TestFilterShowsMatchesAndEscapeClears(t *testing.T) {
	d := at120(t, testkit.Failed()).press("/ m a l l")
	d.shows("mallory does not")
	d.hides("ada logs in")
	d.hides("order_flow")
	if n := d.tree.Node(); n.Scenario != "mallory does not" {
		t.Errorf("the match is not selected but %+v", n)
	}
	d.press("enter r").wished("run [{tests/login.clnrm.toml.tera mallory does not}]")
	d.press("esc").shows("order_flow")
	d.press("/ p a enter g").shows("happy path")
	d.press("n")
	for _, want := range []string{"pays twice", "happy path"} { // past the last match comes the first
		d.press("n")
		if n := d.tree.Node(); n.Scenario != want {
			t.Errorf("n goes to %+v, want %q", n, want)
		}
	}
	d.press("esc")
	d.press("/ ! l o g i n").hides("ada logs in")
	d.shows("order_flow")
	d.press("esc").shows("ada logs in")
	d.press("/ z z z").shows("No template or scenario matches.")
}

func TestSearchInLogsMarksAndSteps(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G 4 / c h a r g enter")
	d.shows("/charg 1/2")
	d.press("n").shows("/charg 2/2")
	d.press("n").shows("/charg 1/2")
	d.press("N").shows("/charg 2/2")
	d.press("esc").hides("/charg")
	d.press("/ r enter").shows("/r 1/4")
	d.press("N").shows("/r 4/4")
	d.press("N").shows("/r 3/4")
	d.press("n n").shows("/r 1/4")
}

func TestLogsFollowUntilScrolledUp(t *testing.T) {
	d := at120(t, testkit.Running()).press("G 4")
	add := func(n int) {
		for range n {
			d.engine.AddLog(testkit.PaysTwice, engine.LogLine{Service: "shop", Stream: "stdout", Text: "tick"})
		}
		d.engine.AddLog(testkit.PaysTwice, engine.LogLine{Service: "shop", Stream: "stdout", Text: "newest line"})
		next := *testkit.Running()
		d.send(frameMsg{&next})
	}
	add(50)
	d.shows("newest line")
	d.press("k k")
	add(50)
	d.hides("newest line")
	d.shows("+51 new")
	d.press("G").shows("newest line")
	d.hides("new ")
	d.press("g").shows("container 9f8e7d6c5b4a is ready")
	d.engine.DropLog(testkit.PaysTwice, 40)
	d.press("G").shows("last 68 of 108")
	d.press("g").shows("last 68 of 108")
}

func TestLogOfAStepShowsItsLinesOnlyEvenAfterTheRingHasTurned(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G enter j j")
	d.shows("Logs · pays twice › charge")
	d.shows("follow  3")
	d.hides("order 42 created")
	d.press("4 / c h a r g enter").shows("/charg 1/2")
	d.engine.AddLog(testkit.PaysTwice, engine.LogLine{Step: "charge", Stream: "stdout", Text: "charged at last"})
	d.engine.DropLog(testkit.PaysTwice, 4) // the first line of the step and one match are gone
	d.send(frameMsg{testkit.Failed()})
	d.shows("/charg 0/2  last 3 of 7")
	d.hides("charging 12.00 EUR")
	d.shows("charged at last")

	late := at120(t, testkit.Failed())
	late.engine.DropLog(testkit.PaysTwice, 4) // before anything was looked at
	late.press("G enter j j 4 / a g a i n enter").shows("/again 1/1")
	late.shows("charge 42: already paid, charging again")
}

func TestProblemsAreReachedFromAnywhere(t *testing.T) {
	snap := testkit.Invalid()
	snap.Templates[2] = testkit.Failed().Templates[2]
	testkit.Count(snap)
	d := at120(t, snap).press("4 e")
	d.shows("the variable `scenaro_name` is not defined")
	d.press("e").shows("can never pass")
	low := open(t, snap, 80, 24, uncolored).press("e")
	low.shows("the variable `scenaro_name` is not defined")
	low.press("e").shows("can never pass") // the detail scrolls to it
	d.press("e")
	if n := d.tree.Node(); n.Scenario != "pays twice" {
		t.Errorf("the third problem selects %+v", n)
	}
	d.press("e")
	if n := d.tree.Node(); n.Path != "tests/login.clnrm.toml.tera" {
		t.Errorf("after the last problem comes %+v", n)
	}
	d.press("9 G enter")
	if d.prefs.Focus != layout.Detail {
		t.Error("enter on a problem does not show its detail")
	}
	d.shows("expected \"charge.count\" = 1, found 2")
}

func TestEditorOpensTheLineThatMatters(t *testing.T) {
	d := at120(t, testkit.Failed())
	d.press("G o")
	d.env = map[string]string{"VISUAL": "code --reuse-window", "EDITOR": "vim"}
	d.press("o").shows("opened tests/orders/order_flow.clnrm.tera:11:1")
	want := []string{"vim +call cursor(11,1) /home/ada/shop/tests/orders/order_flow.clnrm.tera"}
	if !reflect.DeepEqual(d.paper.lent, want) {
		t.Errorf("lent to %q, want %q", d.paper.lent, want)
	}
	d.send(editorMsg{errors.New("open x: exit status 1")})
	d.shows("open x: exit status 1")
}

func TestAnEditorIsFoundWhereNoneIsSet(t *testing.T) {
	d := at120(t, testkit.Failed())
	delete(d.env, "EDITOR")
	looked := 0
	d.lookPath = func(name string) (string, error) {
		if looked++; name == "nano" {
			return "/usr/bin/nano", nil
		}
		return "", exec.ErrNotFound
	}
	d.press("G o j k o")
	if len(d.paper.lent) != 2 || !strings.HasPrefix(d.paper.lent[0], "nano +11,1 ") {
		t.Errorf("lent to %q", d.paper.lent)
	}
	if looked > 3 {
		t.Errorf("programs were looked for %d times", looked)
	}
	d = at120(t, testkit.Failed())
	delete(d.env, "EDITOR")
	d.press("G o").shows("no editor: set $VISUAL or $EDITOR, or install vim, nvim, nano or vi").hides("  o edit")
}

// Ages go on in coarse steps, all at once: while nothing happens, the screen wakes at
// the beginning of a minute, and only when an age on it has changed.
func TestAgesGoOnInCoarseSteps(t *testing.T) {
	s := testkit.Failed()
	for _, tpl := range s.Templates {
		tpl.CheckedAt = testkit.Now.Add(-3 * time.Hour)
		for _, sc := range tpl.Scenarios {
			if sc.Last().Result != nil {
				sc.Last().Result.At = testkit.Now.Add(-3 * time.Hour)
			}
		}
	}
	s.Templates[2].Scenarios[1].Last().Result.At = testkit.Now.Add(-12 * time.Second)
	d := at120(t, s)
	var next time.Duration
	d.wake = func(after time.Duration) { next = after }
	d.press("G").shows("3.40s  ·  just now")
	for _, step := range []struct {
		wakes string // by the clock
		shows string
	}{{"15:11:00", "1m ago"}, {"15:12:00", "2m ago"}, {"15:13:00", "3m ago"}} {
		d.clock = d.clock.Add(next)
		if at := d.clock.Format(time.TimeOnly); at != step.wakes {
			t.Errorf("the screen wakes at %s, want %s", at, step.wakes)
		}
		d.send(tickMsg{})
		d.shows(step.shows)
	}
	d.clock = testkit.Now.Add(20 * time.Minute)
	d.send(tickMsg{})
	if d.shows("20m ago"); next != 5*time.Minute+34*time.Second {
		t.Errorf("after twenty minutes the screen wakes after %v", next)
	}
	d.clock = testkit.Now.Add(3 * time.Hour)
	d.send(tickMsg{})
	if d.shows("3h ago"); next != time.Hour+34*time.Second {
		t.Errorf("after three hours the screen wakes after %v", next)
	}
}

func TestFocusModeShowsWhatNeedsAttention(t *testing.T) {
	d := at120(t, testkit.Failed()).press("F")
	d.shows("▸ ✗ pays twice")
	d.hides("▸ ✓ happy path")
	d.hides("ada logs in")
	d.press("esc").shows("ada logs in")
	at120(t, testkit.Green()).press("F").shows("Nothing fails, runs or is out of date.")
}

func TestPanelsTakeTheFocusAndZoom(t *testing.T) {
	d := at120(t, testkit.Failed()).press("G tab")
	d.shows("▸2 Detail")
	d.press("shift+tab shift+tab").shows("▸9 Problems")
	d.press("z").shows("▸9 Problems")
	d.hides("Templates")
	d.press("1").shows("▸1 Templates")
	d.press("esc").shows("2 Detail")
	d.shows("9 Problems") // used last of those that share the place
}

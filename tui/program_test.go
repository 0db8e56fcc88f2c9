package tui

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"
	"go.uber.org/goleak"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/tui/testkit"
	"github.com/seanchatmangpt/clnrm-tui/tui/theme"
)

func TestRunEndsWithItsContextAndLeavesNoGoroutine(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no pseudo terminal here: %v", err)
		}
		t.Skipf("no pseudo terminal here: %v", err)
	}
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	e := testkit.Equip(testkit.NewEngine(testkit.Running()))
	done := make(chan error, 1)
	go func() { done <- Run(ctx, e, Options{In: tty, Out: tty, CrashDir: t.TempDir()}) }()

	var out bytes.Buffer
	buf := make([]byte, 32<<10)
	for !strings.Contains(out.String(), frameEnd) {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(buf[:n])
	}
	e.Publish(testkit.Failed())
	read := make(chan struct{})
	go func() {
		defer close(read)
		// The end of the terminal is an error of its own kind; what came before is what counts.
		_, _ = io.Copy(&out, master)
	}()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run returned %v", err)
	}
	if err := tty.Close(); err != nil {
		t.Error(err)
	}
	<-read
	if err := master.Close(); err != nil {
		t.Error(err)
	}
	goleak.VerifyNone(t, before)
	if !strings.Contains(out.String(), "1 failed") {
		t.Errorf("the summary is missing: %q", tail(out.String()))
	}
}

func TestSummaryListsWhatFailsAndCountsTheRest(t *testing.T) {
	var b bytes.Buffer
	s := testkit.Invalid()
	s.Templates[2] = testkit.Replayed().Templates[2]
	testkit.Count(s)
	writeSummary(&b, theme.New(false, theme.ASCII()), s)
	want := "clnrm-tui: 3 templates, 1 invalid; 3 scenarios, 1 passed in a replay, 1 failed, 1 never run\n" +
		"x tests/login.clnrm.toml.tera:5:12: the variable `scenaro_name` is not defined\n" +
		"x tests/orders/order_flow.clnrm.tera:11:1: pays twice: expected \"charge.count\" = 1, found 2 in the only span \"order.charge\"\n"
	if b.String() != want {
		t.Errorf("got\n%q\nwant\n%q", b.String(), want)
	}
	b.Reset()
	writeSummary(&b, theme.New(true, theme.Unicode()), testkit.Failed())
	if !strings.Contains(b.String(), "\x1b[0;31m✗\x1b[0m tests/orders") {
		t.Errorf("no colour: %q", b.String())
	}
	b.Reset()
	writeSummary(&b, theme.New(false, theme.ASCII()), testkit.Running())
	if !strings.Contains(b.String(), "2 not finished") {
		t.Errorf("what was running is not mentioned: %q", b.String())
	}
	many := testkit.Many(30, 0)
	for _, x := range many.Templates {
		x.Status = engine.CheckError
		x.Diagnostics = testkit.Invalid().Templates[1].Diagnostics
	}
	b.Reset()
	writeSummary(&b, theme.New(false, theme.ASCII()), many)
	if lines := strings.Count(b.String(), "\n"); lines != summaryLimit+2 || !strings.Contains(b.String(), "and 10 more") {
		t.Errorf("%d lines:\n%s", lines, b.String())
	}
}

// hostile is text that tries everything a terminal could be made to do.
const hostile = "a\x1b[31m\x1b]0;t\x07\tb\r\nc\u202ed日本\u0301\xff\u200d👩‍💻\x00\x9b2J"

// hostileFile declares hostile services.
type hostileFile struct{}

// Of implements engine.Declaration.
func (hostileFile) Of(string) ([]string, []engine.Step) { return []string{hostile}, nil }

func TestForeignTextNeverReachesTheTerminalRaw(t *testing.T) {
	s := testkit.Invalid()
	tpl := *s.Templates[1]
	tpl.Path, tpl.Name, tpl.Cache.Reason, tpl.Deps = hostile, hostile, hostile, []string{hostile}
	for i := range tpl.Diagnostics {
		d := &tpl.Diagnostics[i]
		d.Code, d.Message, d.Hint, d.Line, d.Pos.File, d.Pos.Column = hostile, hostile, hostile, hostile, hostile, 9
		d.Via = append(d.Via[:0:0], d.Via...)
		for j := range d.Via {
			d.Via[j].What, d.Via[j].Pos.File = hostile, hostile
		}
	}
	fail := *testkit.Failed().Templates[2].Scenarios[1]
	fail.ID = engine.ScenarioID{Path: hostile, Name: hostile}
	run := *fail.Run
	fail.Run, fail.Stale, fail.Declared = &run, true, hostileFile{}
	run.StaleReason, run.Progress = hostile, hostile
	r := *run.Result
	r.Message, r.Telemetry, r.Digest, r.Sources = hostile, hostile, hostile, []string{hostile}
	r.Checks = []engine.Check{{Rule: hostile, Message: hostile, Explain: []string{hostile}, Spans: []string{hostile}},
		{Rule: hostile, OK: true, Note: hostile}}
	r.Evidence = engine.Evidence{Backend: hostile, Network: hostile, Containers: []engine.Container{{Service: hostile, ID: hostile, Image: hostile, Digest: hostile}}}
	run.Result = &r
	run.Steps = []engine.Step{{Name: hostile, Command: hostile, Verdict: engine.VerdictFail, ExitCode: 1, Message: hostile}}
	tpl.Scenarios = []*engine.Scenario{&fail}
	s.Templates = []*engine.Template{&tpl}
	s.Root, s.Backend = hostile, engine.BackendStatus{Name: hostile, Known: true, Problem: hostile}
	s.Watch.Mode, s.Watch.Problem = hostile, hostile
	s.Notices = []engine.Notice{{Seq: 1, Text: hostile, Level: 2}}
	for _, size := range sizes {
		d := open(t, s, size[0], size[1], uncolored)
		d.engine.SetSource(hostile, hostile)
		d.engine.AddLog(fail.ID, engine.LogLine{Service: hostile, Step: hostile, Stream: "stderr", Text: hostile})
		for _, keys := range []string{"", "esc j", "enter right", "j", "3", "4", "5", "6", "7", "8", "9", "9 e", "2 z", "r", "/ a", "?"} {
			d.press(keys)
			checkFrame(t, d.grid, size[0], size[1])
			for _, c := range d.screen() {
				if c < 0x20 && c != '\n' || c >= 0x7f && c < 0xa0 || c == 0x202e {
					t.Fatalf("%v after %q: %U is on the screen:\n%s", size, keys, c, d.screen())
				}
			}
			// The grid replaces what is unclean; it should not have to.
			if d.field == nil && strings.Contains(d.screen(), "a?") {
				t.Errorf("%v after %q: text reached the grid unclean:\n%s", size, keys, d.screen())
			}
		}
		if err := d.guard.crash(); err != nil {
			t.Error(err)
		}
	}
}

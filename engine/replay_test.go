package engine

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/report"
	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
)

// What a recorded run says is green nowhere once the scenario itself changed, and
// everywhere it says why, of which run it is and how old that is.
func TestAReplayIsNotGreenOnceTheScenarioItselfChanged(t *testing.T) {
	swap := func(old, new string) string { return strings.Replace(emitter(wantsOrder), old, new, 1) }
	for _, tt := range []struct{ name, text, why string }{
		{"another image", swap("example:1", "example:2"), "the image of app changed since the run, from example:1 to example:2"},
		{"another command", swap(`run = "emit"`, `run = "emit twice"`), "services or commands changed since the run"},
		{"another variable of its service", swap("image =", "env = { DEBUG = \"1\" }\nimage ="), "services or commands changed since the run"},
		{"one service more", emitter(wantsOrder) + "\n[service.db]\nplugin = \"generic_container\"\nimage = \"db:1\"\n", "services or commands changed since the run"},
		{"another name of its service", strings.ReplaceAll(swap("[service.app]", "[service.shop]"), `service = "app"`, `service = "shop"`),
			"service app of the run is not there any more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
			if err := h.RunAll(); err != nil {
				t.Fatal(err)
			}
			h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
			sub := h.Subscribe()
			h.write(file, tt.text)
			s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
			if s.Last().StaleReason != tt.why || s.Replayed || s.Last().Trace == "" || s.Last().TracedAt.IsZero() {
				t.Errorf("the row says %q, replayed %t, of %q at %v", s.Last().StaleReason, s.Replayed, s.Last().Trace, s.Last().TracedAt)
			}
			if c := h.Snapshot().Counts; c.Passed != 0 || c.Stale != 1 {
				t.Errorf("counts %+v", c)
			}
			r := h.ScenarioReport(s)
			if !r.Stale || r.StaleReason != tt.why || r.Trace != s.Last().Trace || r.TracedAt == nil {
				t.Errorf("the report says %+v", r)
			}
			if got := nextEvent[Outdated](t, sub); !slices.Equal(got.Scenarios, []ScenarioID{s.ID}) {
				t.Errorf("told of %+v", got)
			}
			a, err := h.later().Analyze(file, nil, nil)
			if err == nil || a.Verdict != report.Error || !strings.Contains(a.Message, tt.why) {
				t.Errorf("analyze: %v, verdict %s", err, a.Verdict)
			}
			run, unchanged := h.later().SplitUnchanged(t.Context(), []ScenarioID{s.ID})
			if len(run) != 1 || len(unchanged) != 0 {
				t.Errorf("run --changed would leave it out: %+v", unchanged)
			}
			if n := h.backend.Opened(); n != 1 {
				t.Errorf("%d sessions were opened, want only that of the run", n)
			}
		})
	}
}

// A verdict that came out of date is told once, and that it stands again too.
func TestWhatComesOutOfDateIsToldOnce(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	sub := h.Subscribe()
	other := strings.Replace(emitter(wantsOrder), "example:1", "example:2", 1)
	h.write(file, other)
	nextEvent[Outdated](t, sub)
	h.write(file, other+"kind = \"server\"\n") // stale for the same reason
	h.write("mark.clnrm.toml", "[meta\n")
	h.template("the save is checked", "mark.clnrm.toml", func(t *Template) bool { return t.Status == CheckError })
	h.write(file, emitter(wantsOrder+"kind = \"server\"\n"))
	for {
		switch ev := nextOf(t, sub).(type) {
		case Outdated:
			t.Fatalf("told again: %+v", ev)
		case Replayed:
			s := h.scenario("a replay", file, "emit", func(s *Scenario) bool { return s.Replayed })
			if r := h.ScenarioReport(s); r.Trace == "" || !r.Replayed || r.TracedAt == nil {
				t.Errorf("%+v", r)
			}
			return
		}
	}
}

// elsewhere is a backend of another name.
type elsewhere struct{ runner.Backend }

func (elsewhere) Name() string { return "elsewhere" }

// A pass on one backend is not shown as one of another.
func TestAReplayIsNotGreenOnAnotherBackend(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	h.scenario("a pass", file, "emit", func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Stale })
	h.backendMu.Lock()
	h.Engine.backend = elsewhere{h.Engine.backend}
	h.backendMu.Unlock()
	h.Probe()
	s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	if want := "the run was on the backend scripted, and this is elsewhere"; s.Last().StaleReason != want {
		t.Errorf("reason %q, want %q", s.Last().StaleReason, want)
	}
}

// nextOf is the next event of a subscription.
func nextOf(t *testing.T, sub *Subscription) Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ev, ok := sub.Next(ctx)
	if !ok {
		t.Fatal("no event came")
	}
	return ev
}

// nextEvent is the next event of one kind.
func nextEvent[E Event](t *testing.T, sub *Subscription) E {
	t.Helper()
	for {
		if ev, ok := nextOf(t, sub).(E); ok {
			return ev
		}
	}
}

// A name that stands for another image now is no definition of what ran: its pass
// is green on no surface until it has run again, and comes back with the image.
func TestAReplayIsNotGreenOnceItsImageIsAnother(t *testing.T) {
	const why = "the image example:1 is another one than that of the run"
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	green := func(s *Scenario) bool { return s.Verdict == VerdictPass && !s.Stale }
	sub := h.Subscribe()

	h.backend.Tag("sha256:1") // nothing is saved and nothing is run
	s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	if s.Last().StaleReason != why {
		t.Errorf("reason %q", s.Last().StaleReason)
	}
	if got := nextEvent[Outdated](t, sub); !slices.Equal(got.Scenarios, []ScenarioID{s.ID}) {
		t.Errorf("told of %+v", got)
	}
	if r := h.ScenarioReport(s); r.Verdict == report.Pass || !strings.Contains(r.Message, why) || !r.Stale {
		t.Errorf("the report says %s, %q", r.Verdict, r.Message)
	}
	if c := h.Snapshot().Counts; c.Passed != 0 || c.Stale != 1 {
		t.Errorf("counts %+v", c)
	}
	h.write(file, emitter(wantsOrder+"kind = \"server\"\n"))
	h.template("the save", file, func(t *Template) bool { return t.Generation == 2 })
	h.scenario("a save does not make it speak again", file, "emit", func(s *Scenario) bool { return s.Stale && s.Last().StaleReason == why })
	if a, err := scanned(t, h.backend, h.dir, nil, nil).Analyze(file, nil, nil); err == nil || a.Verdict != report.Error || !strings.Contains(a.Message, why) {
		t.Errorf("analyze: %v, %s %q", err, a.Verdict, a.Message)
	}

	h.write(file, emitter(wantsOrder))
	h.backend.Tag("")
	h.scenario("the image is back", file, "emit", green)
	h.backend.Tag("sha256:1")
	h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	h.backend.Sees = func(c *runner.Container) { c.Digest = "sha256:1" }
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the second run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active && s.Counts.Passed == 1 })
}

// What a backend cannot tell of an image is not held against a run.
func TestAnImageThatIsGoneDoesNotMakeARunStale(t *testing.T) {
	ev := &runner.Evidence{Backend: "docker", Containers: []runner.Container{{Service: "app", Image: "app:1", Digest: "sha256:1"}}}
	var g ground
	for _, tt := range []struct {
		id    string
		stale bool
	}{{"sha256:1", false}, {"", false}, {"sha256:2", true}, {"sha256:1", false}} {
		g.learn(imageKey("docker", "app:1"), tt.id)
		if why := g.differs(ev); (why != "") != tt.stale {
			t.Errorf("the name stands for %q: %q", tt.id, why)
		}
	}
	g.learn(imageKey("docker", "app:1"), "sha256:2")
	if !g.saw(ev) || g.differs(ev) != "" {
		t.Error("a run that has just ended is stale for what was known before it")
	}
}

// What was hermetic is not shown as what another run would be.
func TestAHermeticRunDoesNotSpeakForOneThatWouldNotBe(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	h.backendMu.Lock()
	h.Engine.backend = sharing{h.Engine.backend}
	h.backendMu.Unlock()
	h.Probe()
	s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	if want := "the run was hermetic, and another would not be"; s.Last().StaleReason != want {
		t.Errorf("reason %q, want %q", s.Last().StaleReason, want)
	}
}

// sharing is a backend that does not isolate.
type sharing struct{ runner.Backend }

func (sharing) Hermetic() bool { return false }

// After a restart a stale row still says of which run it is.
func TestAStaleRowSaysOfWhichRunItIsAfterARestart(t *testing.T) {
	h := watching(t, emits(oneSpan), map[string]string{file: emitter(wantsOrder)})
	if err := h.RunAll(); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Done == 1 && !s.Run.Active })
	h.write(file, strings.Replace(emitter(wantsOrder), "example:1", "example:2", 1))
	h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	h = h.beside(h.backend)
	s := h.scenario("a stale row", file, "emit", func(s *Scenario) bool { return s.Stale })
	if r := h.ScenarioReport(s); r.TracedAt == nil || r.TracedAt.IsZero() || r.Trace == "" || r.Verdict == report.Pass {
		t.Errorf("the report says %+v", r)
	}
}

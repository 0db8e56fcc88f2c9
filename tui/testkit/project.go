package testkit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine"
	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// Now is the time of all fixtures.
var Now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// OrderSource is the text of the template of the failing scenario.
const OrderSource = `{% import "_macros.toml.tera" as m %}
[meta]
name = "orders"

[[scenario]]
name = "pays twice"
run = "order --pay --pay"

[[scenario.expect.span]]
name = "order.charge"
attrs.all = { "charge.count" = 1 }

[expect.graph]
must_include = [["order.create", "order.charge"]]
`

// LoginSource is the text of a template with an undefined variable.
const LoginSource = `[meta]
name = "login"

[[scenario]]
name = "{{ scenaro_name }}"
run = "login --user ada"
`

const (
	orders = "tests/orders/order_flow.clnrm.tera"
	login  = "tests/login.clnrm.toml.tera"
	search = "tests/search.clnrm.tera"
	load   = "tests/load.clnrm.toml"
)

// PaysTwice is the scenario that fails in Failed.
var PaysTwice = engine.ScenarioID{Path: orders, Name: "pays twice"}

// Named returns the fixtures by name.
func Named() map[string]*engine.Snapshot {
	return map[string]*engine.Snapshot{
		"pending": Pending(), "green": Green(), "invalid": Invalid(), "running": Running(),
		"failed": Failed(), "stale": Stale(), "replayed": Replayed(), "nodocker": NoDocker(), "broken": Broken(),
		"traced": Traced(),
	}
}

// project puts templates together and counts them.
func project(templates ...*engine.Template) *engine.Snapshot {
	slices.SortFunc(templates, func(a, b *engine.Template) int { return strings.Compare(a.Path, b.Path) })
	s := &engine.Snapshot{
		Seq: 1, Root: "/home/ada/shop", Started: Now.Add(-time.Hour), Ready: true, Templates: templates,
		Watch:   engine.WatchStatus{Mode: "inotify", Dirs: 14},
		Backend: engine.BackendStatus{Name: "docker", Known: true, OK: true},
		Cache:   engine.CacheStats{Hits: 91, Misses: 9, Entries: 4, Capacity: 100},
		Stages: []engine.StageStats{
			{Name: engine.StageDetection, Samples: 12, P50: 28 * time.Millisecond, P95: 52 * time.Millisecond, Max: 61 * time.Millisecond},
			{Name: engine.StageRender, Samples: 7, P50: 3800 * time.Microsecond, P95: 12 * time.Millisecond, Max: 20 * time.Millisecond},
			{Name: engine.StageParse, Samples: 7, P50: 900 * time.Microsecond, P95: 1400 * time.Microsecond, Max: 2 * time.Millisecond},
			{Name: engine.StageTotal, Samples: 12, P50: 36 * time.Millisecond, P95: 70 * time.Millisecond, Max: 89 * time.Millisecond},
		},
		Latency: engine.Latency{Samples: 12, P50: 38 * time.Millisecond, P95: 71 * time.Millisecond, Max: 90 * time.Millisecond, Histogram: [engine.LatencyBuckets]int{3: 1, 4: 5, 5: 4, 6: 2}},
		Run:     engine.RunStatus{Limit: 8},
	}
	Count(s)
	return s
}

// Count sets the counts of a snapshot from its templates.
func Count(s *engine.Snapshot) {
	c := engine.Counts{Templates: len(s.Templates)}
	for _, t := range s.Templates {
		switch t.Status {
		case engine.CheckOK:
			c.OK++
		case engine.CheckWarning:
			c.Warnings++
		case engine.CheckError:
			c.Errors++
		}
		for _, x := range t.Scenarios {
			c.Scenarios++
			switch {
			case x.Verdict == engine.VerdictRunning:
				c.Running++
			case x.Verdict == engine.VerdictQueued:
				c.Queued++
			case x.Stale:
				c.Stale++
			case x.Verdict == engine.VerdictPass:
				c.Passed++
			case x.Verdict == engine.VerdictFail || x.Verdict == engine.VerdictError:
				c.Failed++
			default:
				c.Never++
			}
		}
	}
	s.Counts = c
}

func template(path, name string, scenarios ...*engine.Scenario) *engine.Template {
	for _, s := range scenarios {
		s.ID.Path = path
	}
	return &engine.Template{
		Path: path, Name: name, Generation: 3, Status: engine.CheckOK,
		Timing: engine.Timing{Read: 210 * time.Microsecond, Hash: 40 * time.Microsecond, Render: 3800 * time.Microsecond,
			Parse: 900 * time.Microsecond, Validate: 2200 * time.Microsecond, Total: 7150 * time.Microsecond},
		Cache: engine.CacheOutcome{Hit: true}, CheckedAt: Now.Add(-4 * time.Minute), Scenarios: scenarios,
	}
}

// never is a scenario that was not run.
func never(name string, line int, steps ...string) *engine.Scenario {
	s := &engine.Scenario{
		ID: engine.ScenarioID{Name: name}, Line: int32(line), Stepped: len(steps) > 0,
		Declared: shop{}, Run: &engine.ScenarioRun{},
	}
	for i, n := range steps {
		s.Run.Steps = append(s.Run.Steps, engine.Step{Name: n, Line: line + i + 1, Command: "shop " + n + " --order 42"})
	}
	return s
}

// shop declares scenarios that use the service of that name.
type shop struct{}

// Of implements engine.Declaration.
func (shop) Of(string) ([]string, []engine.Step) { return []string{"shop"}, nil }

// passed is a scenario that passed two minutes ago.
func passed(name string, line int, steps ...string) *engine.Scenario {
	s := never(name, line, steps...)
	s.Verdict = engine.VerdictPass
	for i := range s.Run.Steps {
		s.Run.Steps[i].Verdict = engine.VerdictPass
		s.Run.Steps[i].Duration = time.Duration(i+1) * 340 * time.Millisecond
	}
	s.Run.Since = Now.Add(-2 * time.Minute)
	s.Run.Result = &engine.Result{
		Verdict: engine.VerdictPass, Duration: 1214 * time.Millisecond, At: Now.Add(-2 * time.Minute),
		Judged: 3, Spans: 23, Events: 7, Sources: []string{"otlp shop"},
		Checks: []engine.Check{
			{Rule: "step[run].exit_code", OK: true},
			{Rule: "expect.span[order.create]", OK: true, Spans: []string{"order.create"}},
			{Rule: "expect.status.all", OK: true, Note: "2 UNSET spans accepted as OK"},
		},
		Evidence: engine.Evidence{Backend: "docker", Hermetic: true, Network: "sealed", Containers: []engine.Container{
			{Service: "shop", ID: "9f8e7d6c5b4a39281706", Image: "shop:latest", Digest: "sha256:1a2b3c4d5e6f708192a3"}}},
		Digest: "c0ffee00c0ffee00c0ffee00", SpecHash: "5eed",
	}
	return s
}

// failed is a scenario whose expectation did not hold.
func failed(name string, line int, steps ...string) *engine.Scenario {
	s := passed(name, line, steps...)
	s.Verdict, s.Run.Result.Verdict = engine.VerdictFail, engine.VerdictFail
	s.Run.Result.Duration = 3400 * time.Millisecond
	s.Run.Result.Errors = 1
	s.Run.Result.Judged = 4
	if n := len(s.Run.Steps); n > 0 {
		last := &s.Run.Steps[n-1]
		last.Verdict, last.ExitCode, last.Message = engine.VerdictFail, 3, "expected exit status 0, found 3"
	}
	s.Run.Result.Checks = append(s.Run.Result.Checks, engine.Check{
		Rule: "expect.span[order.charge].attrs.all", Pos: diag.Position{File: orders, Line: 11, Column: 1},
		Message: `expected "charge.count" = 1, found 2 in the only span "order.charge"`,
		Spans:   []string{"order.charge"},
		Explain: []string{"order.charge (shop, 12ms)", "├ charge.count   expected 1   found 2", "└ charge.currency   EUR"},
	})
	return s
}

// Pending is the moment after the start: nothing has been checked.
func Pending() *engine.Snapshot {
	var all []*engine.Template
	for _, path := range []string{login, load, orders, search} {
		all = append(all, &engine.Template{Path: path, Generation: 1})
	}
	s := project(all...)
	s.Ready, s.Cache, s.Latency = false, engine.CacheStats{}, engine.Latency{}
	s.Backend = engine.BackendStatus{Name: "docker"}
	return s
}

// Green is a project in which everything has passed freshly.
func Green() *engine.Snapshot {
	manual := template(load, "load", never("a million orders", 9, "hammer"))
	manual.Manual, manual.Tags = true, []string{"slow", "orders"}
	return project(
		manual,
		template(login, "login", passed("ada logs in", 4), passed("mallory does not", 9)),
		template(orders, "orders", passed("happy path", 4, "create", "pay"), passed("pays twice", 5, "start", "charge")),
	)
}

// Invalid has a template with errors.
func Invalid() *engine.Snapshot {
	s := Green()
	t := template(login, "")
	t.Status, t.Cache, t.CheckedAt = engine.CheckError, engine.CacheOutcome{Reason: "content changed"}, Now
	t.Generation = 4
	t.Diagnostics = []diag.Diagnostic{
		{Severity: diag.Error, Code: "template-undefined", Message: "the variable `scenaro_name` is not defined",
			Pos: diag.Position{File: login, Line: 5, Column: 12}, Width: 12, Line: `name = "{{ scenaro_name }}"`,
			Hint: "did you mean `scenario_name`?", Via: []diag.Frame{{What: "included", Pos: diag.Position{File: "tests/all.tera", Line: 2}}}},
		{Severity: diag.Warning, Code: "expect-missing", Message: "the scenario expects nothing: it can never pass",
			Pos: diag.Position{File: login, Line: 4, Column: 1}, Width: 12, Line: "[[scenario]]",
			Hint: "add [[scenario.expect.span]] with at least one expectation"},
	}
	s.Templates[1] = t
	Count(s)
	return s
}

// Running has one scenario in flight and one that waits.
func Running() *engine.Snapshot {
	s := Failed()
	x := never("pays twice", 5, "start", "charge")
	x.ID.Path = orders
	x.Verdict, x.Run.Since, x.Run.Progress = engine.VerdictRunning, Now.Add(-3240*time.Millisecond), "step 2/2 charge"
	x.Run.Steps[0].Verdict, x.Run.Steps[0].Duration = engine.VerdictPass, 900*time.Millisecond
	x.Run.Steps[1].Verdict = engine.VerdictRunning
	y := never("happy path", 4, "create", "pay")
	y.ID.Path = orders
	y.Verdict, y.Run.Queue = engine.VerdictQueued, 1
	s.Templates[2] = template(orders, "orders", y, x)
	s.Run = engine.RunStatus{Active: true, Total: 2, Started: Now.Add(-4 * time.Second), Containers: 2, Limit: 8}
	Count(s)
	return s
}

// Diffed is Failed after a save that changed expectations.
func Diffed() *engine.Snapshot {
	s := Failed()
	pos := func(line int) diag.Position { return diag.Position{File: orders, Line: line, Column: 1} }
	s.Templates[2].Diff = &engine.TemplateDiff{
		Generation: 3, At: Now.Add(-4 * time.Minute), Added: 1, Removed: 1, Changed: 2, Renamed: 1, Tightened: 2, Loosened: 1, Undecided: 1,
		Changes: []engine.ExpectationChange{
			{Kind: "changed", Section: "Spans", Path: "span[order.charge].attrs.all[charge.count]", Old: "= 1", New: "at most 1",
				Effect: engine.EffectLoosens, Why: "every value that was accepted lies below the new bound", Pos: pos(11)},
			{Kind: "renamed", Section: "Spans", Path: "span[order.refund]", NewPath: "span[order.receipt]", Old: "order.refund", New: "order.receipt",
				Effect: engine.EffectNeutral, Undecided: true, Why: "another name is asked for with all else the same", Pos: pos(12)},
			{Kind: "added", Section: "Graph edges", Path: "graph.must_include[order.create -> order.charge]", New: "order.create -> order.charge",
				Effect: engine.EffectTightens, Why: "no rule asked for it before", Pos: pos(15)},
			{Kind: "removed", Section: "Windows", Path: "window[0].duration_ms.max", Old: "500",
				Effect: engine.EffectTightens, Why: "the outer window has the same bound for more spans", Pos: pos(18)},
		},
	}
	return s
}

// Failed has a scenario with an expectation that did not hold.
func Failed() *engine.Snapshot {
	s := Green()
	s.Templates[2] = template(orders, "orders", passed("happy path", 4, "create", "pay"), failed("pays twice", 5, "start", "charge"))
	Count(s)
	return s
}

// Stale has results that are older than their inputs.
func Stale() *engine.Snapshot {
	s := Failed()
	for _, x := range s.Templates[2].Scenarios {
		x.Stale, x.Run.StaleReason = true, "shop:latest was rebuilt"
	}
	s.Templates[2].Cache = engine.CacheOutcome{Reason: "_macros.toml.tera changed"}
	s.Templates[2].Deps = []string{"tests/orders/_macros.toml.tera"}
	Count(s)
	return s
}

// Replayed has verdicts over recorded traces.
func Replayed() *engine.Snapshot {
	s := Failed()
	for _, x := range s.Templates[2].Scenarios {
		x.Replayed, x.Run.TracedAt, x.Run.Trace = true, Now.Add(-25*time.Minute), ".clnrm/runs/5d41402abc4b2a76"
	}
	Count(s)
	return s
}

// Broken has a scenario that could not be carried out, one that was stopped and
// one that passed outside of containers.
func Broken() *engine.Snapshot {
	s := Green()
	local := passed("happy path", 4, "create", "pay")
	local.Run.Result.Evidence = engine.Evidence{Backend: "local"}
	local.Run.Result.Telemetry = "2 of 25 spans came after the deadline and were not judged"
	stopped := never("refund", 8, "start", "refund")
	stopped.Verdict, stopped.Run.Since = engine.VerdictInterrupted, Now.Add(-3*time.Minute)
	stopped.Run.Steps[0].Verdict, stopped.Run.Steps[0].Duration = engine.VerdictPass, 120*time.Millisecond
	stopped.Run.Steps[1].Verdict = engine.VerdictSkipped
	stopped.Run.Result = &engine.Result{Verdict: engine.VerdictInterrupted, At: Now.Add(-3 * time.Minute), Duration: 4 * time.Second, Message: "stopped by the user"}
	broken := never("pays twice", 5, "start", "charge")
	broken.Verdict, broken.Run.Since = engine.VerdictError, Now.Add(-time.Minute)
	broken.Run.Steps[0].Verdict, broken.Run.Steps[1].Verdict = engine.VerdictSkipped, engine.VerdictSkipped
	broken.Run.Result = &engine.Result{
		Verdict: engine.VerdictError, At: Now.Add(-time.Minute), Duration: 31 * time.Second,
		Message: "service db did not become ready: health check `pg_isready` failed 3 times, last with exit status 2: no response",
	}
	s.Templates[2] = template(orders, "orders", local, stopped, broken)
	Count(s)
	return s
}

// Shared runs on this machine itself, and says so.
func Shared() *engine.Snapshot {
	s := Broken()
	s.Backend = engine.BackendStatus{Name: "local", Known: true, OK: true, Shared: true}
	return s
}

// NoDocker cannot run anything.
func NoDocker() *engine.Snapshot {
	s := project(template(login, "login", never("ada logs in", 4)), template(orders, "orders", never("happy path", 4, "create", "pay")))
	s.Backend = engine.BackendStatus{Name: "docker", Known: true, Problem: DockerProblem}
	s.Notices = []engine.Notice{{Seq: 1, At: Now, Level: diag.Warning, Text: DockerProblem}}
	return s
}

// DockerProblem is what a missing container runtime looks like.
const DockerProblem = "cannot reach Docker at unix:///var/run/docker.sock: no such file or directory. " +
	"Start it (sudo systemctl start docker), point DOCKER_HOST to another one, or run with --backend local, which is not hermetic."

// Many is a project of n templates with per scenarios each.
func Many(n, per int) *engine.Snapshot {
	all := make([]*engine.Template, n)
	for i := range all {
		var list []*engine.Scenario
		for j := range per {
			list = append(list, never(fmt.Sprintf("scenario %d", j), 4+j, "run"))
		}
		all[i] = template(fmt.Sprintf("tests/area%03d/case_%05d.clnrm.tera", i%200, i), fmt.Sprintf("case %d", i), list...)
	}
	return project(all...)
}

// Equip gives an engine the sources and the output that belong to the fixtures.
func Equip(e *Engine) *Engine {
	e.SetSource(orders, OrderSource)
	e.SetSource(login, LoginSource)
	e.SetSpans(PaysTwice, Waterfall())
	e.SetHistory(PaysTwice, Runs())
	e.AddLog(PaysTwice,
		engine.LogLine{At: TraceStart.Add(0 * time.Millisecond), Service: "shop", Stream: "clnrm", Text: "container 9f8e7d6c5b4a is ready after 412ms"},
		engine.LogLine{At: TraceStart.Add(80 * time.Millisecond), Service: "shop", Stream: "stdout", Text: "listening on :8080"},
		engine.LogLine{At: TraceStart.Add(160 * time.Millisecond), Service: "shop", Step: "start", Stream: "stdout", Text: "order 42 created"},
		engine.LogLine{At: TraceStart.Add(240 * time.Millisecond), Service: "shop", Step: "charge", Stream: "stdout", Text: "charging \x1b[33m12.00 EUR\x1b[0m"},
		engine.LogLine{At: TraceStart.Add(320 * time.Millisecond), Service: "shop", Step: "charge", Stream: "stderr", Text: "charge 42: already paid, charging again"},
		engine.LogLine{At: TraceStart.Add(400 * time.Millisecond), Service: "shop", Step: "charge", Stream: "clnrm", Text: "exit status 3"},
	)
	return e
}

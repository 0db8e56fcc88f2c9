package spec

import "time"

// scenarioDraft is a scenario while it is decoded.
type scenarioDraft struct {
	Scenario
	run        []string
	runAt      span
	runPos     Pos
	expect     *expectation
	concurrent bool
	mustFail   span // of expect_failure = true; empty when it is not given
}

// stepDraft is a step while it is decoded.
type stepDraft struct {
	Step
	named   bool
	repeats *bool // retry_on_failure
	times   *int  // retry, max_retries
	delay   *time.Duration
}

var scenarioTable = newTable(unknownKey,
	str("name", func(s *scenarioDraft) *string { return &s.Name }).at(func(s *scenarioDraft) *Pos { return &s.Pos }),
	str("service", func(s *scenarioDraft) *string { return &s.Service }).at(func(s *scenarioDraft) *Pos { return &s.ServicePos }),
	field[scenarioDraft]{name: "run", schema: text, shape: "a command line in one string; several commands are [[scenario.steps]]",
		set: func(d *decoder, _ string, e *entry, s *scenarioDraft) bool {
			s.run, s.runAt, s.runPos = d.command(e.val), e.at, d.pos(e.val.at)
			return e.val.kind == kindString
		}},
	each("steps", stepTable, func(d *decoder, s *scenarioDraft, el stepDraft, n *node) {
		s.Steps = append(s.Steps, d.step(el, n))
	}),
	duration("timeout_ms", time.Millisecond, func(s *scenarioDraft) *time.Duration { return &s.Timeout }).or("deadline_ms"),
	duration("timeout", 0, func(s *scenarioDraft) *time.Duration { return &s.Timeout }),
	sub("artifacts", artifactsTable, func(s *scenarioDraft) *scenarioDraft { return s }),
	field[scenarioDraft]{name: "expect", schema: inTable(expectTable), shape: "a table", set: func(d *decoder, path string, e *entry, s *scenarioDraft) bool {
		s.expect = &expectation{}
		return d.expect(e, join(path, e.key), s.expect)
	}},
	ignored[scenarioDraft]("description"),
	ignored[scenarioDraft]("isolation_id"),
	ignored[scenarioDraft]("require_fresh_container"), // always so
	field[scenarioDraft]{name: "expect_success", schema: onlyTrue, quiet: true, shape: "true", set: func(_ *decoder, _ string, e *entry, _ *scenarioDraft) bool {
		return e.val.kind == kindBool && !e.val.empty() // so it is anyway
	}},
	field[scenarioDraft]{name: "expect_failure", schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, s *scenarioDraft) bool {
		if !e.val.empty() {
			s.mustFail = e.at
		}
		return e.val.kind == kindBool
	}},
	refusedWhenSet[scenarioDraft]("expect_partial_failure", "give the steps an expected_exit_code"),
	boolean("concurrent", func(s *scenarioDraft) *bool { return &s.concurrent }),
	policyField,
	each("chaos", chaosTable, func(d *decoder, s *scenarioDraft, c Chaos, n *node) {
		c.Pos = d.pos(n.at)
		s.Chaos = append(s.Chaos, &c)
	}),
	networkField(func(s *scenarioDraft) *NetworkLevel { return &s.Network }).at(func(s *scenarioDraft) *Pos { return &s.NetworkPos }),
)

var artifactsTable = newTable(unknownKey,
	strList("collect", func(s *scenarioDraft) *[]string { return &s.Artifacts }).at(func(s *scenarioDraft) *Pos { return &s.ArtifactsPos }),
)

var stepTable = newTable(unknownKey,
	field[stepDraft]{name: "name", schema: text, shape: "a string", set: func(d *decoder, _ string, e *entry, s *stepDraft) bool {
		s.Name, s.named, s.Pos = e.val.text, true, d.pos(e.val.at)
		return e.val.kind == kindString
	}},
	field[stepDraft]{name: "command", schema: of(object{"type": "array", "items": object{"type": "string"}, "minItems": 1}), shape: `a list of strings, ["program", "argument"]; a command line in one string is written run = "…"`,
		set: func(d *decoder, _ string, e *entry, s *stepDraft) (ok bool) {
			if s.Command, ok = d.strings(e.val); ok && len(s.Command) == 0 {
				d.errorf(e.val.at, "invalid-command", `write ["program", "argument"]`, "`command` is empty")
			}
			return ok
		}}.at(func(s *stepDraft) *Pos { return &s.CommandPos }).mended(asRun),
	field[stepDraft]{name: "run", schema: text, shape: "a command line in one string", set: func(d *decoder, _ string, e *entry, s *stepDraft) bool {
		s.Command = d.command(e.val)
		return e.val.kind == kindString
	}}.at(func(s *stepDraft) *Pos { return &s.CommandPos }),
	str("service", func(s *stepDraft) *string { return &s.Service }).at(func(s *stepDraft) *Pos { return &s.ServicePos }),
	str("workdir", func(s *stepDraft) *string { return &s.Workdir }).or("working_dir"),
	pairs("env", func(s *stepDraft) *[]EnvVar { return &s.Env }).or("environment"),
	duration("timeout", 0, func(s *stepDraft) *time.Duration { return &s.Timeout }),
	duration("timeout_ms", time.Millisecond, func(s *stepDraft) *time.Duration { return &s.Timeout }),
	integer("expected_exit_code", func(s *stepDraft) *int { return &s.ExitCode }).at(func(s *stepDraft) *Pos { return &s.ExitCodePos }),
	str("expected_output_regex", func(s *stepDraft) *string { return &s.Regex }).at(func(s *stepDraft) *Pos { return &s.RegexPos }),
	str("expected_output_regex_not", func(s *stepDraft) *string { return &s.RegexNot }).at(func(s *stepDraft) *Pos { return &s.RegexNotPos }),
	str("expected_output_contains", func(s *stepDraft) *string { return &s.Contains }).at(func(s *stepDraft) *Pos { return &s.ContainsPos }),
	boolean("continue_on_failure", func(s *stepDraft) *bool { return &s.ContinueOnError }),
	ignored[stepDraft]("description"),
	ignored[stepDraft]("capture_stdout"), // always captured
	ignored[stepDraft]("capture_stderr"),
	boolean("should_fail", func(s *stepDraft) *bool { return &s.MustFail }).at(func(s *stepDraft) *Pos { return &s.MustFailPos }),
	boolean("allow_failure", func(s *stepDraft) *bool { return &s.MayFail }).at(func(s *stepDraft) *Pos { return &s.MayFailPos }),
	retryField,
	field[stepDraft]{name: "max_retries", schema: natural, shape: "a number of further attempts", set: func(_ *decoder, _ string, e *entry, s *stepDraft) bool {
		return e.val.count(&s.times)
	}},
	field[stepDraft]{name: "retry_on_failure", schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, s *stepDraft) bool {
		on := !e.val.empty()
		s.repeats = &on
		return e.val.kind == kindBool
	}},
	boolean("concurrent", func(s *stepDraft) *bool { return &s.Concurrent }),
	strList("depends_on", func(s *stepDraft) *[]string { return &s.DependsOn }).at(func(s *stepDraft) *Pos { return &s.DependsOnPos }),
)

// refusedWhenSet is a switch that would turn a verdict round and that is not
// understood: an error unless it is off.
func refusedWhenSet[T any](name, hint string) field[T] {
	return field[T]{name: name, schema: onlyFalse, quiet: true, shape: "true or false", set: func(d *decoder, path string, e *entry, _ *T) bool {
		if !e.val.empty() {
			d.errorf(e.at, "unsupported-expectation", hint, "`%s` is not supported", e.key)
		}
		return e.val.kind == kindBool
	}}
}

// command splits a command line and reports what is wrong with it.
func (d *decoder) command(n *node) []string {
	if n.kind != kindString {
		return nil
	}
	argv, err := splitCommand(n.text)
	if err != nil {
		d.errorf(n.at, "invalid-command", "", "%s", err)
	}
	return argv
}

// step completes a decoded step.
func (d *decoder) step(s stepDraft, n *node) *Step {
	if !s.named {
		s.Pos = d.pos(n.at)
		d.missing(n.at, "`name` of the step", `add name = "…"`)
	}
	if n.child("command") == nil && n.child("run") == nil {
		d.missing(n.at, "`command` of the step", `add command = ["program", "argument"] or run = "…"`)
	} else if c := n.get("run"); c != nil && n.child("command") != nil {
		d.errorf(c.at, "repeated-key", keepOne, "`run` and `command` say the same thing twice")
	}
	s.retries()
	return &s.Step
}

// scenario completes a decoded scenario: run is its first step, which those that
// run side by side come after.
func (d *decoder) scenario(s scenarioDraft, n *node) *Scenario {
	for _, st := range s.Steps {
		st.Concurrent = st.Concurrent || s.concurrent
	}
	if s.Pos.Line == 0 {
		s.Pos = d.pos(n.at)
		d.missing(n.at, "`name` of the scenario", `add name = "…"`)
	}
	if steps := n.child("steps"); n.child("run") == nil && (steps == nil || steps.empty()) && !d.partial {
		d.errorf(n.at, "scenario-empty", `add run = "…" or [[scenario.steps]]`, "scenario %q runs nothing", s.Name)
	}
	if s.run != nil {
		run := &Step{Name: "run", Pos: d.pos(s.runAt), Command: s.run, CommandPos: s.runPos, Bare: true}
		if s.mustFail != (span{}) {
			run.MustFail, run.MustFailPos = true, d.pos(s.mustFail)
		}
		s.Steps = append([]*Step{run}, s.Steps...)
	} else if s.mustFail != (span{}) {
		d.errorf(s.mustFail, "unsupported-expectation", "say should_fail = true of the step that is meant", "`expect_failure` speaks of `run`, and the scenario has none")
	}
	if s.expect != nil {
		s.Expect = d.conditions(s.expect, []*Scenario{&s.Scenario})
	}
	return &s.Scenario
}

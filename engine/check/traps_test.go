package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// traps are the 32 ways to a green that was not earned, or a red that was not
// deserved, with the tests that hold each shut. A test is named by its package
// and function, or by the file of a script.
var traps = []struct {
	number int
	what   string
	tests  []string
}{
	{1, "[expect] without a source of spans", []string{"engine/check TestTrap1ExpectationsWithoutASourceSayWhatTheyAreJudgedOver", "engine TestNoGreenWithoutEvidence"}},
	{2, "expect.span, order and status are dropped", []string{"engine TestTrap2EveryKindOfExpectationDecidesARun", "engine/expect TestTrap1To3EveryExpectationIsJudged"}},
	{3, "must_not_cross, acyclic and totals are dropped", []string{"engine/expect TestTrap3NegativeExpectationsFail", "engine/expect TestTrap1To3EveryExpectationIsJudged"}},
	{4, "zero spans", []string{"engine/expect TestTrap4ZeroSpansNeverPass", "engine/expect TestNoFileOfTheOriginalPassesWithoutSpans"}},
	{5, "misspelt and misplaced tables", []string{"engine/check TestTrap5MisspeltAndMisplacedTablesAreErrors", "engine/spec TestComplaints"}},
	{6, "tables without a constraint", []string{"engine/check TestTrap6TablesThatAskForNothingAreNamed", "engine/expect TestTrap6NothingDeclaredIsNoPass", "cmd analyze.txtar"}},
	{7, "durations of spans without times", []string{"engine/expect TestTrap7DurationWithoutTimesFails", "engine/expect TestTrap7WindowsAndOrderWithoutTimesFail", "engine/expect TestBoundsOfEveryTrace"}},
	{8, "attributes compared by substring", []string{"engine/expect TestTrap8AttributesAreComparedByEquality"}},
	{9, "numbers and booleans of OTLP", []string{"engine/expect TestTrap9NumbersAndBooleansMatchByValue"}},
	{10, "resource attributes", []string{"engine/expect TestTrap10ResourceAttributesAreCheckedOnEverySpan"}},
	{11, "exit status of a report in JUnit form", []string{"cmd trap11_junit.txtar", "cmd run.txtar"}},
	{12, "exit status of machine-readable findings", []string{"cmd trap12_json.txtar", "cmd validate.txtar"}},
	{13, "unchanged files pass without a run", []string{"engine TestTrap13AVerdictIsShownAgainOnlyAsWhatItWas", "engine TestChangedCommandMakesTheVerdictStale", "engine TestChangedSourceMakesTheVerdictStale", "engine TestRecordedRunSurvivesARestartAsReplayed"}},
	{14, "keys of steps are ignored", []string{"engine/check TestTrap14KeysOfStepsAreRead", "engine/runner TestStepConditions", "engine/runner TestContinueOnFailureGoesOnAndStaysRed", "engine/runner/docker TestStepRunsAsTheUserInTheDirectoryWithTheEnvironmentOfTheTest"}},
	{15, "expected exit codes are turned round", []string{"engine TestTrap15AnExpectedFailureMustHappen", "engine/runner TestStepConditions"}},
	{16, "steps of a scenario are never executed", []string{"engine/check TestTrap16RunIsTheFirstOfTheSteps", "engine/runner TestStepsAfterAFailureAreNotRun"}},
	{17, "shell syntax is passed on as words", []string{"engine/spec TestTrap17ShellSyntaxIsForTheShell", "engine/spec TestSplitCommand"}},
	{18, "settings that would decide are ignored", []string{"engine/check TestTrap18WhatWouldDecideIsHonouredOrReported", "engine/spec TestPolicyBoundsItsScenario", "engine/runner TestPolicyNarrowsTheLimitsOfItsScenario", "engine/runner TestScenarioTimeoutIsAFailedCondition", "engine/expect TestExpectedTraces", "cmd matrix.txtar"}},
	{19, "traces that cannot be read count as no spans", []string{"engine/trace TestTrap19DamagedTracesAreNoEmptyOnes", "engine/trace TestReadFileNamesTheLine", "engine/trace TestFormatsABCFTellTheSameTrace", "engine/trace TestStdoutLinesAreSortedIntoSpansTextAndDamage"}},
	{20, "believable log lines and a hand-made span", []string{"engine TestTrap20WhatAProgramPrintsIsNotBelieved", "engine/expect TestAttacksABCPrintWordsAndNoSpans", "engine/expect TestAttackDPrintsOneHandMadeSpan", "engine/trace TestStdoutCannotForgeItsSource"}},
	{21, "commands that return constants", []string{"cmd trap21_constants.txtar"}},
	{22, "validate and run accept different files", []string{"engine TestTrap22RunRefusesWhatValidateRefusesAndNothingElse", "engine/check FuzzRules", "engine/check TestCorpus"}},
	{23, "services outlive a failed test", []string{"engine/runner TestTrap23ServicesEndHoweverTheScenarioDoes", "engine/runner/docker TestKilledRunnerLeavesNothing", "engine/runner/docker TestCancelledOpenLeavesNothing", "e2e TestNothingIsLeftAfterAnyEnd"}},
	{24, "the digest differs on every run", []string{"engine/trace TestSameBehaviourHasTheSameDigest", "engine/report TestDigestOfARunDoesNotDependOnTheOrderOfEnding"}},
	{25, "options that do nothing", []string{"cmd trap25_options.txtar"}},
	{26, "scenarios overwrite one report", []string{"engine TestTrap26OneReportTellsOfAllScenarios", "engine/report TestRunLooksAsAgreedInEveryFormat", "engine TestRunWaitReports"}},
	{27, "[report] writes files that nobody asked for", []string{"engine/check TestTrap27OnlyNamedReportsAreAskedFor", "cmd run.txtar"}},
	{28, "rewriting a file changes its contents", []string{"engine TestTrap28AFixChangesNothingElse", "engine/diag TestApplyKeepsEveryOtherByte", "cmd fix.txtar"}},
	{29, "random order in outputs", []string{"engine/check FuzzRules", "engine/diag TestSortKeepsTheOrderOfEquals", "engine/report TestRunLooksAsAgreedInEveryFormat", "cmd schema.txtar"}},
	{30, "the dry run renders with other variables", []string{"engine TestTrap30EveryoneRendersWithTheSameVariables", "engine/template TestVariablesByPrecedence", "engine/template TestDialect"}},
	{31, "files that are no tests are taken for some", []string{"cmd trap31_discovery.txtar", "engine TestTestFilesAreKnownByTheirNames", "engine TestScope"}},
	{32, "a broken project configuration", []string{"engine TestTrap32BrokenSettingsAreAnError", "cmd trap25_options.txtar"}},
}

func TestEveryTrapIsHeldByTestsThatExist(t *testing.T) {
	known := map[string][]string{}
	for i, trap := range traps {
		if trap.number != i+1 || len(trap.tests) == 0 {
			t.Errorf("trap %d: number %d, %d tests", i+1, trap.number, len(trap.tests))
		}
		for _, name := range trap.tests {
			dir, test, _ := strings.Cut(name, " ")
			if strings.HasSuffix(test, ".txtar") {
				if _, err := os.Stat(filepath.Join("..", "..", dir, "testdata", "script", test)); err != nil {
					t.Errorf("trap %d, %s: %v", trap.number, trap.what, err)
				}
				continue
			}
			if known[dir] == nil {
				known[dir] = testsIn(t, filepath.Join("..", "..", dir))
			}
			if !slices.Contains(known[dir], test) {
				t.Errorf("trap %d, %s: there is no %s in %s", trap.number, trap.what, test, dir)
			}
		}
	}
	if len(traps) != 32 {
		t.Errorf("%d traps", len(traps))
	}
}

// testsIn lists the test and fuzz functions of a folder.
func testsIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				out = append(out, f.Name.Name)
			}
		}
	}
	return out
}

// findings decodes and checks a document.
func findings(body string) (*spec.File, []diag.Diagnostic) {
	text := []byte(frame(body))
	f, ds := spec.Decode("t", text, spec.PlainText("t", text))
	if f != nil {
		ds = append(ds, Rules(f)...)
	}
	return f, ds
}

// has reports whether a code is among diagnostics with that severity.
func has(ds []diag.Diagnostic, s diag.Severity, code string) bool {
	return slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Severity == s && d.Code == code && d.Pos.Line > 0 })
}

func TestTrap1ExpectationsWithoutASourceSayWhatTheyAreJudgedOver(t *testing.T) {
	const scenario = "[[scenario]]\nname = \"s\"\nrun = \"true\"\n"
	for body, own := range map[string]bool{
		"[expect.status]\nall = \"OK\"\n" + scenario:                                          true,
		"[otel]\nexporter = \"stdout\"\n[expect.status]\nall = \"OK\"\n" + scenario:           true,
		scenario + "[scenario.expect.status]\nall = \"OK\"\n":                                 true,
		"[otel]\nexporter = \"otlp\"\n[expect.status]\nall = \"OK\"\n" + scenario:             false,
		scenario + "artifacts.collect = [\"spans:default\"]\n[expect.status]\nall = \"OK\"\n": false,
		"[[otel_validation.expected_spans]]\nname = \"a\"\n" + scenario:                       true,
		scenario: false,
	} {
		if _, ds := findings(body); has(ds, diag.Info, "own-spans") != own {
			t.Errorf("%s\n%v", body, ds)
		}
	}
}

func TestTrap5MisspeltAndMisplacedTablesAreErrors(t *testing.T) {
	for _, root := range []string{"otel_expectations", "counts", "by_name", "spans_total", "hermeticity", "validation", "expct", "expects", "Expect"} {
		if _, ds := findings("[" + root + "]\nx = 1\n"); !has(ds, diag.Error, "unknown-table") {
			t.Errorf("[%s]: %v", root, ds)
		}
		if _, ds := findings(root + " = 1\n[meta]\nname = \"t\"\nversion = \"1.0\"\n"); !has(ds, diag.Error, "unknown-table") {
			t.Errorf("%s = 1: %v", root, ds)
		}
	}
	for _, part := range []string{"spans", "sapn", "graphs", "hermetic", "ordering"} {
		for _, table := range []string{"expect", "scenario.expect"} {
			body := "[[scenario]]\nname = \"s\"\nrun = \"true\"\n[" + table + "." + part + "]\nx = 1\n"
			if _, ds := findings(body); !has(ds, diag.Error, "unknown-expectation") {
				t.Errorf("[%s.%s]: %v", table, part, ds)
			}
		}
	}
	// The dialect that the original ignored is read as what it says.
	f, ds := findings("[expect.temporal]\nmust_precede = [[\"a\", \"b\"]]\n")
	if errs, _ := diag.Count(ds); errs > 0 || f.Expect.Order == nil || len(f.Expect.Order.MustPrecede) != 1 {
		t.Errorf("[expect.temporal]: %v", ds)
	}
}

func TestTrap6TablesThatAskForNothingAreNamed(t *testing.T) {
	for _, body := range []string{
		"[expect]\n", "[expect.graph]\n", "[expect.graph]\nacyclic = false\n", "[expect.counts]\n", "[expect.counts]\nspans_total = {}\n",
		"[expect.order]\n", "[expect.status]\n", "[expect.status]\nstrict = true\n", "[expect.hermeticity]\n", "[assertions]\n",
		"[otel_validation]\nenabled = true\nvalidate_spans = true\n", "[[scenario]]\nname = \"s\"\nrun = \"true\"\n[scenario.expect]\n",
	} {
		if _, ds := findings(body); !has(ds, diag.Warning, "empty-expectation") {
			t.Errorf("%s\n%v", body, ds)
		}
		if strings.Contains(body, "[[scenario]]") {
			continue
		}
		if _, ds := findings(body + "[[scenario]]\nname = \"s\"\nrun = \"true\"\n"); !has(ds, diag.Warning, "nothing-expected") {
			t.Errorf("with a scenario: %s\n%v", body, ds)
		}
	}
	if _, ds := findings("[[scenario]]\nname = \"s\"\nrun = \"true\"\n[[expect.output]]\npattern = \"\"\n"); !has(ds, diag.Error, "empty-expectation") {
		t.Errorf("an empty pattern: %v", ds)
	}
}

func TestTrap14KeysOfStepsAreRead(t *testing.T) {
	f, ds := findings(`[service.app]
image = "a:1"
[[steps]]
name = "a"
command = ["a", "b c"]
service = "app"
workdir = "/w"
env = { K = "v" }
expected_exit_code = 3
continue_on_failure = true
timeout = "2s"
`)
	s := f.Scenarios[0].Steps[0]
	if errs, _ := diag.Count(ds); errs > 0 || s.Service != "app" || s.Workdir != "/w" || s.ExitCode != 3 || !s.ContinueOnError || s.Timeout == 0 ||
		len(s.Env) != 1 || s.Env[0].Value != "v" || !slices.Equal(s.Command, []string{"a", "b c"}) {
		t.Errorf("%+v\n%v", s, ds)
	}
}

func TestTrap16RunIsTheFirstOfTheSteps(t *testing.T) {
	f, _ := findings("[[scenario]]\nname = \"s\"\nrun = \"first && then\"\n[[scenario.steps]]\nname = \"second\"\ncommand = [\"second\"]\n")
	var got []string
	for _, s := range f.Scenarios[0].Steps {
		got = append(got, strings.Join(s.Command, " "))
	}
	if want := []string{"sh -c first && then", "second"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTrap18WhatWouldDecideIsHonouredOrReported(t *testing.T) {
	const scenario = "[[scenario]]\nname = \"s\"\nrun = \"rm x\"\n"
	for _, c := range []struct {
		body     string
		severity diag.Severity
		code     string
	}{
		{"[assertions]\nall_is_fine = true\n", diag.Warning, "unknown-assertion"},
		{"[assertions]\ncontainer_should_have_executed_commands = 9\n", diag.Error, "contradictory-bounds"},
		{"[assertions]\nall_steps_should_pass = false\n", diag.Error, "unsupported-expectation"},
		{"[otel_validation]\ntree_structure = { root = \"a\" }\n", diag.Error, "not-evaluated"},
		{"[otel_validation]\nhermeticity_constraints = [{ internal_dns_only = true }]\n", diag.Error, "not-evaluated"},
		{"[otel_validation]\nsibling_constraints = [{ span_a = \"a\" }]\n", diag.Error, "missing-key"},
		{"[otel_validation]\nspan_count_constraints = [{ span_name = \"a\" }]\n", diag.Error, "missing-key"},
		{"[otel_validation]\nexpected_span = []\n", diag.Error, "not-evaluated"},
		{scenario + "policy.disallowed_commands = [\"rm\"]\n", diag.Error, "disallowed-command"},
		{scenario + "policy.forbid = [\"rm\"]\n", diag.Error, "not-evaluated"},
		{scenario + "expect_partial_failure = true\n", diag.Error, "unsupported-expectation"},
		{"[[scenario]]\nname = \"s\"\nexpect_failure = true\n[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\n", diag.Error, "unsupported-expectation"},
		{scenario + "[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\ndepends_on = [\"u\"]\n", diag.Error, "unknown-step"},
		{scenario + "[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\ndepends_on = [\"t\"]\n", diag.Error, "unknown-step"},
		{scenario + "concurrent = true\n[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\n[[scenario.steps]]\nname = \"t\"\nrun = \"y\"\n", diag.Error, "duplicate-step"},
		{scenario + "[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\nshould_fail = true\nexpected_exit_code = 2\n", diag.Error, "contradictory-bounds"},
		{scenario + "[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\nshould_fail = true\nallow_failure = true\n", diag.Error, "contradictory-bounds"},
		{scenario + "[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\nallow_failure = true\nexpected_exit_code = 2\n", diag.Error, "contradictory-bounds"},
		{scenario + "[[scenario.steps]]\nname = \"t\"\nrun = \"x\"\nallow_failure = true\n", diag.Warning, "nothing-expected"},
		{"[otel]\nexporter = \"jaeger\"\n", diag.Warning, "otel-exporter"},
	} {
		if _, ds := findings(c.body); !has(ds, c.severity, c.code) {
			t.Errorf("%s\n%v", c.body, ds)
		}
	}
	f, ds := findings(scenario + "timeout_ms = 1500\n[limits]\ncpu_millicores = 100\nmemory_mb = 64\n[assertions]\nexecution_should_be_hermetic = true\ncontainer_should_have_executed_commands = 1\n")
	if errs, _ := diag.Count(ds); errs > 0 || f.Scenarios[0].Timeout.Milliseconds() != 1500 || f.Limits.MemoryMB != 64 || !f.Expect.Hermeticity.NoExternalServices {
		t.Errorf("%+v %v", f, ds)
	}
}

func TestTrap27OnlyNamedReportsAreAskedFor(t *testing.T) {
	f, ds := findings("[report]\njunit = \"out/a.xml\"\n")
	if errs, _ := diag.Count(ds); errs > 0 || f.Report != (spec.Report{JUnit: "out/a.xml"}) {
		t.Errorf("%+v %v", f.Report, ds)
	}
	if f, _ := findings("[report]\n"); f.Report != (spec.Report{}) {
		t.Errorf("%+v", f.Report)
	}
}

// What the hint of a scenario without conditions says to write, does away with
// the warning and brings no other finding.
func TestHintOfNothingExpectedLeadsToACondition(t *testing.T) {
	const head = "[meta]\nname = \"t\"\nversion = \"1.0\"\n[[scenario]]\nname = \"s\"\n"
	for _, c := range []struct{ body, hint, followed string }{
		{head + "run = \"true\"\n", "write `run` in [[scenario.steps]]", head + "[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\nexpected_exit_code = 0\n"},
		{head + "[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\n", "on a step", head + "[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\nexpected_exit_code = 0\n"},
		{head + "run = \"true\"\n[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\n", "on a step", head + "run = \"true\"\n[[scenario.steps]]\nname = \"t\"\nrun = \"true\"\nexpected_exit_code = 0\n"},
	} {
		_, ds := findings(c.body)
		if at := slices.IndexFunc(ds, func(d diag.Diagnostic) bool { return d.Code == "nothing-expected" }); at < 0 || !strings.Contains(ds[at].Hint, c.hint) {
			t.Errorf("%s\n%v", c.body, ds)
		}
		if _, ds := findings(c.followed); len(ds) > 0 {
			t.Errorf("the hint followed: %s\n%v", c.followed, ds)
		}
	}
	_, ds := findings(head + "run = \"true\"\nexpected_exit_code = 0\n")
	if at := slices.IndexFunc(ds, func(d diag.Diagnostic) bool { return d.Code == "unknown-expectation" }); at < 0 || !strings.Contains(ds[at].Hint, "[[scenario.steps]]") {
		t.Errorf("a condition of a step in the scenario: %v", ds)
	}
}

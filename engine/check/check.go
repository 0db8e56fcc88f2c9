// Package check says whether the parts of a test file fit together: references
// that lead nowhere, cycles, bounds that no number meets, patterns that do not
// compile, expectations that nothing could judge.
//
// A decoded File flows in, diagnostics flow out; nothing is executed and
// nothing outside the file is read, so a check takes microseconds and its
// answer depends on the text alone. docs/diagnostics.md explains every rule.
// The package imports spec and diag only.
package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// Rules runs every rule over a decoded file and returns what was found, in file
// order. All problems are found in one pass: no rule hides behind another.
func Rules(f *spec.File) []diag.Diagnostic {
	c := &checker{f: f}
	c.header()
	c.services()
	c.scenarios()
	c.used()
	c.otel()
	c.settings()
	c.expect("expect", f.Expect)
	for _, s := range f.Scenarios {
		c.expect("scenario.expect", s.Expect)
	}
	c.asks()
	c.spanSource()
	diag.Sort(c.ds)
	if c.left > 0 {
		c.ds = append(c.ds, diag.Diagnostic{
			Severity: diag.Warning, Code: "too-many-problems", Pos: c.whole(),
			Message: fmt.Sprintf("%d more problems are not shown", c.left), Hint: "repair the first ones and check again",
		})
	}
	return c.ds
}

// maxDiagnostics bounds what is reported of one file; more would not be read.
const maxDiagnostics = 100

type checker struct {
	f    *spec.File
	ds   []diag.Diagnostic
	left int // not reported
}

// at reports a problem with a value of the file.
func (c *checker) at(s diag.Severity, pos spec.Pos, code, hint, format string, args ...any) {
	c.add(c.problem(s, pos, code, hint, format, args...))
}

// problem words a problem with a value of the file.
func (c *checker) problem(s diag.Severity, pos spec.Pos, code, hint, format string, args ...any) diag.Diagnostic {
	d := diag.Diagnostic{Severity: s, Code: code, Message: fmt.Sprintf(format, args...), Pos: pos, Hint: hint}
	d.Width, d.Line, d.Via = c.f.Source(pos)
	return d
}

// add keeps a diagnostic. When there is no room left, an error takes the place
// of something that is none, so that none is lost.
func (c *checker) add(d diag.Diagnostic) {
	if d.Pos.File == "" { // of a value that was not read: Decode has said why
		d.Pos = c.whole()
	}
	if len(c.ds) >= maxDiagnostics {
		c.left++
		i := slices.IndexFunc(c.ds, func(d diag.Diagnostic) bool { return d.Severity < diag.Error })
		if d.Severity < diag.Error || i < 0 {
			return
		}
		c.ds = slices.Delete(c.ds, i, i+1)
	}
	c.ds = diag.Add(c.ds, d)
}

func (c *checker) errorf(pos spec.Pos, code, hint, format string, args ...any) {
	c.at(diag.Error, pos, code, hint, format, args...)
}

func (c *checker) warnf(pos spec.Pos, code, hint, format string, args ...any) {
	c.at(diag.Warning, pos, code, hint, format, args...)
}

// whole is the position of the file as such.
func (c *checker) whole() spec.Pos { return spec.Pos{File: c.f.Path} }

var version = regexp.MustCompile(`^\d+\.\d+(\.\d+)?([-+][0-9A-Za-z.+-]+)?$`)

func (c *checker) header() {
	f := c.f
	if f.Generation == "" {
		c.errorf(c.whole(), "missing-header", `add [meta] with name = "…" and version = "1.0"`, "the file has neither [meta] nor [test.metadata]")
	}
	c.notBlank(f.NamePos, f.Name, "name of the test")
	if f.VersionPos.Line > 0 {
		switch {
		case strings.TrimSpace(f.Version) == "" && f.Generation == "v1.0":
			c.errorf(f.VersionPos, "empty-name", `write version = "1.0"`, "the version is empty")
		case !version.MatchString(f.Version):
			c.warnf(f.VersionPos, "version-format", `write version = "1.0"`, "the version %q does not look like 1.0 or 1.0.0", f.Version)
		}
	}
	if len(f.Scenarios) == 0 {
		c.errorf(c.whole(), "nothing-to-run", "add a [[scenario]] or [[steps]]", "the file has no scenario and no step")
	}
}

// notBlank complains about a name that is given and blank.
func (c *checker) notBlank(pos spec.Pos, name, what string) {
	if pos.Line > 0 && strings.TrimSpace(name) == "" {
		c.errorf(pos, "empty-name", "", "the %s is empty", what)
	}
}

func (c *checker) scenarios() {
	seen := map[string]spec.Pos{}
	for _, s := range c.f.Scenarios {
		c.notBlank(s.Pos, s.Name, "name of the scenario")
		if first, ok := seen[s.Name]; ok && s.Name != "" {
			c.errorf(s.Pos, "duplicate-scenario", "give each scenario a name of its own", "a scenario named %q exists already on line %d", s.Name, first.Line)
		}
		seen[s.Name] = s.Pos
		c.service(s.Service, s.ServicePos, "scenario", s.Name)
		c.steps(s)
		for _, o := range s.Outputs {
			c.output(o.Pos, "pattern", o.Pattern)
			c.regex(o.Pos, o.Pattern)
		}
		c.artifacts(s)
		c.policy(s)
	}
}

func (c *checker) step(s *spec.Step) {
	c.notBlank(s.Pos, s.Name, "name of the step")
	c.service(s.Service, s.ServicePos, "step", s.Name)
	c.env(s.Env)
	if s.ExitCode < 0 || s.ExitCode > 255 {
		c.errorf(s.ExitCodePos, "exit-code-range", "", "an exit code is a number from 0 to 255, not %d", s.ExitCode)
	}
	if len(s.Command) > 0 && strings.TrimSpace(s.Command[0]) == "" {
		c.errorf(s.Pos, "invalid-command", "", "the command of step %q names no program", s.Name)
	}
	c.ending(s)
	c.output(s.ContainsPos, "expected_output_contains", s.Contains)
	c.output(s.RegexPos, "expected_output_regex", s.Regex)
	c.output(s.RegexNotPos, "expected_output_regex_not", s.RegexNot)
	c.regex(s.RegexPos, s.Regex)
	c.regex(s.RegexNotPos, s.RegexNot)
}

// output complains about a condition on the output that asks for nothing: a
// template that rendered to nothing must not pass for a check.
func (c *checker) output(pos spec.Pos, key, text string) {
	if pos.Line > 0 && text == "" {
		c.errorf(pos, "empty-expectation", "say what the output must have, or remove the key", "%s is empty, so it asks for nothing", key)
	}
}

// service checks a reference to a service.
func (c *checker) service(name string, pos spec.Pos, what, who string) {
	if pos.Line == 0 || c.f.Service(name) != nil {
		return
	}
	c.errorf(pos, "unknown-service", c.suggestService(name), "%s %q uses service %q, which is not defined", what, who, name)
}

func (c *checker) suggestService(name string) string {
	names := make([]string, len(c.f.Services))
	for i, s := range c.f.Services {
		names[i] = s.Name
	}
	if hint := diag.DidYouMean(name, names); hint != "" {
		return hint
	}
	if len(names) == 0 {
		return "define it as [service." + name + "]"
	}
	return "defined are: " + strings.Join(names, ", ")
}

// artifactKinds are what an entry of artifacts.collect may begin with.
var artifactKinds = []string{"spans", "logs", "files"}

func (c *checker) artifacts(s *spec.Scenario) {
	for _, a := range s.Artifacts {
		kind, param, ok := strings.Cut(a, ":")
		switch {
		case !ok || param == "":
			c.errorf(s.ArtifactsPos, "invalid-artifact", `write kind:name, for example "spans:default"`, "artifact %q has no name", a)
		case !slices.Contains(artifactKinds, kind):
			hint := diag.DidYouMean(kind, artifactKinds)
			if hint == "" {
				hint = "known kinds: " + strings.Join(artifactKinds, ", ")
			}
			c.errorf(s.ArtifactsPos, "invalid-artifact", hint, "artifact %q has an unknown kind", a)
		case kind == "logs" && !slices.Contains([]string{"stdout", "stderr", "all"}, param):
			c.errorf(s.ArtifactsPos, "invalid-artifact", "known streams: stdout, stderr, all", "artifact %q names an unknown stream", a)
		}
	}
}

// used warns about services that no scenario needs, directly or through
// depends_on.
func (c *checker) used() {
	var names []string
	for _, s := range c.f.Scenarios {
		names = append(names, serviceNames(s)...)
	}
	needed := c.f.Needs(names...)
	for _, s := range c.f.Services {
		if !slices.Contains(needed, s) && s.Chaos == nil {
			c.warnf(s.Pos, "unused-service", "name it as service = \""+s.Name+"\" in a scenario, or remove it", "no scenario uses service %q", s.Name)
		}
	}
}

package check

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// steps checks the steps of a scenario and what they say about each other.
func (c *checker) steps(sc *spec.Scenario) {
	var before []string
	unique := false
	for _, s := range sc.Steps {
		unique = unique || s.Concurrent || len(s.DependsOn) > 0
	}
	first := map[string]spec.Pos{}
	for _, s := range sc.Steps {
		c.step(s)
		if at, met := first[s.Name]; met && unique && s.Name != "" {
			c.errorf(s.Pos, "duplicate-step", "give each step a name of its own", "a step named %q exists already on line %d", s.Name, at.Line)
		}
		first[s.Name] = s.Pos
		for _, name := range s.DependsOn {
			c.dependency(sc, s, name, before)
		}
		before = append(before, s.Name)
	}
}

// dependency checks that a step that must have passed stands before.
func (c *checker) dependency(sc *spec.Scenario, s *spec.Step, name string, before []string) {
	for _, n := range before {
		if n == name {
			return
		}
	}
	hint := diag.DidYouMean(name, before)
	for _, other := range sc.Steps {
		if other.Name == name {
			hint = "steps begin in the order of the file: put it before this one"
		}
	}
	if hint == "" && len(before) > 0 {
		hint = "before it stand: " + strings.Join(before, ", ")
	}
	c.errorf(s.DependsOnPos, "unknown-step", hint, "step %q depends on %q, which does not stand before it in this scenario", s.Name, name)
}

// ending checks that a step says in one way only how it has to end.
func (c *checker) ending(s *spec.Step) {
	switch {
	case s.MustFail && s.MayFail:
		c.errorf(s.MayFailPos, "contradictory-bounds", "keep one of them", "step %q should fail and may fail", s.Name)
	case s.MustFail && s.ExitCodePos.Line > 0:
		c.errorf(s.MustFailPos, "contradictory-bounds", "keep expected_exit_code: it says more", "step %q has should_fail and expected_exit_code", s.Name)
	case s.MayFail && s.ExitCodePos.Line > 0:
		c.errorf(s.MayFailPos, "contradictory-bounds", "keep one of them", "step %q has allow_failure and expected_exit_code", s.Name)
	}
}

package check

// asks warns of scenarios that nothing is asked of: that a command ran and ended
// with status 0 where nobody said it must proves nothing, so a run cannot pass.
func (c *checker) asks() {
	for _, sc := range c.f.Scenarios {
		if len(sc.Steps) > 0 && !c.f.Asks(sc) {
			hint := "add an expectation; `expected_exit_code = 0` on a step is the least"
			if len(sc.Steps) == 1 && sc.Steps[0].Bare {
				hint = "add an expectation; the least is to write `run` in [[scenario.steps]], beside `expected_exit_code = 0`"
			}
			c.warnf(sc.Pos, "nothing-expected", hint,
				"scenario %q declares no expectation, so a run of it cannot pass", sc.Name)
		}
	}
}

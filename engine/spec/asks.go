package spec

import "slices"

// Asks reports whether the file says what a scenario must bring about: an
// expectation over spans, a condition of a step, an assertion, an awaited span.
func (f *File) Asks(sc *Scenario) bool {
	if f.Expect != nil && !f.Expect.Empty() || sc.Expect != nil && !sc.Expect.Empty() || len(f.Assertions) > 0 || len(sc.Outputs) > 0 {
		return true
	}
	for _, st := range sc.Steps {
		if st.ExitCodePos.Line > 0 || st.MustFail || st.Regex != "" || st.RegexNot != "" || st.Contains != "" {
			return true
		}
	}
	return slices.ContainsFunc(f.Services, func(s *Service) bool {
		return s.WaitForSpan != "" && (s.Name == sc.Service || slices.ContainsFunc(sc.Steps, func(st *Step) bool { return st.Service == s.Name }))
	})
}

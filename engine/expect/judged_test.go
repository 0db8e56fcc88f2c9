package expect

// Judged is the number of rules that were judged, of len(Checks) declared.
func (r Result) Judged() int {
	n := 0
	for i := range r.Checks {
		if !r.Checks[i].Unjudged {
			n++
		}
	}
	return n
}

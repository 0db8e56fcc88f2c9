package expect

import (
	"fmt"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// statusHolds compares resolved statuses. SDKs leave success UNSET, so UNSET
// satisfies OK unless [expect.status] strict is set.
func (j *judge) statusHolds(want, found trace.Status) bool {
	return want == found || want == trace.StatusOK && found == trace.StatusUnset && !j.strict
}

// acceptedUnset words the relaxation that a pass relied on.
func acceptedUnset(n int) string { return count(n, "UNSET span") + " accepted as OK" }

// status judges [expect.status].
func (j *judge) status(e *spec.StatusExpect) {
	if e == nil {
		return
	}
	if e.All != "" {
		all := make([]trace.Ref, j.set.Len())
		for i := range all {
			all[i] = trace.Ref(i)
		}
		j.statusOf(Check{Rule: "expect.status.all", Pos: at(e.AllPos, e.Pos)}, e.All, all, "every span")
	}
	for _, n := range e.ByName {
		c := Check{Rule: "expect.status.by_name[" + n.Name + "]", Pos: at(n.Pos, e.Pos), Spans: []string{n.Name}}
		p := j.pattern(n.Name)
		if len(p.refs) == 0 {
			c.Message = fmt.Sprintf("expected status %s, found no spans match pattern '%s'", n.Status, n.Name)
			c.Explain = j.absent(p)
			j.add(c)
			continue
		}
		j.statusOf(c, n.Status, p.refs, "every span '"+n.Name+"'")
	}
}

// statusOf judges that all of refs have a status.
func (j *judge) statusOf(c Check, word string, refs []trace.Ref, who string) {
	want, ok := trace.ParseStatus(word)
	if !ok || word == "" {
		c.Message = fmt.Sprintf("invalid status code '%s': must be UNSET, OK, or ERROR", word)
		j.add(c)
		return
	}
	unset := 0
	var wrong []trace.Ref
	for _, r := range refs {
		found := j.set.Span(r).Status
		if !j.statusHolds(want, found) {
			wrong = append(wrong, r)
		} else if want != found {
			unset++
		}
	}
	if c.OK = len(wrong) == 0; c.OK {
		if unset > 0 {
			c.Note = acceptedUnset(unset)
		}
		j.add(c)
		return
	}
	s := j.set.Span(wrong[0])
	c.Message = fmt.Sprintf("expected status %s on %s, found %s on '%s'", want, who, s.Status, s.Name)
	if n := len(wrong) - 1; n > 0 {
		c.Message += fmt.Sprintf(" and no %s on %d more", want, n)
	}
	c.Spans = nil
	for _, r := range wrong[:min(len(wrong), maxListed)] {
		s := j.set.Span(r)
		c.Spans = append(c.Spans, s.Name)
		line := j.place(r) + ": " + s.Status.String()
		if s.StatusMessage != "" {
			line += " (" + clip(s.StatusMessage) + ")"
		}
		c.Explain = append(c.Explain, line)
	}
	j.add(c)
}

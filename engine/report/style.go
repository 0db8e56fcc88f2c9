package report

import "strings"

// verdict is the first word of a line, padded so that names align.
func (h Human) verdict(v Verdict) string {
	word := map[Verdict]string{Pass: "PASS", Fail: "FAIL", Error: "ERROR", Skipped: "SKIP", Interrupted: "STOP"}[v]
	padded := word + strings.Repeat(" ", max(0, len("ERROR")-len(word)))
	switch v {
	case Pass:
		return h.sgr("1;32", padded)
	case Skipped:
		return h.sgr("1;33", padded)
	default:
		return h.sgr("1;31", padded)
	}
}

// standing is the verdict of a scenario. Green is for a pass that was executed
// and still stands: a stale one is yellow, a replayed one cyan.
func (h Human) standing(s *Scenario) string {
	switch {
	case s.Verdict != Pass:
	case s.Stale:
		return h.sgr("1;33", "PASS ")
	case s.Replayed:
		return h.sgr("1;36", "PASS ")
	}
	return h.verdict(s.Verdict)
}

func (h Human) cyan(s string) string   { return h.sgr("36", s) }
func (h Human) bold(s string) string   { return h.sgr("1", s) }
func (h Human) dim(s string) string    { return h.sgr("2", s) }
func (h Human) red(s string) string    { return h.sgr("31", s) }
func (h Human) yellow(s string) string { return h.sgr("33", s) }

func (h Human) sgr(codes, s string) string {
	if !h.Color || s == "" {
		return s
	}
	return "\x1b[" + codes + "m" + s + "\x1b[0m"
}

func (h Human) glyph(unicode, ascii string) string {
	if h.ASCII {
		return ascii
	}
	return unicode
}

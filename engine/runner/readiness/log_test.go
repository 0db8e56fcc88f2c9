package readiness

import (
	"bytes"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// met reports which conditions have seen enough.
func met(l *Log) []bool {
	var out []bool
	for _, w := range l.watches {
		select {
		case <-w.done:
			out = append(out, true)
		default:
			out = append(out, false)
		}
	}
	return out
}

func TestLinesAreCountedWhereverOutputIsCut(t *testing.T) {
	text := "ready\nnot yet\r\nmark: here\nalmost ready\nready 2\r\n"
	for size := 1; size <= len(text); size++ {
		l := NewLog(&spec.Service{Ready: []*spec.Ready{
			{Kind: spec.ReadyTCP},
			{Kind: spec.ReadyLog, Text: "ready", Count: 3},
			{Kind: spec.ReadyLog, Text: "ready", Count: 4},
			{Kind: spec.ReadyLog, Pattern: "^ready( [0-9])?$", Count: 2},
			{Kind: spec.ReadyLog, Text: "ready", After: "mark", Count: 2},
			{Kind: spec.ReadyLog, Text: "mark", After: "mark", Count: 1},
		}})
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			l.Add(false, rest[:min(size, len(rest))])
		}
		want := []bool{true, false, true, true, false}
		for i, ok := range met(l) {
			if ok != want[i] {
				t.Errorf("in pieces of %d bytes, condition %d: %v (%s)", size, i, ok, l.watches[i].missing())
			}
		}
		if l.String() != text {
			t.Errorf("the end of the output is %q", l.String())
		}
	}
}

func TestLinesOfTwoStreamsDoNotMix(t *testing.T) {
	l := NewLog(&spec.Service{Ready: []*spec.Ready{{Kind: spec.ReadyLog, Pattern: "^ready$", Count: 2}}})
	l.Add(false, []byte("rea"))
	l.Add(true, []byte("ready"))
	l.Add(false, []byte("dy\n"))
	l.Add(true, []byte("\n"))
	if !met(l)[0] {
		t.Error(l.watches[0].missing())
	}
}

func TestEndlessLineTakesBoundedMemory(t *testing.T) {
	l := NewLog(&spec.Service{Ready: []*spec.Ready{{Kind: spec.ReadyLog, Text: "ready", Count: 1}}})
	for range 1000 {
		l.Add(false, bytes.Repeat([]byte("x"), 10000))
	}
	if n := cap(l.lines[0]); n > 2*lineKept {
		t.Errorf("%d bytes of a line are kept", n)
	}
	l.Add(false, []byte("\nready\n"))
	if !met(l)[0] {
		t.Error("the line after it is not seen")
	}
}

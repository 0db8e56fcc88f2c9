package trace

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

func readStdout(text string) ([]Span, Counts) {
	r := NewStdoutReader()
	spans := r.Feed([]byte(text))
	return append(spans, r.Close()...), r.Counts()
}

func TestStdoutLinesAreSortedIntoSpansTextAndDamage(t *testing.T) {
	for name, tc := range map[string]struct {
		text                             string
		lines, spans, skipped, malformed int
	}{
		"spans":                      {formatA, 2, 2, 0, 0},
		"indented":                   {"  \t" + formatA, 2, 2, 0, 0},
		"one array":                  {"[" + strings.ReplaceAll(strings.TrimSpace(formatA), "\n", ",") + "]\n", 1, 2, 0, 0},
		"OTLP on a line":             {strings.ReplaceAll(formatC, "\n", "") + "\n", 1, 2, 0, 0},
		"log text":                   {"starting\nclnrm.run started span_id=1\n", 2, 0, 2, 0},
		"text before the JSON":       {"INFO " + strings.Split(formatA, "\n")[0] + "\n", 1, 0, 1, 0},
		"other JSON":                 {`{"a":1}` + "\n[1,2]\n{}\n[]\n", 4, 0, 3, 0},
		"log line with ids":          {`{"level":"info","msg":"charged","trace_id":"ab","span_id":"cd","name":"shop"}` + "\n", 1, 0, 1, 0},
		"something called spans":     {`{"spans":[{"name":"bridge","metres":40}]}` + "\n", 1, 0, 1, 0},
		"broken text":                {"{not json\n", 1, 0, 1, 0},
		"cut off span":               {strings.Split(formatA, "\n")[0][:90] + "\n", 1, 0, 0, 1},
		"two in one line":            {strings.ReplaceAll(formatA, "\n", ""), 1, 0, 0, 1},
		"span without a name":        {`{"span_id":"1","trace_id":"2","kind":"internal"}` + "\n", 1, 0, 0, 1},
		"span with a broken kind":    {`{"name":"a","span_id":"1","kind":"outer"}` + "\n", 1, 0, 0, 1},
		"no line break at the end":   {`{"name":"a","span_id":"1"}`, 1, 1, 0, 0},
		"empty lines":                {"\n\r\n  \n", 3, 0, 3, 0},
		"nothing":                    {"", 0, 0, 0, 0},
		"number and string and null": {"1\n\"x\"\nnull\n", 3, 0, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			spans, c := readStdout(tc.text)
			// An array without elements is a trace file without spans: neither
			// skipped nor malformed.
			if len(spans) != tc.spans || c.Spans != tc.spans || c.Lines != tc.lines || c.Skipped != tc.skipped || c.Malformed != tc.malformed {
				t.Errorf("got %d spans, counts %+v", len(spans), c)
			}
			if (c.Malformed > 0) != (c.FirstMalformed != "" && c.FirstLine > 0) {
				t.Errorf("the first malformed line is not described: %+v", c)
			}
		})
	}
}

func TestStdoutIsReadTheSameHoweverItIsCut(t *testing.T) {
	text := "hello\n" + formatA + "[not\n" + strings.ReplaceAll(formatC, "\n", "") + "\nbye" + formatB
	want, counts := readStdout(text)
	if len(want) != 5 {
		t.Fatalf("got %d spans", len(want))
	}
	for seed := range uint64(200) {
		g := rand.New(rand.NewPCG(seed, 1))
		r := NewStdoutReader()
		var got []Span
		for rest := []byte(text); len(rest) > 0; {
			n := min(1+g.IntN(1+g.IntN(200)), len(rest))
			chunk := append([]byte(nil), rest[:n]...)
			got = append(got, r.Feed(chunk)...)
			clear(chunk) // the reader must not keep it
			rest = rest[n:]
		}
		got = append(got, r.Close()...)
		if !reflect.DeepEqual(got, want) || r.Counts() != counts {
			t.Fatalf("seed %d: got %+v, %+v", seed, got, r.Counts())
		}
	}
}

func TestALineThatIsTooLongIsDamageAndTheNextOneIsRead(t *testing.T) {
	r := NewStdoutReader()
	r.Feed([]byte(`{"name":"`))
	for range maxLine/1024 + 1 {
		r.Feed([]byte(strings.Repeat("x", 1024)))
	}
	if cap(r.line) > 0 {
		t.Errorf("%d bytes of the line are still held", cap(r.line))
	}
	spans := r.Feed([]byte("\"}\n" + formatA))
	if c := r.Counts(); len(spans) != 2 || c.Malformed != 1 || c.FirstLine != 1 || c.Lines != 3 {
		t.Errorf("got %d spans, %+v", len(spans), c)
	}
}

func TestStdoutCannotForgeItsSource(t *testing.T) {
	spans, _ := readStdout(`{"name":"a","span_id":"1","source":{"kind":"self","scenario":"x"}}`)
	if len(spans) != 1 || spans[0].Source != (Source{}) {
		t.Errorf("got %+v", spans)
	}
}

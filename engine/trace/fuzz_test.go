package trace

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// checkRead holds for whatever a reader returns: it can be indexed, digested
// and recorded without loss.
func checkRead(t *testing.T, spans []Span) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteNDJSON(&b, spans); err != nil {
		t.Fatal(err)
	}
	again, _, err := ReadFile(b.Bytes(), false)
	if err != nil {
		t.Fatalf("recorded spans cannot be read: %v\n%s", err, b.Bytes())
	}
	if len(again) != len(spans) {
		t.Fatalf("%d spans were recorded, %d came back", len(spans), len(again))
	}
	for i := range again {
		if again[i].Source.Kind = spans[i].Source.Kind; !reflect.DeepEqual(plain(again[i]), plain(spans[i])) {
			t.Fatalf("got  %#v\nwant %#v\n%s", again[i], spans[i], b.Bytes())
		}
	}
	set := NewSet(spans)
	if len(set.TopDown()) != set.Len() || set.Len() > len(spans) {
		t.Fatalf("%d rows, %d of them reached", set.Len(), len(set.TopDown()))
	}
	if d := Digest(set); len(d) != 64 {
		t.Fatal(d)
	}
}

// plain is a span in a form in which NaN equals itself and an empty list nil.
func plain(s Span) string {
	s.Attrs, s.Events = append([]Attr{}, s.Attrs...), append([]Event{}, s.Events...)
	return string(appendRecord(nil, &s))
}

func FuzzDecodeOTLP(f *testing.F) {
	proto, json := encode(f, randomSpans(rand.New(rand.NewPCG(1, 1)), 3))
	f.Add(proto, false)
	f.Add(json, true)
	f.Add([]byte(strings.ReplaceAll(formatC, "\n", "")), true)
	f.Add([]byte{}, false)
	f.Fuzz(func(t *testing.T, body []byte, json bool) {
		spans, err := DecodeOTLP(body, json)
		if err != nil && spans != nil {
			t.Fatal("spans beside an error")
		}
		checkRead(t, spans)
	})
}

func FuzzStdoutReader(f *testing.F) {
	for _, s := range []string{formatA, formatB, formatD, formatE, strings.ReplaceAll(formatC, "\n", ""), "[]\n{}\nx{\n", `[{"name":"a","span_id":1}]`} {
		f.Add([]byte(s), 7)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		want, counts := readStdout(string(text))
		r := NewStdoutReader()
		cut = max(0, min(cut, len(text)))
		got := append(r.Feed(text[:cut]), r.Feed(text[cut:])...)
		got = append(got, r.Close()...)
		if len(got) != len(want) || r.Counts() != counts {
			t.Fatalf("cut at %d: %d spans %+v, whole: %d spans %+v", cut, len(got), r.Counts(), len(want), counts)
		}
		if counts.Lines < counts.Skipped+counts.Malformed {
			t.Fatalf("%+v", counts)
		}
		checkRead(t, want)
	})
}

func FuzzReadFile(f *testing.F) {
	for _, s := range []string{formatA, formatB, formatC, formatD, formatE, "[" + strings.Split(formatA, "\n")[0] + "]", "\x1f\x8b"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, lenient bool) {
		spans, counts, err := ReadFile(data, lenient)
		if err != nil {
			return
		}
		if counts.Spans != len(spans) {
			t.Fatalf("%d spans, counted %+v", len(spans), counts)
		}
		checkRead(t, spans)
	})
}

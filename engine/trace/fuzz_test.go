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
		spans, _, err := DecodeOTLP(body, json)
		if err != nil && spans != nil {
			t.Fatal("spans beside an error")
		}
		if !json && err == nil {
			checkCollector(t, body, spans)
		}
		checkRead(t, spans)
	})
}

// checkCollector holds a request in protobuf against the library of the
// OpenTelemetry collector: what both read they read alike. We refuse more, the
// long dead groups for example, and do not look into fields that nobody judges.
func checkCollector(t *testing.T, body []byte, spans []Span) {
	t.Helper()
	if want, err := pdataDecode(body); err == nil {
		checkSame(t, spans, want)
	}
}

// checkSlow reads a request in JSON once more, without the short cut for spans.
func checkSlow(t *testing.T, body []byte, spans []Span, invalid int, err error) {
	t.Helper()
	slow := jsonReader{slow: true}
	want, wantInvalid, wantErr := slow.request(body)
	if (err == nil) != (wantErr == nil) || invalid != wantInvalid {
		t.Fatalf("%d invalid, %v; the long way: %d invalid, %v", invalid, err, wantInvalid, wantErr)
	}
	checkSame(t, spans, want)
}

func checkSame(t *testing.T, got, want []Span) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d spans, want %d", len(got), len(want))
	}
	for i := range got {
		if plain(got[i]) != plain(want[i]) {
			t.Fatalf("got  %s\nwant %s", plain(got[i]), plain(want[i]))
		}
	}
}

// oddOTLP is full of what the short cut for spans must leave to the long way.
const oddOTLP = `{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"s","version":"1"},"spans":[
{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","parentSpanId":"","name":"a","kind":2,"startTimeUnixNano":"5","endTimeUnixNano":6,
 "attributes":[{"key":"i","value":{"intValue":"-5"}},{"key":"b","value":{"boolValue":false}},{"key":"d","value":{"doubleValue":0.5}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}},{"key":"n","value":{}}],
 "events":[{"timeUnixNano":"5","name":"e","attributes":[]},{"name":"f"}],"status":{"code":1,"message":"m"},"flags":257,"traceState":"","droppedAttributesCount":1},
{"traceId":"0102030405060708090A0b0c0d0e0f10","spanId":"0102030405060709","parentSpanId":"0000000000000000","name":"\u0061\"é","kind":"SPAN_KIND_SERVER","startTimeUnixNano":5e3,"name":"twice"},
{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060710","name":"links","links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","attributes":[{"key":"k","value":{"stringValue":"v"}}]}],"attributes":{"plain":1},"events":["named"]},
{"traceId":"","spanId":"0102030405060710","name":"no trace"},{"traceId":"AQIDBAUGBwgJCgsMDQ4PEA==","spanId":"0102030405060710","name":"base64"},
{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060711","name":"x","kind":0,"status":{"code":"STATUS_CODE_ERROR"},"startTimeUnixNano":"","endTimeUnixNano":null,"resource":{"attributes":[]},"kind_known":false}
]}]}]}`

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

package trace

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// toPdata is the way back: what an SDK would have sent for these spans.
func toPdata(t testing.TB, spans []Span) ptrace.Traces {
	t.Helper()
	td := ptrace.NewTraces()
	for i := range spans {
		s := &spans[i]
		rs := td.ResourceSpans().AppendEmpty()
		putAttrs(t, rs.Resource().Attributes(), s.Resource.Attrs)
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(s.Scope)
		ss.Scope().SetVersion(s.ScopeVersion)
		sp := ss.Spans().AppendEmpty()
		sp.SetName(s.Name)
		sp.SetTraceID(pcommon.TraceID(unhex(t, s.TraceID, 16)))
		sp.SetSpanID(pcommon.SpanID(unhex(t, s.ID, 8)))
		sp.SetParentSpanID(pcommon.SpanID(unhex(t, s.ParentID, 8)))
		sp.SetKind(ptrace.SpanKind(s.Kind))
		sp.SetStartTimestamp(pcommon.Timestamp(s.Start))
		sp.SetEndTimestamp(pcommon.Timestamp(s.End))
		sp.Status().SetCode(ptrace.StatusCode(s.Status))
		sp.Status().SetMessage(s.StatusMessage)
		putAttrs(t, sp.Attributes(), s.Attrs)
		for _, l := range s.Links {
			link := sp.Links().AppendEmpty()
			link.SetTraceID(pcommon.TraceID(unhex(t, l.TraceID, 16)))
			link.SetSpanID(pcommon.SpanID(unhex(t, l.SpanID, 8)))
			putAttrs(t, link.Attributes(), l.Attrs)
		}
		for _, e := range s.Events {
			ev := sp.Events().AppendEmpty()
			ev.SetName(e.Name)
			ev.SetTimestamp(pcommon.Timestamp(e.Time))
			putAttrs(t, ev.Attributes(), e.Attrs)
		}
	}
	return td
}

// unhex returns the n bytes of an id, zeros behind a short one.
func unhex(t testing.TB, id string, n int) []byte {
	t.Helper()
	raw, err := hex.DecodeString(id)
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, make([]byte, n)...)[:n]
}

func putAttrs(t testing.TB, m pcommon.Map, attrs []Attr) {
	t.Helper()
	for _, a := range attrs {
		if err := m.PutEmpty(a.Key).FromRaw(a.Value); err != nil {
			t.Fatal(err)
		}
	}
}

func encode(t testing.TB, spans []Span) (proto, json []byte) {
	t.Helper()
	td := toPdata(t, spans)
	proto, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		t.Fatal(err)
	}
	if json, err = (&ptrace.JSONMarshaler{}).MarshalTraces(td); err != nil {
		t.Fatal(err)
	}
	return proto, json
}

func TestOTLPIsReadTheSameFromProtobufJSONAndFile(t *testing.T) {
	for seed := range uint64(200) {
		want := randomSpans(rand.New(rand.NewPCG(seed, 3)), 12)
		proto, json := encode(t, want)
		got, _, err := DecodeOTLP(proto, false)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: protobuf:\ngot  %+v\nwant %+v", seed, got, want)
		}
		if got, _, err = DecodeOTLP(json, true); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: JSON:\ngot  %+v %v\nwant %+v", seed, got, err, want)
		}
		got = mustRead(t, string(json))
		for i := range got {
			got[i].Source = Source{}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: file:\ngot  %+v\nwant %+v", seed, got, want)
		}
	}
}

func TestSpansWithoutValidIDsAreLeftOutAndCounted(t *testing.T) {
	spans, invalid, err := DecodeOTLP([]byte(oddOTLP), true)
	if err != nil || len(spans) != 4 || invalid != 2 {
		t.Errorf("JSON: %d spans, %d invalid, %v", len(spans), invalid, err)
	}
	checkSlow(t, []byte(oddOTLP), spans, invalid, err)
	td := ptrace.NewTraces()
	list := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, ids := range [][2]byte{{1, 1}, {0, 1}, {1, 0}} {
		sp := list.AppendEmpty()
		sp.SetTraceID(pcommon.TraceID{ids[0]})
		sp.SetSpanID(pcommon.SpanID{ids[1]})
	}
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		t.Fatal(err)
	}
	if spans, invalid, err := DecodeOTLP(body, false); err != nil || len(spans) != 1 || invalid != 2 {
		t.Errorf("protobuf: %d spans, %d invalid, %v", len(spans), invalid, err)
	}
}

func TestADecoderKeepsRequestsApart(t *testing.T) {
	var d Decoder
	for seed := range uint64(50) {
		want := randomSpans(rand.New(rand.NewPCG(seed, 4)), 40)
		proto, json := encode(t, want)
		for _, form := range []struct {
			body []byte
			json bool
		}{{proto, false}, {json, true}} {
			got, _, err := d.Decode(form.body, form.json)
			if err != nil {
				t.Fatal(err)
			}
			clear(form.body) // nothing may refer to it any more
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, json %t:\ngot  %+v\nwant %+v", seed, form.json, got, want)
			}
		}
	}
}

func TestARequestThatExpandsIsRefused(t *testing.T) {
	const limit = 1 << 20
	for name, tc := range map[string]struct {
		body []byte
		json bool
	}{
		"attributes": {wrap(wrap(wrap(bytes.Repeat([]byte{0x4a, 0x00}, limit/attrSize), 0x12), 0x12), 0x0a), false},
		"spans":      {wrap(wrap(bytes.Repeat([]byte{0x12, 0x00}, limit/spanSize+1), 0x12), 0x0a), false},
		"events":     {wrap(wrap(wrap(bytes.Repeat([]byte{0x5a, 0x00}, limit/eventSize), 0x12), 0x12), 0x0a), false},
		"resource":   {wrap(wrap(bytes.Repeat([]byte{0x0a, 0x00}, limit/attrSize+1), 0x0a), 0x0a), false},
		"JSON":       {[]byte(`{"resourceSpans":[` + strings.Repeat(`{},`, limit/elementSize) + `{}]}`), true},
	} {
		t.Run(name, func(t *testing.T) {
			d := Decoder{limit: limit}
			if _, _, err := d.Decode(tc.body, tc.json); err == nil {
				t.Error("it was read")
			}
			d.limit = 2 * limit
			if _, _, err := d.Decode(tc.body, tc.json); err != nil {
				t.Errorf("with twice the limit: %v", err)
			}
		})
	}
}

// wrap makes a message the only field of another.
func wrap(m []byte, tag byte) []byte {
	return append(binary.AppendUvarint([]byte{tag}, uint64(len(m))), m...)
}

func TestDecodeOTLPRefusesGarbage(t *testing.T) {
	for _, tc := range []struct {
		body string
		json bool
	}{
		{"\xff\xff\xff\xff\xff", false}, {"not protobuf", false}, {"{", true}, {"[]", true}, {`{"resourceSpans":3}`, true},
	} {
		if spans, _, err := DecodeOTLP([]byte(tc.body), tc.json); err == nil {
			t.Errorf("%q gave %d spans", tc.body, len(spans))
		}
	}
	if spans, _, err := DecodeOTLP(nil, false); err != nil || len(spans) != 0 {
		t.Errorf("an empty request is valid: %v %v", spans, err)
	}
}

func TestOTLPWithoutResourceAttributesStillHasAResource(t *testing.T) {
	_, json := encode(t, []Span{{Name: "a", TraceID: "01", ID: "02", Resource: &Resource{}}})
	spans, _, err := DecodeOTLP(json, true)
	if err != nil || spans[0].Resource == nil || spans[0].Resource.Attrs != nil {
		t.Errorf("got %+v %v", spans, err)
	}
}

func TestInvalidUTF8IsReplacedOnce(t *testing.T) {
	td := ptrace.NewTraces()
	sp := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	sp.SetName("a\xff")
	sp.SetTraceID(pcommon.TraceID{1})
	sp.SetSpanID(pcommon.SpanID{1})
	sp.Attributes().PutStr("k\xfe", "v\xfd")
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		t.Fatal(err)
	}
	spans, _, err := DecodeOTLP(body, false)
	if err != nil {
		t.Fatal(err)
	}
	want := Attr{"k\uFFFD", "v\uFFFD"}
	if spans[0].Name != "a\uFFFD" || spans[0].Attrs[0] != want {
		t.Errorf("got %+v", spans[0])
	}
}

func TestGunzipStopsAtItsLimit(t *testing.T) {
	bomb := gzipped(t, bytes.Repeat([]byte{0}, 1<<20))
	if _, err := gunzip(bomb, 1<<20-1); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v", err)
	}
	out, err := gunzip(bomb, 1<<20)
	if err != nil || len(out) != 1<<20 {
		t.Errorf("got %d bytes, %v", len(out), err)
	}
	if _, err := gunzip(bomb[:len(bomb)/2], 1<<20); err == nil || !strings.Contains(err.Error(), "unpack gzip") {
		t.Errorf("half an archive: %v", err)
	}
}

// nestedProtobuf is a request whose resource has an attribute of so many lists,
// each in the next.
func nestedProtobuf(depth int) []byte {
	var body []byte // built from the inside out, in reverse
	put := func(tag byte) {
		var n [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(n[:], uint64(len(body)))
		for i := range k {
			body = append(body, n[k-1-i])
		}
		body = append(body, tag)
	}
	for range depth {
		put(0x0a) // ArrayValue.values
		put(0x2a) // AnyValue.array_value
	}
	put(0x12) // KeyValue.value
	put(0x0a) // Resource.attributes
	put(0x0a) // ResourceSpans.resource
	put(0x0a) // TracesData.resource_spans
	slices.Reverse(body)
	return body
}

func TestDeeplyNestedValuesAreRefused(t *testing.T) {
	for _, depth := range []int{maxNesting + 1, 1000, 100_000} {
		if _, _, err := DecodeOTLP(nestedProtobuf(depth), false); err == nil {
			t.Errorf("protobuf of depth %d was accepted", depth)
		}
		value := strings.Repeat(`{"arrayValue":{"values":[`, depth) + strings.Repeat(`]}}`, depth)
		json := `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","spanId":"0000000000000001","attributes":[{"key":"k","value":` + value + `}]}]}]}]}`
		if _, _, err := DecodeOTLP([]byte(json), true); err == nil {
			t.Errorf("JSON of depth %d was accepted", depth)
		}
		if _, _, err := ReadFile([]byte(json), false); err == nil {
			t.Errorf("a file of depth %d was accepted", depth)
		}
	}
	if _, _, err := DecodeOTLP(nestedProtobuf(40), false); err != nil {
		t.Error(err)
	}
}

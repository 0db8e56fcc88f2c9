package trace

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestRecordedSpansComeBackAsTheyWere(t *testing.T) {
	for seed := range uint64(200) {
		want := randomSpans(rand.New(rand.NewPCG(seed, 4)), 10)
		want = append(want,
			Span{KindKnown: true, Source: Source{Kind: "file"}}, // nothing known but that it was there
			Span{Name: "e", Elapsed: 7, Dropped: 3, Resource: &Resource{}, Source: Source{"stdout", "checkout", "shop"}},
			Span{Name: "nan", ID: "1", KindKnown: true, Attrs: []Attr{{"inf", math.Inf(-1)}, {"none", nil}}, Source: Source{Kind: "otlp"}})
		for i := range want[:10] {
			want[i].Source = Source{"otlp", "checkout", []string{"shop", "db"}[i%2]}
		}
		var b bytes.Buffer
		if err := WriteNDJSON(&b, want); err != nil {
			t.Fatal(err)
		}
		got, counts, err := ReadFile(b.Bytes(), false)
		if err != nil || counts.Lines != len(want) {
			t.Fatalf("%v %+v\n%s", err, counts, b.String())
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Fatalf("seed %d:\ngot  %+v\nwant %+v", seed, got[i], want[i])
			}
		}
		if Digest(NewSet(got)) != Digest(NewSet(want)) {
			t.Fatal("the digest changed")
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteNDJSONReportsTheWriter(t *testing.T) {
	if err := WriteNDJSON(brokenWriter{}, make([]Span, 1000)); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

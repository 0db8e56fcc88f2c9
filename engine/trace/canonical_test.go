package trace

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestNormalisedSpansAreReadBack(t *testing.T) {
	for seed := range uint64(200) {
		set := NewSet(randomSpans(rand.New(rand.NewPCG(seed, 2)), 1+int(seed%20)))
		if len(set.Cycles()) > 0 {
			continue // cut open
		}
		text := Canonical(set)
		spans, err := ParseCanonical(text)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if again := Canonical(NewSet(spans)); !bytes.Equal(again, text) {
			t.Fatalf("seed %d:\n%s\nread back\n%s", seed, text, again)
		}
	}
}

func FuzzParseCanonical(f *testing.F) {
	f.Add(Canonical(NewSet(randomSpans(rand.New(rand.NewPCG(1, 1)), 5))))
	f.Add([]byte(`[[{"name":"a","kind":"server","status":"OK","under":3}]]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		spans, err := ParseCanonical(data)
		if err != nil {
			if spans != nil {
				t.Fatal("spans beside an error")
			}
			return
		}
		text := Canonical(NewSet(spans))
		again, err := ParseCanonical(text)
		if err != nil || len(again) != len(spans) {
			t.Fatalf("%d spans, read back %d: %v", len(spans), len(again), err)
		}
	})
}

package trace

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

const benchSpans = 100_000

func BenchmarkDecodeOTLP(b *testing.B) {
	proto, json := encode(b, randomSpans(rand.New(rand.NewPCG(1, 1)), 10_000))
	for _, bc := range []struct {
		name string
		body []byte
		json bool
	}{{"protobuf", proto, false}, {"json", json, true}} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(int64(len(bc.body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := DecodeOTLP(bc.body, bc.json); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "spans/s")
		})
	}
}

func BenchmarkReadRecorded(b *testing.B) {
	var buf bytes.Buffer
	if err := WriteNDJSON(&buf, randomSpans(rand.New(rand.NewPCG(1, 1)), 10_000)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ReadFile(buf.Bytes(), false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "spans/s")
}

func BenchmarkStdoutText(b *testing.B) {
	line := []byte("2026-01-01T00:00:00Z INFO nothing of interest happened here, as on every other line\n")
	text := bytes.Repeat(line, 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		NewStdoutReader().Feed(text)
	}
}

func BenchmarkNewSet(b *testing.B) {
	spans := randomSpans(rand.New(rand.NewPCG(1, 1)), benchSpans)
	b.ReportAllocs()
	for b.Loop() {
		NewSet(spans)
	}
}

func BenchmarkDigest(b *testing.B) {
	set := NewSet(randomSpans(rand.New(rand.NewPCG(1, 1)), benchSpans))
	b.ReportAllocs()
	for b.Loop() {
		Digest(set)
	}
}

func BenchmarkWriteNDJSON(b *testing.B) {
	spans := randomSpans(rand.New(rand.NewPCG(1, 1)), 10_000)
	var buf bytes.Buffer
	for b.Loop() {
		buf.Reset()
		if err := WriteNDJSON(&buf, spans); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(buf.Len()))
}

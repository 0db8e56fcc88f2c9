package secret

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// values are 20 secrets of the usual shapes.
func values() []string {
	r := rand.New(rand.NewPCG(7, 7))
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var out []string
	for i := range 20 {
		b := make([]byte, []int{8, 16, 20, 32, 40}[i%5])
		for k := range b {
			b[k] = letters[r.IntN(len(letters))]
		}
		out = append(out, []string{"", "ghp_", "sk-live-", "p@ss/"}[i%4]+string(b))
	}
	return out
}

// logText is 1 MiB of log lines; every n-th holds a secret, none for 0.
func logText(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	secrets := values()
	var b bytes.Buffer
	for i := 1; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, `2026-01-02T03:04:%02d.%06dZ INFO http: request served method=GET path="/api/v1/orders/%d" trace_id=%016x%016x duration=%dms bytes=%d`,
			i%60, r.IntN(1e6), r.IntN(1e6), r.Uint64(), r.Uint64(), r.IntN(900), r.IntN(1e5))
		if n > 0 && i%n == 0 {
			fmt.Fprintf(&b, " authorization=%q", "Bearer "+secrets[i%len(secrets)])
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func BenchmarkBytes(b *testing.B) {
	short := append(values(), "q7Zk") // one value of four bytes makes the filter's steps shortest
	for _, c := range []struct {
		name   string
		values []string
		every  int
	}{{"NoMatch", values(), 0}, {"NoMatchShortest", short, 0}, {"NoMatchPEM", append(values(), key), 0}, {"EveryLine", values(), 1}, {"Every100th", values(), 100}} {
		b.Run(c.name, func(b *testing.B) {
			s, text := NewSet(c.values...), logText(c.every)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				s.Bytes(text)
			}
		})
	}
}

// The text that the automaton finds hardest: everything almost is a secret.
func BenchmarkBytesWorstCase(b *testing.B) {
	value := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
	s, text := NewSet(value), bytes.Repeat([]byte("a"), 1<<20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s.Bytes(text)
	}
}

func BenchmarkString(b *testing.B) {
	s, line := NewSet(values()...), string(logText(0)[:160])
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		s.String(line)
	}
}

func BenchmarkStream(b *testing.B) {
	for _, size := range []int{160, 4 << 10, 32 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			st, text := NewSet(values()...).Stream(), logText(0)
			var dst []byte
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				for rest := text; len(rest) > 0; {
					n := min(size, len(rest))
					dst = st.Append(dst[:0], rest[:n])
					rest = rest[n:]
				}
			}
		})
	}
}

func BenchmarkNewSet(b *testing.B) {
	for _, c := range []struct {
		name   string
		values []string
	}{{"20Values", values()}, {"PEM", []string{key}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NewSet(c.values...)
			}
			m := NewSet(c.values...).find
			b.ReportMetric(float64(len(m.nodes)), "states")
			b.ReportMetric(float64(len(forms(c.values))), "forms")
		})
	}
}

func BenchmarkFieldWithTables(b *testing.B) {
	s := NewSet(values()...)
	v := map[string]any{"http.method": "GET", "http.route": "/api/v1/orders", "http.status_code": int64(200), "ok": true, "list": []any{"a", "b"}}
	b.ReportAllocs()
	for b.Loop() {
		s.Field("", v)
	}
}

func BenchmarkField(b *testing.B) {
	s := NewSet(values()...)
	v := any("/api/v1/orders/17")
	b.ReportAllocs()
	for b.Loop() {
		s.Field("http.route", v)
	}
}

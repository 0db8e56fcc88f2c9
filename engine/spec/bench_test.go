package spec

import (
	"os"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// document5K is the shop file with more scenarios and spans, 5 KB in all.
func document5K(tb testing.TB) []byte {
	tb.Helper()
	text, err := os.ReadFile("testdata/shop.toml")
	if err != nil {
		tb.Fatal(err)
	}
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		more := strings.ReplaceAll(`
[[scenario]]
name = "N-scenario"
service = "shop"
run = "visit N"

[[expect.span]]
name = "visit.N"
kind = "server"
attrs.all = { "http.route" = "/N", "http.status_code" = 200 }
duration_ms = { max = 500 }
`, "N", n)
		text = append(text, more...)
	}
	return text
}

func BenchmarkDecode(b *testing.B) {
	text := document5K(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if f, _ := Decode("shop.toml", text, PlainText("shop.toml", text)); f == nil {
			b.Fatal("does not decode")
		}
	}
}

// BenchmarkDecodeToMap is what the TOML library alone takes, for comparison.
func BenchmarkDecodeToMap(b *testing.B) {
	text := document5K(b)
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		if err := toml.Unmarshal(text, &m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGlob(b *testing.B) {
	g, err := CompileGlob("clnrm.*:[a-z]*_?orld")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !g.Match("clnrm.step:hello_world") {
			b.Fatal("does not match")
		}
	}
}

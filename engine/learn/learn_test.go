package learn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/check"
	"github.com/seanchatmangpt/clnrm-tui/engine/expect"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

const head = "[meta]\nname=\"t\"\nversion=\"1.0\"\n[otel]\nexporter=\"otlp\"\n[service.a]\nimage=\"i:1\"\n[[scenario]]\nname=\"s\"\nservice=\"a\"\nrun=\"x\"\n"

// decode reads a block as a test file would hold it; a complaint is an error.
func decode(block []byte) (*spec.Expect, error) {
	text := append([]byte(head), block...)
	f, ds := spec.Decode("t", text, spec.PlainText("t", text))
	if f != nil {
		ds = append(ds, check.Rules(f)...)
	}
	if len(ds) > 0 {
		return nil, fmt.Errorf("%v", ds)
	}
	return f.Expect, nil
}

// TestWhatIsLearntIsGreen learns from random traces: what comes out decodes
// without a complaint and holds on every trace it was learnt from.
func TestWhatIsLearntIsGreen(t *testing.T) {
	learnt := 0
	for seed := range uint64(1500) {
		g := generator{rand.New(rand.NewPCG(seed, 3))}
		traces := g.traces()
		l, err := From(traces, Options{InternalHosts: []string{"db"}})
		if err != nil {
			continue
		}
		learnt++
		block, err := l.TOML()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		e, err := decode(block)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, block)
		}
		for i, spans := range traces {
			if r := expect.Judge(e, trace.NewSet(spans), expect.Options{InternalHosts: []string{"db"}}); !r.Passed() {
				t.Fatalf("seed %d: trace %d: %+v\n%s", seed, i, r.Failures(), block)
			}
		}
	}
	if learnt < 700 {
		t.Errorf("something was learnt from %d of 1500 only", learnt)
	}
}

type generator struct{ *rand.Rand }

func (g generator) one(from ...string) string { return from[g.IntN(len(from))] }

func (g generator) traces() [][]trace.Span {
	first := g.spans(1 + g.IntN(7))
	out := [][]trace.Span{first}
	for range g.IntN(3) {
		next := make([]trace.Span, 0, len(first)+1)
		for _, s := range first {
			switch g.IntN(12) {
			case 0:
				continue
			case 1:
				s.Attrs = []trace.Attr{{Key: "k", Value: g.value()}}
			case 2:
				s.Status = trace.Status(g.IntN(3))
			case 3:
				s.Start, s.End = s.Start+3, s.End+3
			case 4:
				s.ParentID = ""
			}
			next = append(next, s)
		}
		out = append(out, next)
	}
	return out
}

func (g generator) value() any {
	return []any{"1", int64(1), 1.5, true, "{{ x }}", "a\"b\nc", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", []any{"a"}, nil, "2026-01-01T00:00:00Z", 1e300}[g.IntN(11)]
}

func (g generator) spans(n int) []trace.Span {
	res := []*trace.Resource{nil, {Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}}}}[g.IntN(2)]
	spans := make([]trace.Span, n)
	for i := range spans {
		s := &spans[i]
		s.Name = g.one("a", "b", "c", "GET /[id]", "clnrm.step:s", "clnrm.step.s", "", "{{ d }}", "what?*", `q"`)
		s.TraceID = g.one("t1", "t1", "t1", "t2")
		s.ID = fmt.Sprint("i", i)
		if i > 0 && g.IntN(4) > 0 {
			s.ParentID = fmt.Sprint("i", g.IntN(n))
		}
		s.Kind, s.KindKnown = trace.Kind(g.IntN(6)), true
		s.Start = uint64(1 + g.IntN(20))
		s.End = s.Start + uint64(g.IntN(6))
		if g.IntN(15) == 0 {
			s.Start, s.End = 0, 0
		}
		s.Status = trace.Status(g.IntN(5) % 3)
		for _, key := range []string{"k", "n", "", "resource.x", "server.address", "k", "pid"} {
			if g.IntN(4) == 0 {
				v := g.value()
				if key == "server.address" {
					v = g.one("db", "localhost", "example.com")
				}
				s.Attrs = append(s.Attrs, trace.Attr{Key: key, Value: v})
			}
		}
		for range g.IntN(3) {
			s.Events = append(s.Events, trace.Event{Name: g.one("e1", "e2", "")})
		}
		s.Resource = res
	}
	return spans
}

// request is a small trace of a shop.
func request(user string, retries int) []trace.Span {
	span := func(id, parent, name string, start, end uint64, attrs ...trace.Attr) trace.Span {
		return trace.Span{Name: name, TraceID: "t" + user, ID: user + id, ParentID: map[bool]string{true: user + parent}[parent != ""],
			Kind: trace.KindInternal, KindKnown: true, Start: start, End: end, Attrs: attrs}
	}
	out := []trace.Span{
		span("1", "", "sell", 10, 90, trace.Attr{Key: "user", Value: user}),
		span("2", "1", "price", 20, 30, trace.Attr{Key: "amount", Value: int64(7)}),
		span("3", "1", "pay", 40, 50, trace.Attr{Key: "card", Value: "visa"}),
	}
	for i := range retries {
		out = append(out, span(fmt.Sprint("r", i), "3", "retry", 42, 43))
	}
	return out
}

func TestOneTraceIsPinned(t *testing.T) {
	l, err := From([][]trace.Span{request("ada", 0)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	block, err := l.TOML()
	if err != nil {
		t.Fatal(err)
	}
	want := `[[expect.span]]
name = "sell"
kind = "internal"
attrs.all = { "user" = "ada" }

[[expect.span]]
name = "price"
kind = "internal"
attrs.all = { "amount" = 7 }

[[expect.span]]
name = "pay"
kind = "internal"
attrs.all = { "card" = "visa" }

[expect.graph]
must_include = [
  ["sell", "price"],
  ["sell", "pay"],
]
acyclic = true
single_root = true

[expect.counts]
spans_total = { eq = 3 }
events_total = { eq = 0 }
errors_total = { eq = 0 }
by_name."sell" = { eq = 1 }
by_name."price" = { eq = 1 }
by_name."pay" = { eq = 1 }

[expect.order]
must_precede = [["price", "pay"]]

[expect.status]
all = "OK"

[expect.hermeticity]
no_external_services = true
`
	if string(block) != want {
		t.Errorf("%s", block)
	}
}

func TestSeveralTracesTellStableFromVolatile(t *testing.T) {
	late := request("bob", 2)
	late[1].Start, late[1].End = 60, 70 // priced after it was paid
	l, err := From([][]trace.Span{request("ada", 0), late}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	block, err := l.TOML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(block)
	for _, want := range []string{
		"#   span 'retry': in 1 of 2 traces\n",
		"#   the value of 'user' of 'sell': differs between the traces\n",
		"#   the exact number of spans: between 3 and 5\n",
		`attrs.all = { "user" = { exists = true } }`,
		`attrs.all = { "amount" = 7 }`,
		"spans_total = { gte = 3, lte = 5 }\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s", want)
		}
	}
	for _, never := range []string{"must_precede", `"retry"`, "ada"} {
		if strings.Contains(text, never) {
			t.Errorf("contains %s", never)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestHiddenValuesAreNotWrittenDown(t *testing.T) {
	l, err := From([][]trace.Span{request("ada", 0)}, Options{Hidden: func(a trace.Attr) bool { return a.Key == "card" }})
	if err != nil {
		t.Fatal(err)
	}
	block, err := l.TOML()
	if err != nil || strings.Contains(string(block), "visa") || !strings.Contains(string(block), `"card" = { exists = true }`) {
		t.Errorf("%v\n%s", err, block)
	}
}

// TestOrderHasNoCircle learns from spans at one moment, of which each comes
// before the other: a file may not say both.
func TestOrderHasNoCircle(t *testing.T) {
	spans := []trace.Span{{Name: "p", TraceID: "1", ID: "p", Start: 1, End: 9}}
	for i, name := range []string{"a", "b", "a"} {
		spans = append(spans, trace.Span{Name: name, TraceID: "1", ID: fmt.Sprint(i), ParentID: "p", Start: 5, End: 5})
	}
	l, err := From([][]trace.Span{spans}, Options{})
	if err != nil || len(l.Expect.Order.MustPrecede) != 1 {
		t.Fatalf("%v: %+v", err, l.Expect.Order)
	}
	block, err := l.TOML()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decode(block); err != nil {
		t.Error(err)
	}
}

func TestErrorsAndTwinsArePinned(t *testing.T) {
	spans := request("ada", 3)
	spans[2].Status = trace.StatusError
	l, err := From([][]trace.Span{spans}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	block, err := l.TOML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"errors_total = { eq = 1 }", `by_name."pay" = "ERROR"`, `by_name."sell" = "OK"`, `by_name."retry" = { eq = 3 }`, `status = "ERROR"`} {
		if !strings.Contains(string(block), want) {
			t.Errorf("missing %s\n%s", want, block)
		}
	}
	if n := strings.Count(string(block), `name = "retry"`); n != 1 {
		t.Errorf("%d blocks for spans that are alike", n)
	}
}

func TestWhatNothingCanBeLearntFrom(t *testing.T) {
	if _, err := From(nil, Options{}); !errors.Is(err, ErrNoSpans) {
		t.Error(err)
	}
	if _, err := From([][]trace.Span{request("ada", 0), nil}, Options{}); !errors.Is(err, ErrNoSpans) {
		t.Error(err)
	}
	twins := []trace.Span{{Name: "a", TraceID: "1", ID: "1"}, {Name: "b", TraceID: "1", ID: "1"}}
	if _, err := From([][]trace.Span{twins}, Options{}); err == nil || !strings.Contains(err.Error(), "cannot be trusted") {
		t.Error(err)
	}
}

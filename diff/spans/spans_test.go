package spans

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// outline builds spans of one trace from lines like "a", "  b k=v": indentation
// is depth. The ids differ from call to call, as those of two runs do.
func outline(salt, text string) []trace.Span {
	var out []trace.Span
	var path []string
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) == 0 {
			continue
		}
		depth := (len(l) - len(strings.TrimLeft(l, " "))) / 2
		n := uint64(len(out) + 1)
		s := trace.Span{
			Name: f[0], TraceID: "t" + salt, ID: fmt.Sprintf("%s%04x", salt, n), Kind: trace.KindInternal, KindKnown: true,
			Start: n * 1e9, End: n*1e9 + 10e6,
		}
		path = append(path[:depth], s.ID)
		if depth > 0 {
			s.ParentID = path[depth-1]
		}
		for _, pair := range f[1:] {
			switch k, v, _ := strings.Cut(pair, "="); k {
			case "status":
				s.Status, _ = trace.ParseStatus(v)
			case "kind":
				s.Kind, _ = trace.ParseKind(v)
			case "ms":
				d, err := time.ParseDuration(v + "ms")
				if err != nil {
					panic(err)
				}
				s.End = s.Start + uint64(d)
			case "event":
				s.Events = append(s.Events, trace.Event{Name: v})
			default:
				s.Attrs = append(s.Attrs, trace.Attr{Key: k, Value: v})
			}
		}
		out = append(out, s)
	}
	return out
}

func compare(old, new string, o Options) *Diff {
	return Compare("old", "new", trace.NewSet(outline("a", old)), trace.NewSet(outline("b", new)), o)
}

func lines(d *Diff) []string {
	out := []string{}
	for _, c := range d.Changes {
		l := string(c.Kind) + " " + c.Path
		if c.NewPath != c.Path {
			l += " => " + c.NewPath
		}
		for _, f := range c.Fields {
			l += fmt.Sprintf(" [%s %s>%s]", f.Name, f.Old, f.New)
		}
		out = append(out, l)
	}
	return out
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		options        Options
		want           []string
		rate           string
	}{
		{"the same", "a\n  b k=1\n  c", "a\n  c\n  b k=1", Options{}, nil, "1.00"},
		{"both empty", "", "", Options{}, nil, "1.00"},
		{"missing and extra", "a\n  b\n  c", "a\n  b\n  d", Options{}, []string{"missing a > c", "extra a > d"}, "0.50"},
		{"a whole subtree is missing", "a\n  b\n    c", "a", Options{}, []string{"missing a > b", "missing a > b > c"}, "0.33"},
		{"attribute", "a k=1 x=2", "a k=3 y=4", Options{}, []string{"changed a [attributes.k 1>3] [attributes.x 2>] [attributes.y >4]"}, "0.00"},
		{"ignored attribute", "a k=1", "a k=3", Options{Ignore: []string{"k"}}, nil, "1.00"},
		{"values that do not count", "a k=1 x=2", "a k=3 y=4", Options{Presence: true}, []string{"changed a [attributes.x there>] [attributes.y >there]"}, "0.00"},
		{"the same attributes of other values", "a k=1\n  b k=1\n  b k=2", "a k=2\n  b k=3\n  b k=4", Options{Presence: true}, nil, "1.00"},
		{"volatile attributes", "a process.pid=1 thread.id=5", "a process.pid=2 thread.id=6", Options{}, nil, "1.00"},
		{"status, kind and events", "a status=OK event=e", "a status=ERROR kind=client event=f", Options{},
			[]string{"changed a [kind internal>client] [status OK>ERROR] [events e>f]"}, "0.00"},
		{"time within noise", "a ms=10", "a ms=14", Options{}, nil, "1.00"},
		{"time beyond noise is still a match", "a ms=10", "a ms=40", Options{}, []string{"changed a [duration_ms 10.000>40.000]"}, "1.00"},
		{"time less than twofold", "a ms=100", "a ms=180", Options{}, nil, "1.00"},
		{"noise is an option", "a ms=10", "a ms=40", Options{Noise: time.Second}, nil, "1.00"},
		{"moved", "a\n  b\n    x k=1\n  c", "a\n  b\n  c\n    x k=1", Options{}, []string{"moved a > b > x => a > c > x"}, "0.75"},
		{"moved with what hangs below it", "a\n  b\n    x\n      y\n  c", "a\n  b\n  c\n    x\n      y", Options{},
			[]string{"moved a > b > x => a > c > x"}, "0.80"},
		{"a span in between went away", "a\n  w\n    x k=1", "a\n  x k=1", Options{},
			[]string{"missing a > w", "moved a > w > x => a > x"}, "0.33"},
		{"siblings of one name pair by content", "a\n  b k=1\n  b k=2\n  b k=3", "a\n  b k=3\n  b k=1\n  b k=4", Options{},
			[]string{"changed a > b[2] => a > b[3] [attributes.k 2>4]"}, "0.75"},
		{"siblings of one name pair by what is below", "a\n  b\n    x\n  b\n    y", "a\n  b\n    y\n  b\n    x", Options{}, nil, "1.00"},
		{"one more of a name", "a\n  b\n  b", "a\n  b\n  b\n  b", Options{}, []string{"extra a > b[3]"}, "0.75"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := compare(c.old, c.new, c.options)
			if got := lines(d); !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if got := fmt.Sprintf("%.2f", d.MatchRate()); got != c.rate {
				t.Errorf("match rate %s, want %s", got, c.rate)
			}
			if d.Equal() != (len(c.want) == 0) {
				t.Error("Equal disagrees with the changes")
			}
		})
	}
}

// Ids, the order of arrival and the trace ids of two runs differ; the behaviour
// does not.
func TestIdsAndOrderDoNotMatter(t *testing.T) {
	for seed := range uint64(300) {
		g := rand.New(rand.NewPCG(seed, 1))
		old := randomSpans(g, 1+g.IntN(30))
		new := slices.Clone(old)
		for i := range new {
			s := &new[i]
			s.TraceID, s.ID = "n"+s.TraceID, "n"+s.ID
			if s.ParentID != "" {
				s.ParentID = "n" + s.ParentID
			}
		}
		g.Shuffle(len(new), func(i, j int) { new[i], new[j] = new[j], new[i] })
		d := Compare("old", "new", trace.NewSet(old), trace.NewSet(new), Options{})
		if !d.Equal() || d.MatchRate() != 1 {
			t.Fatalf("seed %d: %v", seed, lines(d))
		}
	}
}

// Every span of either trace has exactly one partner, of the same name, or is
// missing or extra.
func TestEverySpanIsAccountedFor(t *testing.T) {
	for seed := range uint64(500) {
		g := rand.New(rand.NewPCG(seed, 2))
		a := trace.NewSet(randomSpans(g, g.IntN(25)))
		b := trace.NewSet(randomSpans(g, g.IntN(25)))
		d := Compare("a", "b", a, b, Options{})
		pairs := a.Len() - d.Count(Missing)
		if got := b.Len() - d.Count(Extra); got != pairs {
			t.Fatalf("seed %d: %d spans of the old trace have a partner, %d of the new one", seed, pairs, got)
		}
		for r := range trace.Ref(a.Len()) {
			if p := d.m.old.partner[r]; p != trace.NoRef && (d.m.new.partner[p] != r || a.Span(r).Name != b.Span(p).Name) {
				t.Fatalf("seed %d: span %d has a partner that it is not the partner of", seed, r)
			}
		}
	}
}

// randomSpans makes a forest, now and then with a cycle or an orphan.
func randomSpans(g *rand.Rand, n int) []trace.Span {
	out := make([]trace.Span, n)
	for i := range out {
		s := &out[i]
		*s = trace.Span{Name: string(rune('a' + g.IntN(4))), TraceID: "t", ID: fmt.Sprint(i + 1), KindKnown: true, Start: uint64(1 + g.IntN(1000)), End: 2000}
		if i > 0 && g.IntN(5) > 0 {
			s.ParentID = fmt.Sprint(1 + g.IntN(i))
		}
		switch g.IntN(20) {
		case 0:
			s.ParentID = fmt.Sprint(1 + g.IntN(n))
		case 1:
			s.ParentID = "gone"
		}
		if g.IntN(3) == 0 {
			s.Attrs = []trace.Attr{{Key: "k", Value: int64(g.IntN(3))}}
		}
	}
	return out
}

func TestRenderings(t *testing.T) {
	d := compare(`checkout
  payment ms=20
    charge amount=42 status=OK
    audit
  db.insert
  db.insert rows=2
  mail
`, `checkout
  payment ms=80
    charge amount=43 status=ERROR
  db.insert
  db.insert rows=2
  queue
    audit
`, Options{})
	for name, write := range map[string]func(*bytes.Buffer) error{
		"tree": func(b *bytes.Buffer) error { return WriteTree(b, d, TextOptions{}) },
		"json": func(b *bytes.Buffer) error { return WriteJSON(b, d) },
		"color": func(b *bytes.Buffer) error {
			return WriteTree(b, d, TextOptions{Color: true, OnlyChanges: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			file := "testdata/checkout." + name
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("%s is out of date: go test ./diff/spans -update\n%s", file, got.String())
			}
		})
	}
}

func TestHostileNamesStayOnTheirLine(t *testing.T) {
	old := []trace.Span{{Name: "a\x1b[2J\nb", ID: "1"}}
	d := Compare("old\n", "new", trace.NewSet(old), trace.NewSet(nil), Options{})
	var out bytes.Buffer
	if err := WriteTree(&out, d, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), "[2J\n") {
		t.Errorf("%q", out.String())
	}
}

// BenchmarkCompare compares two runs of so many spans each, in which one span in
// a hundred differs.
func BenchmarkCompare(b *testing.B) {
	for _, n := range []int{50_000, 100_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkCompare(b, n) })
	}
}

func benchmarkCompare(b *testing.B, n int) {
	res := &trace.Resource{Attrs: []trace.Attr{{Key: "service.name", Value: "shop"}}}
	made := func(salt string, twist bool) *trace.Set {
		names := []string{"GET /cart", "db.query", "cache.get", "charge", "bank.call", "ship", "log", "audit", "mail", "render"}
		spans := make([]trace.Span, n)
		for i := range spans {
			k, root := i%10, i/10*10
			s := &spans[i]
			*s = trace.Span{
				Name: names[k], TraceID: fmt.Sprintf("%s%031x", salt, root+1), ID: fmt.Sprintf("%s%015x", salt, i+1), Kind: trace.KindInternal, KindKnown: true,
				Start: 1e9 + uint64(i)*1000, End: 1e9 + uint64(i)*1000 + 20_000, Resource: res,
				Attrs: []trace.Attr{{Key: "http.method", Value: "GET"}, {Key: "http.status", Value: int64(200)}, {Key: "user", Value: fmt.Sprint(i % 977)}, {Key: "ok", Value: true}, {Key: "server.address", Value: "db"}},
			}
			if k > 0 {
				s.ParentID = fmt.Sprintf("%s%015x", salt, root+1+(k-1)/3)
			}
			if twist && i%100 == 7 {
				s.Attrs[1].Value = int64(500)
			}
		}
		return trace.NewSet(spans)
	}
	old, new := made("a", false), made("b", true)
	b.ReportAllocs()
	for b.Loop() {
		if d := Compare("old", "new", old, new, Options{}); d.Count(Changed) == 0 {
			b.Fatal("nothing was found")
		}
	}
}

package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/trace"
)

// collector is an OTLP/HTTP receiver that keeps what it gets.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	paths []string
	spans []trace.Span
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("request: %v", err)
		}
		spans, _, err := trace.DecodeOTLP(body, false)
		if err != nil {
			t.Errorf("not OTLP: %v", err)
		}
		c.mu.Lock()
		c.paths, c.spans = append(c.paths, r.URL.Path), append(c.spans, spans...)
		c.mu.Unlock()
	}))
	t.Cleanup(c.Close)
	return c
}

func TestACollectorIsToldWhatSavesAndRunsDid(t *testing.T) {
	c := newCollector(t)
	t.Cleanup(func() { // after the engine has closed
		c.mu.Lock()
		defer c.mu.Unlock()
		set := trace.NewSet(c.spans)
		if p := set.Problems(); len(p) > 0 || slices.ContainsFunc(c.paths, func(p string) bool { return p != "/v1/traces" }) {
			t.Errorf("problems %v, paths %v", p, c.paths)
		}
		parents := map[string]string{}
		byID := map[string]*trace.Span{}
		for i := range c.spans {
			byID[c.spans[i].ID] = &c.spans[i]
		}
		for i := range c.spans {
			s := &c.spans[i]
			if s.End < s.Start {
				t.Errorf("%s ends before it starts", s.Name)
			}
			parents[s.Name] = ""
			if p := byID[s.ParentID]; p != nil {
				parents[s.Name] = p.Name
			}
		}
		for name, parent := range map[string]string{
			"watch.file_changed": "", "watch.read": "watch.file_changed", "watch.hash": "watch.file_changed", "watch.render": "watch.file_changed",
			"watch.validate": "watch.file_changed", "watch.diff": "watch.file_changed",
			"clnrm.run": "", "clnrm.scenario:emit": "clnrm.run", "clnrm.step:run": "clnrm.scenario:emit",
		} {
			if got, there := parents[name]; !there || got != parent {
				t.Errorf("%s (there: %v) is below %q, want %q; all: %v", name, there, got, parent, parents)
			}
		}
	})
	h := &harness{t: t, dir: t.TempDir(), backend: emits(oneSpan), options: func(o *Options) { o.TraceEndpoint, o.Version = c.URL, "1" }}
	h.write(file, emitter(wantsOrder))
	h.open()
	h.write(file, emitter(wantsOrder+"kind = \"server\"\n"))
	h.diffOf("what the save did", file, nil)
	if err := h.Run([]ScenarioID{{file, "emit"}}); err != nil {
		t.Fatal(err)
	}
	h.until("the end of the run", func(s *Snapshot) bool { return s.Run.Total > 0 && !s.Run.Active })
}

func TestACollectorThatIsNotThereIsTold(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	h := &harness{t: t, dir: t.TempDir(), backend: emits(oneSpan)}
	h.write(file, emitter(wantsOrder))
	e, err := New(Options{Dir: h.dir, TraceEndpoint: gone.URL})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.export.event(Checked{Template: lookup(e.Snapshot(), file), Seen: e.now()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no retries
	if err := e.Close(ctx); !IsEnvironment(err) {
		t.Errorf("Close: %v", err)
	}
}

func TestWhatIsNoCollectorIsRefused(t *testing.T) {
	for _, url := range []string{"localhost:4318", "ftp://x", "http://", "%zz"} {
		var request *RequestError
		if _, err := New(Options{Dir: t.TempDir(), TraceEndpoint: url}); !errors.As(err, &request) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// The settings name a collector for a surface that takes it from there, and the
// surface's own choice wins.
func TestTheSettingsNameACollector(t *testing.T) {
	dir := t.TempDir()
	put("cleanroom.toml", "[observability]\ntraces_endpoint = \"http://127.0.0.1:1/set\"\n")(t, dir)
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, ""},
		{Options{TraceAsSet: true}, "http://127.0.0.1:1/set"},
		{Options{TraceAsSet: true, TraceEndpoint: "http://127.0.0.1:1/given"}, "http://127.0.0.1:1/given"},
	} {
		tt.o.Dir = dir
		e, err := New(tt.o)
		if err != nil {
			t.Fatal(err)
		}
		if e.opts.TraceEndpoint != tt.want || (e.export != nil) != (tt.want != "") {
			t.Errorf("%+v exports to %q", tt.o, e.opts.TraceEndpoint)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

package docker

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// names lists the spans of a protobuf payload.
func names(p runner.Payload) ([]string, error) {
	var req collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(p.Body, &req); err != nil {
		return nil, err
	}
	var all []string
	for _, rs := range req.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				all = append(all, s.Name)
			}
		}
	}
	return all, nil
}

// spanNames lists the spans that were recorded, in order.
func (r *record) spanNames(t *testing.T) []string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, p := range r.spans {
		n, err := names(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n...)
	}
	return all
}

// shop is the test program as a service.
func shop(args ...string) *spec.Service {
	return &spec.Service{Name: "box", Plugin: "go_binary", Package: "./testdata/shop", Args: args}
}

func TestSpansOfStepsArriveThroughTheStream(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(".", shop()), out)
	for _, argv := range [][]string{{"shop", "sdk", "3"}, {"shop", "grpc"}} {
		e, err := s.Exec(t.Context(), runner.Command{Service: "box", Step: "emit", Argv: argv})
		if err != nil || e.Code != 0 {
			t.Fatalf("%v: %+v, %v: %s", argv, e, err, out.text("box/emit/err"))
		}
	}
	tel, err := s.Finish(t.Context(), ample)
	if err != nil || !tel.Complete || tel.Requests != 2 || tel.Rejected+tel.Dropped != 0 {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
	want := []string{"shop.span0", "shop.span1", "shop.span2", "grpc.span"}
	if got := out.spanNames(t); !slices.Equal(got, want) {
		t.Errorf("spans = %v, want %v", got, want)
	}
}

func TestServiceFlushesItsSpansAtTheEnd(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	s := open(t, b, request(".", shop("serve")), out)
	out.await(t, "box//out", "serving")
	tel, err := s.Finish(t.Context(), ample)
	if err != nil || !tel.Complete {
		t.Errorf("telemetry = %+v, %v", tel, err)
	}
	if got := out.spanNames(t); !slices.Equal(got, []string{"shop.span0"}) {
		t.Errorf("spans = %v", got)
	}
}

func TestOpenWaitsForTheSpanOfAServiceWithArgs(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	out := &record{}
	svc := shop("serve")
	svc.WaitForSpan = "shop.span0"
	s := open(t, b, request(".", svc), out)
	if got := out.spanNames(t); !slices.Contains(got, "shop.span0") {
		t.Errorf("Open returned before the span arrived: %v", got)
	}
	if _, err := s.Finish(t.Context(), ample); err != nil {
		t.Error(err)
	}
}

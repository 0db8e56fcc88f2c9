package telemetry

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain sees to it that nothing goes on that a test has started.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector counts requests and answers with a status.
func collector(t *testing.T, status int) (url string, bodies chan string) {
	t.Helper()
	bodies = make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies <- r.URL.Path + " " + string(body)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL, bodies
}

func exporter(t *testing.T, url string, problem func(error)) *Exporter {
	t.Helper()
	x, err := New(t.Context(), url, "1.2.3", problem)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestCloseDeliversWhatWaits(t *testing.T) {
	url, bodies := collector(t, http.StatusOK)
	x := exporter(t, url, func(err error) { t.Error(err) })
	run := x.Start(nil, "clnrm.run", time.Now(), Attr{Key: "test.count", Value: 2})
	x.Start(run, "clnrm.scenario:sale", time.Now()).End(time.Now(), "it failed")
	run.End(time.Now(), "")
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := <-bodies
	for _, want := range []string{"/v1/traces ", "clnrm.run", "test.count", "clnrm.scenario:sale", "it failed", "clnrm-tui", "1.2.3"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q was not delivered: %q", want, got)
		}
	}
}

// Whoever cannot wait any longer closes the exporter all the same: nothing of it
// goes on, though the collector never answers.
func TestCloseEndsAlsoWithoutTime(t *testing.T) {
	asked, answer := make(chan bool, 100), make(chan bool)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- true; <-answer }))
	defer s.Close()
	defer close(answer)
	x := exporter(t, s.URL, func(error) {})
	x.Start(nil, "clnrm.run", time.Now()).End(time.Now(), "")
	<-asked // a batch is on its way
	x.Start(nil, "clnrm.run", time.Now()).End(time.Now(), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Close(ctx); err == nil {
		t.Error("spans that were not delivered are no error")
	}
}

func TestACollectorThatRefusesIsToldOnce(t *testing.T) {
	url, bodies := collector(t, http.StatusForbidden)
	told := make(chan error, 100)
	x := exporter(t, url, func(err error) { told <- err })
	for range 2 {
		x.Start(nil, "clnrm.run", time.Now()).End(time.Now(), "")
		<-bodies
	}
	if err := x.Close(t.Context()); err == nil || !strings.Contains(err.Error(), url) {
		t.Errorf("Close: %v", err)
	}
	if err := <-told; !strings.Contains(err.Error(), url) || len(told) > 0 {
		t.Errorf("told %v, and %d times more", err, len(told))
	}
}

func TestEndpointsAreCompletedOrRefused(t *testing.T) {
	for text, want := range map[string]string{
		"http://localhost:4318":     "http://localhost:4318/v1/traces",
		"http://localhost:4318/":    "http://localhost:4318/v1/traces",
		"https://c.example/other/p": "https://c.example/other/p",
		"localhost:4318":            "",
		"ftp://x":                   "",
		"http://":                   "",
		"%zz":                       "",
		"":                          "",
	} {
		got, err := Endpoint(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Endpoint(%q) = %q, %v, want %q", text, got, err, want)
		}
		if err != nil && text != "" && !strings.Contains(err.Error(), text) {
			t.Errorf("Endpoint(%q): the error does not name it: %v", text, err)
		}
	}
}

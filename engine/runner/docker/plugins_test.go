package docker

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func TestServiceOfAPluginIsReadyWhenItsOwnEndpointAnswers(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	// A server that speaks the plugin's health endpoint, and only that.
	speak := func(plugin, path, port string) *spec.Service {
		return &spec.Service{
			Name: "llm", Plugin: plugin, Build: &spec.Build{Context: "ctx"},
			Args:  []string{"sh", "-c", "sleep 0.2; mkdir -p /www" + path + " && echo ok > /www" + path + "/index.html && exec httpd -f -p " + port + " -h /www"},
			Ready: []*spec.Ready{{Kind: spec.ReadyHTTP, Target: "http://127.0.0.1:" + port + path + "/"}},
		}
	}
	for _, svc := range []*spec.Service{speak(spec.PluginOllama, "/api/version", "11434"), speak(spec.PluginVLLM, "/health", "8000"), speak(spec.PluginSurreal, "/health", "8001")} {
		t.Run(svc.Plugin, func(t *testing.T) {
			t.Parallel()
			s := open(t, b, request(dir, svc, &spec.Service{Name: "box", DependsOn: []string{"llm"}}), &record{})
			url := strings.Replace(svc.Ready[0].Target, "127.0.0.1", "llm", 1)
			if e := sh(t, s, "wget -q -O - "+url); e.Code != 0 {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestServiceThatRunsElsewhereIsAskedAndNamed(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer server.Close()
	llm := &spec.Service{Name: "llm", Plugin: spec.PluginOllama, Endpoint: server.URL}
	s := open(t, b, request(dir, llm, &spec.Service{Name: "box", DependsOn: []string{"llm"}}), &record{})
	if path := <-asked; path != "/api/version" {
		t.Errorf("asked for %s", path)
	}
	ev := s.Evidence()
	if ev.Hermetic || len(ev.Containers) != 1 || ev.Network != "none" || !strings.Contains(strings.Join(ev.Exceptions, ";"), "service llm runs elsewhere, at "+server.URL) {
		t.Errorf("evidence = %+v", ev)
	}
}

func TestMissingServiceIsTheMachinesFaultAndOptionalOnesSkipTheScenario(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	dir := busyboxContext(t)
	for _, svc := range []*spec.Service{
		{Name: "llm", Plugin: spec.PluginOllama, Endpoint: "http://127.0.0.1:1"},
		{Name: "llm", Plugin: spec.PluginContainer, Image: "localhost:1/no/such:image"},
	} {
		box := &spec.Service{Name: "box", Build: &spec.Build{Context: "ctx"}, DependsOn: []string{"llm"}}
		t.Run("needed "+svc.Image+svc.Endpoint, func(t *testing.T) {
			t.Parallel()
			_, err := b.Open(t.Context(), request(dir, svc, box), &record{})
			var machine *runner.EnvironmentError
			var skip *runner.SkipError
			if !errors.As(err, &machine) || errors.As(err, &skip) {
				t.Errorf("err = %v", err)
			}
		})
		could := *svc
		could.Optional = true
		t.Run("optional "+svc.Image+svc.Endpoint, func(t *testing.T) {
			t.Parallel()
			_, err := b.Open(t.Context(), request(dir, &could, box), &record{})
			var skip *runner.SkipError
			if !errors.As(err, &skip) || skip.Service != "llm" || !strings.Contains(err.Error(), "the optional service llm cannot be had") {
				t.Errorf("err = %v", err)
			}
		})
	}
}

package spec

import (
	"slices"
	"strings"
	"testing"
)

// service decodes one service table.
func service(t *testing.T, text string) *Service {
	t.Helper()
	doc := []byte("[meta]\nname = \"t\"\nversion = \"1\"\n[service.a]\n" + text)
	f, ds := Decode("t.clnrm.toml", doc, PlainText("t.clnrm.toml", doc))
	for _, d := range ds {
		t.Errorf("%s: %s", text, d.Message)
	}
	return f.Services[0]
}

func TestPluginsKnowWhatATestDoesNotSay(t *testing.T) {
	for _, tc := range []struct {
		text        string
		image, args string
		ready       string
		port        int
	}{
		{`plugin = "surrealdb"`, "surrealdb/surrealdb:latest", "start --bind 0.0.0.0:8000 --user root --pass root memory", "http://127.0.0.1:8000/health", 8000},
		{`type = "surrealdb"` + "\n" + `username = "u"` + "\n" + `password = "p"` + "\nstrict = true\nports = [9000]", "surrealdb/surrealdb:latest", "start --bind 0.0.0.0:9000 --user u --pass p --strict memory", "http://127.0.0.1:9000/health", 9000},
		{`plugin = "ollama"`, "ollama/ollama:latest", "", "http://127.0.0.1:11434/api/version", 11434},
		{`plugin = "vllm"` + "\n" + `model = "m"` + "\n" + `image = "mine:1"`, "mine:1", "--port 8000 --model m", "http://127.0.0.1:8000/health", 8000},
		{`plugin = "tgi"` + "\n" + `model_id = "m"`, "ghcr.io/huggingface/text-generation-inference:latest", "--port 8080 --model-id m", "http://127.0.0.1:8080/health", 8080},
		{`plugin = "otel_collector"` + "\n" + `image = "otel/collector:1"`, "otel/collector:1", "", "http://127.0.0.1:13133/", 4317},
		{`plugin = "vllm"` + "\n" + `args = ["serve"]` + "\n" + `ready = { log = "up" }`, "vllm/vllm-openai:latest", "serve", "", 8000},
	} {
		s := service(t, tc.text)
		if s.Image != tc.image || strings.Join(s.Args, " ") != tc.args || !slices.Equal(s.Ports, []int{tc.port}) || len(s.Ready) != 1 || s.Ready[0].Target != tc.ready || !s.Contained() {
			t.Errorf("%s: image %q args %q ports %v ready %+v", tc.text, s.Image, s.Args, s.Ports, s.Ready[0])
		}
	}
}

func TestServicesThatRunElsewhereAreNoContainers(t *testing.T) {
	for _, text := range []string{
		`plugin = "network_service"` + "\n" + `endpoint = "db.example:5432"`,
		`plugin = "ollama"` + "\n" + `endpoint = "http://localhost:11434"`,
		`plugin = "otel_collector"`,
	} {
		if s := service(t, text); s.Contained() || s.Image != "" || len(s.Ready) != 0 {
			t.Errorf("%s: %+v", text, s)
		}
	}
}

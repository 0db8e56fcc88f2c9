package spec

import (
	"slices"
	"strconv"
	"time"
)

// Plugin is one kind of service. What is zero does not apply to it.
type Plugin struct {
	Name   string
	About  string // what it is, in one line
	Image  string // what runs when the test names no image
	Port   int    // where it listens
	Health string // the path that answers when it is ready
	// Outside says that a service of this plugin may be one that runs elsewhere,
	// at `endpoint`, instead of a container.
	Outside bool
	Options []string // keys of its own
}

// The service plugins.
const (
	PluginContainer = "generic_container"
	PluginGoBinary  = "go_binary"
	PluginSurreal   = "surrealdb"
	PluginOllama    = "ollama"
	PluginVLLM      = "vllm"
	PluginTGI       = "tgi"
	PluginCollector = "otel_collector"
	PluginOutside   = "network_service"
	PluginChaos     = "chaos_engine"
)

var plugins = []Plugin{
	{Name: PluginContainer, About: "a container from an image, or from one that is built from a Dockerfile"},
	{Name: PluginGoBinary, About: "a container around a Go program that is built from `package`", Options: []string{"package"}},
	{Name: PluginOutside, About: "a service that runs elsewhere, at `endpoint`; no container", Outside: true, Options: []string{"endpoint"}},
	{Name: PluginChaos, About: "faults that are injected into the other services while steps run; no container", Options: []string{
		"failure_rate", "latency_ms", "network_partition_rate", "packet_loss_percent", "memory_pressure_mb", "cpu_stress_percent", "scenarios", "seed", "targets", "during",
	}},
	{Name: PluginOllama, About: "Ollama, in a container or at `endpoint`", Image: "ollama/ollama:latest", Port: 11434, Health: "/api/version", Outside: true, Options: []string{"endpoint", "model"}},
	{Name: PluginCollector, About: "an OpenTelemetry collector in a container when it has an `image`; the receiver beside every container otherwise", Port: 4317, Health: "/"},
	{Name: PluginSurreal, About: "SurrealDB in memory", Image: "surrealdb/surrealdb:latest", Port: 8000, Health: "/health", Outside: true, Options: []string{"endpoint", "username", "password", "strict"}},
	{Name: PluginTGI, About: "Text Generation Inference, in a container or at `endpoint`", Image: "ghcr.io/huggingface/text-generation-inference:latest", Port: 8080, Health: "/health", Outside: true, Options: []string{"endpoint", "model"}},
	{Name: PluginVLLM, About: "vLLM, in a container or at `endpoint`", Image: "vllm/vllm-openai:latest", Port: 8000, Health: "/health", Outside: true, Options: []string{"endpoint", "model"}},
}

// Plugins lists all plugins: the general ones first, then by name.
func Plugins() []Plugin { return slices.Clone(plugins) }

// PluginNames lists the names of all plugins, in that order.
func PluginNames() []string {
	names := make([]string, len(plugins))
	for i, p := range plugins {
		names[i] = p.Name
	}
	return names
}

// PluginOf returns the plugin of that name.
func PluginOf(name string) (Plugin, bool) {
	i := slices.IndexFunc(plugins, func(p Plugin) bool { return p.Name == name })
	if i < 0 {
		return Plugin{}, false
	}
	return plugins[i], true
}

// Runs reports whether this version can run services of that plugin.
func Runs(name string) bool {
	_, ok := PluginOf(name)
	return ok
}

// Contained reports whether the service is a container of the scenario. One that
// runs elsewhere is not, and neither are the collector that is built in and a
// chaos engine.
func (s *Service) Contained() bool {
	return s.Endpoint == "" && s.Plugin != PluginOutside && s.Plugin != PluginChaos && (s.Plugin != PluginCollector || s.Image != "" || s.Build != nil)
}

// Installed reports whether the service is a Go program that is only there for
// steps to execute: the test gives it none of what makes a service, which are
// args (also an empty list), ports, and something to wait for.
func (s *Service) Installed() bool {
	return s.Plugin == PluginGoBinary && s.Args == nil && len(s.Ports) == 0 && s.HealthCheck == nil && len(s.Ready) == 0 && s.WaitForSpan == ""
}

// collectorHealth is the port of a collector's health_check extension.
const collectorHealth = 13133

// complete gives a service of a plugin what the plugin knows and the test does
// not say.
func (s *serviceDraft) complete() {
	if s.Plugin == PluginChaos {
		s.Chaos = s.chaos.engine()
	}
	p, known := PluginOf(s.Plugin)
	if !known || p.Port == 0 || !s.Contained() {
		return
	}
	if s.Image == "" && s.Build == nil {
		s.Image = p.Image
	}
	port, health := p.Port, p.Port
	if len(s.Ports) > 0 {
		port, health = s.Ports[0], s.Ports[0]
	} else {
		s.Ports = []int{port}
	}
	if s.Plugin == PluginCollector {
		health = collectorHealth
	}
	if len(s.Args) == 0 {
		s.Args = s.arguments(port)
	}
	if s.HealthCheck == nil && len(s.Ready) == 0 {
		s.Ready = []*Ready{{Kind: ReadyHTTP, Target: "http://" + loopback(health) + p.Health, Within: pluginWithin, Pos: s.PluginPos}}
	}
}

// pluginWithin is how long a service of a plugin may take to answer: those that
// load a model take long.
const pluginWithin = 2 * time.Minute

// arguments are what a plugin's own image is started with; none means as the
// image says.
func (s *serviceDraft) arguments(port int) []string {
	switch s.Plugin {
	case PluginSurreal:
		args := []string{"start", "--bind", "0.0.0.0:" + strconv.Itoa(port), "--user", or(s.username, "root"), "--pass", or(s.password, "root")}
		if s.strict {
			args = append(args, "--strict")
		}
		return append(args, "memory")
	case PluginVLLM:
		return append([]string{"--port", strconv.Itoa(port)}, s.chosen("--model")...)
	case PluginTGI:
		return append([]string{"--port", strconv.Itoa(port)}, s.chosen("--model-id")...)
	}
	return nil
}

// chosen is the option that names the model; none leaves it to the image.
func (s *serviceDraft) chosen(flag string) []string {
	if s.model == "" {
		return nil
	}
	return []string{flag, s.model}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

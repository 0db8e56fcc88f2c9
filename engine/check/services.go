package check

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// foreignPlugins are plugins of the format that this version does not run.
var foreignPlugins = []string{
	"surrealdb", "ollama", "vllm", "tgi", "otel_collector", "chaos_engine", "network_service", "ai_test_generator",
}

func (c *checker) services() {
	for _, s := range c.f.Services {
		c.notBlank(s.Pos, s.Name, "name of the service")
		c.plugin(s)
		c.env(s.Env)
		c.ports(s)
		c.volumes(s)
		for _, d := range s.DependsOn {
			if c.f.Service(d) == nil {
				c.errorf(s.DependsOnPos, "unknown-service", c.suggestService(d), "service %q depends on %q, which is not defined", s.Name, d)
			}
		}
		if h := s.HealthCheck; h != nil && (h.Retries < 1 || h.Timeout <= 0) {
			c.errorf(h.Pos, "contradictory-bounds", "retries and timeout must be at least 1", "the health check of service %q could never succeed", s.Name)
		}
	}
	edges := map[string][]string{}
	var order []string
	for _, s := range c.f.Services {
		order = append(order, s.Name)
		edges[s.Name] = s.DependsOn
	}
	for _, loop := range cycles(order, edges) {
		c.errorf(c.f.Service(loop[0]).DependsOnPos, "dependency-cycle", "remove one of these dependencies",
			"services depend on each other in a circle: %s", strings.Join(append(loop, loop[0]), " -> "))
	}
}

// plugin checks what a service is made from.
func (c *checker) plugin(s *spec.Service) {
	switch s.Plugin {
	case spec.PluginContainer:
		c.image(s)
	case spec.PluginGoBinary:
		if strings.TrimSpace(s.Package) == "" {
			c.errorf(s.Pos, "missing-package", `add package = "./cmd/…"`, "service %q has plugin go_binary and no package to build", s.Name)
		}
		if s.Build != nil {
			c.errorf(s.Build.Pos, "image-and-build", "remove `build`, or use plugin = \"generic_container\"", "service %q: go_binary builds its own image", s.Name)
		}
		if s.Image != "" {
			c.reference(s)
		}
	default:
		hint := "known plugins: " + spec.PluginContainer + ", " + spec.PluginGoBinary
		if near := diag.DidYouMean(s.Plugin, []string{spec.PluginContainer, spec.PluginGoBinary}); near != "" {
			hint = near
		}
		if s.Image != "" || s.Build != nil {
			hint = `an ordinary image needs plugin = "generic_container", which is also the default`
		}
		if slices.Contains(foreignPlugins, s.Plugin) {
			c.errorf(s.PluginPos, "unsupported-plugin", hint, "service %q: plugin %q is known to the format, but not run by this version", s.Name, s.Plugin)
			return
		}
		c.errorf(s.PluginPos, "unknown-plugin", hint, "service %q: unknown plugin %q", s.Name, s.Plugin)
	}
}

func (c *checker) image(s *spec.Service) {
	if s.PackagePos.Line > 0 {
		c.errorf(s.PackagePos, "image-and-build", `write plugin = "go_binary" to build a Go package`, "service %q: `package` means nothing to generic_container", s.Name)
	}
	switch {
	case s.ImagePos.Line > 0 && s.Build != nil:
		c.errorf(s.Build.Pos, "image-and-build", "keep one of the two", "service %q has both `image` and `build`", s.Name)
	case s.Build != nil:
	case s.ImagePos.Line == 0:
		c.errorf(s.Pos, "missing-image", `add image = "alpine:3.20", or build = { context = "." }`, "service %q has no image", s.Name)
	default:
		c.reference(s)
	}
}

// reference checks the form of an image reference.
func (c *checker) reference(s *spec.Service) {
	const example = "an image looks like alpine:3.20 or registry:5000/team/app:1.2"
	switch {
	case strings.TrimSpace(s.Image) == "":
		c.errorf(s.ImagePos, "invalid-image", example, "service %q has an empty image", s.Name)
		return
	case strings.ContainsAny(s.Image, " \t\n"):
		c.errorf(s.ImagePos, "invalid-image", example, "service %q: an image cannot contain blanks: %q", s.Name, s.Image)
		return
	}
	named, err := reference.ParseNormalizedNamed(s.Image)
	if err != nil {
		c.errorf(s.ImagePos, "invalid-image", example, "service %q: %q is not an image reference: %s", s.Name, s.Image, err)
		return
	}
	_, digested := named.(reference.Digested)
	tagged, ok := named.(reference.Tagged)
	if !digested && (!ok || tagged.Tag() == "latest") {
		c.at(diag.Info, s.ImagePos, "floating-image", "name a version or a digest", "service %q: image %q may be another one tomorrow", s.Name, s.Image)
	}
}

func (c *checker) ports(s *spec.Service) {
	for _, p := range s.Ports {
		switch {
		case p < 1 || p > 65535:
			c.errorf(s.PortsPos, "port-range", "", "service %q: %d is not a port (1 to 65535)", s.Name, p)
		case p < 1024:
			c.warnf(s.PortsPos, "reserved-port", "a program that is not root may not listen there; 8080, 9000 or 3000 always work", "service %q uses the reserved port %d", s.Name, p)
		}
	}
}

// systemPaths are the paths of semantics 1.5 that a mount can break.
var systemPaths = []string{"/etc", "/var", "/proc", "/sys", "/dev", "/boot", "/root", "/bin", "/sbin", "/lib", "/lib64", "/usr/bin", "/usr/sbin"}

func (c *checker) volumes(s *spec.Service) {
	for _, v := range s.Volumes {
		switch {
		case strings.TrimSpace(v.Host) == "" || strings.TrimSpace(v.Container) == "":
			c.errorf(v.Pos, "invalid-volume", `write { host_path = "./data", container_path = "/app/data" }`, "service %q: a volume needs a host path and a container path", s.Name)
			continue
		case !path.IsAbs(v.Container):
			c.errorf(v.Pos, "invalid-volume", "write /"+strings.TrimPrefix(v.Container, "./"), "service %q: the container path %q is not absolute", s.Name, v.Container)
			continue
		}
		inside := path.Clean(v.Container)
		if inside == "/" || slices.ContainsFunc(systemPaths, func(p string) bool { return inside == p || strings.HasPrefix(inside, p+"/") }) {
			c.warnf(v.Pos, "system-mount", "mount single files, or below /app", "service %q: a volume covers the system path %q", s.Name, v.Container)
		}
		c.warnf(v.Pos, "not-honoured", "copy the files into the image with `build`", "service %q: volumes are not mounted", s.Name)
	}
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secretWords mark the name of a variable that holds a secret (semantics 1.15).
var secretWords = []string{"API_KEY", "PASSWORD", "SECRET", "TOKEN", "PRIVATE_KEY", "CREDENTIALS", "ACCESS_KEY"}

func (c *checker) env(vars []spec.EnvVar) {
	for _, v := range vars {
		if !envName.MatchString(v.Name) {
			c.errorf(v.Pos, "env-name", "letters, digits and _ only, and no digit first", "%q cannot be the name of an environment variable", v.Name)
		}
		upper := strings.ToUpper(v.Name)
		if v.Value == "" || strings.HasPrefix(v.Value, "$") {
			continue
		}
		if slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(upper, w) }) {
			c.warnf(v.Pos, "secret-value", `take it from the environment: {{ env(name="`+v.Name+`") }}`, "%s looks like a secret written into the file", v.Name)
		}
	}
}

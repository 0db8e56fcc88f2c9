package check

import (
	"cmp"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// foreignPlugins are plugins of the format that this version does not run.
var foreignPlugins = []string{"ai_test_generator"}

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
		c.started(s)
		c.ready(s)
		if h := s.HealthCheck; h != nil && (h.Retries < 1 || h.Timeout <= 0) {
			c.errorf(h.Pos, "contradictory-bounds", "retries and timeout must be at least 1", "the health check of service %q could never succeed", s.Name)
		}
	}
	c.circles()
}

// started warns about Go programs that a service depends on and that nothing
// starts or executes.
func (c *checker) started(s *spec.Service) {
	for _, name := range s.DependsOn {
		d := c.f.Service(name)
		if d == nil || !d.Installed() || slices.ContainsFunc(c.f.Scenarios, func(sc *spec.Scenario) bool { return slices.Contains(serviceNames(sc), name) }) {
			continue
		}
		c.warnf(d.Pos, "never-started", "add args = [] to start it without arguments, or ready = { tcp = … } to wait for its port, too",
			"service %q depends on %q, which nothing starts: it has neither args, nor ports, nor a condition of readiness", s.Name, name)
	}
}

// circles refuses services that wait for each other.
func (c *checker) circles() {
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

// ready checks the conditions of readiness of a service.
func (c *checker) ready(s *spec.Service) {
	for _, r := range s.Ready {
		switch {
		case r.Kind == spec.ReadyFile && !path.IsAbs(r.Path):
			c.errorf(r.Pos, "invalid-condition", "write /"+strings.TrimPrefix(r.Path, "./"), "service %q waits for the file %q, which is not absolute", s.Name, r.Path)
		case r.Kind == spec.ReadyLog && (r.Text == "") == (r.Pattern == ""):
			c.errorf(r.Pos, "invalid-condition", "write the part of a line that says that it is ready", "service %q waits for any line at all", s.Name)
		case r.Kind == spec.ReadyLog && r.Count < 1, r.Retries < 0:
			c.errorf(r.Pos, "contradictory-bounds", "count and retries are at least 1", "service %q waits for a condition that is never met", s.Name)
		case r.Kind == spec.ReadyExit && (r.Code < 0 || r.Code > 255):
			c.errorf(r.Pos, "exit-code-range", "", "an exit code is a number from 0 to 255, not %d", r.Code)
		}
	}
	for name, until := range s.Until {
		if d := c.f.Service(name); until == spec.UntilExited && d != nil && d.WaitForSpan == "" {
			if code, expected := d.Exits(); expected && code != 0 {
				c.errorf(s.DependsOnPos, "invalid-condition", "wait until it is ready", "service %q waits for %q to end with status 0, and it is expected to end with %d", s.Name, name, code)
			}
		}
	}
}

// plugin checks what a service is made from.
func (c *checker) plugin(s *spec.Service) {
	p, known := spec.PluginOf(s.Plugin)
	switch {
	case s.Chaos != nil:
		c.engine(s)
		return
	case s.EndpointPos.Line > 0 && known && !p.Outside:
		c.errorf(s.EndpointPos, "image-and-build", `write plugin = "network_service" for what runs elsewhere`, "service %q: plugin %s is a container and has no endpoint", s.Name, s.Plugin)
		return
	case known && !s.Contained():
		c.outside(s)
		return
	}
	switch s.Plugin {
	case spec.PluginContainer:
		c.image(s)
	case spec.PluginSurreal, spec.PluginOllama, spec.PluginVLLM, spec.PluginTGI, spec.PluginCollector:
		if s.ImagePos.Line > 0 {
			c.image(s)
		}
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
		hint := "known plugins: " + strings.Join(spec.PluginNames(), ", ")
		if near := diag.DidYouMean(s.Plugin, spec.PluginNames()); near != "" {
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

// outside checks a service that is no container of the scenario.
func (c *checker) outside(s *spec.Service) {
	if s.Plugin == spec.PluginCollector && s.Endpoint == "" {
		c.at(diag.Info, s.PluginPos, "built-in-collector", "name an image to run another collector", "service %q is the receiver that is beside every container, at localhost:4317 and localhost:4318", s.Name)
	} else if u, err := url.Parse(s.Endpoint); s.Endpoint == "" || err == nil && u.Host == "" && !hostPort.MatchString(s.Endpoint) || err != nil && !hostPort.MatchString(s.Endpoint) {
		c.errorf(cmp.Or(s.EndpointPos, s.Pos), "invalid-endpoint", `write endpoint = "http://localhost:11434", or "db.example:5432"`, "service %q needs an endpoint, and %q is none", s.Name, s.Endpoint)
	}
	for _, sc := range c.f.Scenarios {
		for _, st := range sc.Steps {
			if st.Service == s.Name || st.Service == "" && sc.Service == s.Name {
				c.errorf(st.Pos, "no-container", "run it in another service", "step %q cannot run in service %q, which is no container", st.Name, s.Name)
			}
		}
	}
}

// hostPort is an address without a scheme.
var hostPort = regexp.MustCompile(`^[^/:\s]+:[0-9]{1,5}$`)

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

// systemPaths are the paths that a mount must not hide: the image would not
// work.
var systemPaths = []string{"/etc", "/var", "/proc", "/sys", "/dev", "/boot", "/root", "/bin", "/sbin", "/lib", "/lib64", "/usr/bin", "/usr/sbin"}

func (c *checker) volumes(s *spec.Service) {
	claimed := map[string]bool{}
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
		if inside == "/" {
			c.errorf(v.Pos, "invalid-volume", "mount below /app", "service %q: a volume cannot cover the whole file system", s.Name)
			continue
		}
		if slices.ContainsFunc(systemPaths, func(p string) bool { return inside == p || strings.HasPrefix(inside, p+"/") }) {
			c.warnf(v.Pos, "system-mount", "mount single files, or below /app", "service %q: a volume covers the system path %q", s.Name, v.Container)
		}
		c.claim(claimed, s, v.Pos, inside)
	}
	for _, t := range s.Tmpfs {
		switch {
		case !path.IsAbs(t.Path) || path.Clean(t.Path) == "/":
			c.errorf(t.Pos, "invalid-volume", `write an absolute path such as "/run"`, "service %q: %q cannot be a directory in memory", s.Name, t.Path)
		case t.SizeMB < 0:
			c.errorf(t.Pos, "invalid-volume", "", "service %q: a directory of %d MiB", s.Name, t.SizeMB)
		default:
			c.claim(claimed, s, t.Pos, path.Clean(t.Path))
		}
	}
}

// claim notes that something is mounted at a path of a container, and refuses a
// second thing there.
func (c *checker) claim(claimed map[string]bool, s *spec.Service, pos spec.Pos, inside string) {
	if claimed[inside] {
		c.errorf(pos, "invalid-volume", "keep one of them", "service %q: two things are mounted at %q", s.Name, inside)
	}
	claimed[inside] = true
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secretWords mark the name of a variable that holds a secret.
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

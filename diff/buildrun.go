package diff

import (
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/secret"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// scenario adds a scenario and the conditions of its steps. Only the same
// condition is known to imply one of them.
func (b *builder) scenario(s *spec.Scenario) {
	n := b.node("scenario", s.Pos, s.Pos, s.Name)
	n.asks = []demand{{kind: same, text: identify(n.Scope, n.Rule, n.Key)}}
	if s.Timeout > 0 {
		n.value("timeout", s.Timeout.String(), s.Pos)
	}
	b.scope = s.Name
	for _, st := range s.Steps {
		n := b.node(ruleStep, st.Pos, s.Pos, st.Name)
		n.opaque("expected_exit_code", strconv.Itoa(st.ExitCode), st.ExitCodePos)
		if st.Regex != "" {
			n.opaque("expected_output_regex", st.Regex, st.RegexPos)
		}
		if st.RegexNot != "" {
			n.opaque("expected_output_regex_not", st.RegexNot, st.RegexNotPos)
		}
		if st.Contains != "" {
			n.opaque("expected_output_contains", st.Contains, st.ContainsPos)
		}
	}
	b.scope = ""
}

func (b *builder) limits(l spec.Limits) {
	if l.CPUMillicores != 0 {
		b.node("limits.cpu_millicores", l.Pos, l.Pos).value("", strconv.Itoa(l.CPUMillicores), l.Pos)
	}
	if l.MemoryMB != 0 {
		b.node("limits.memory_mb", l.Pos, l.Pos).value("", strconv.Itoa(l.MemoryMB), l.Pos)
	}
}

// service adds a service as the file declares it.
func (b *builder) service(s *spec.Service) {
	n := b.node(ruleService, s.Pos, s.Pos, s.Name)
	set := func(path, value string, pos diag.Position) {
		if value != "" {
			n.value(path, value, pos)
		}
	}
	set("plugin", s.Plugin, s.PluginPos)
	set("image", s.Image, s.ImagePos)
	if s.Build != nil {
		set("build.context", s.Build.Context, s.Build.Pos)
		set("build.dockerfile", s.Build.Dockerfile, s.Build.Pos)
	}
	set("package", s.Package, s.PackagePos)
	if len(s.Args) > 0 {
		n.value("args", listText(s.Args), s.Pos)
	}
	for _, v := range s.Env {
		n.value("env."+v.Name, v.Value, v.Pos)
		if secret.Named(v.Name) {
			l := &n.Leaves[len(n.Leaves)-1]
			l.Value, l.hidden = hidden, v.Value
		}
	}
	if len(s.Ports) > 0 {
		ports := make([]string, len(s.Ports))
		for i, p := range s.Ports {
			ports[i] = strconv.Itoa(p)
		}
		n.value("ports", strings.Join(ports, ", "), s.PortsPos)
	}
	for _, v := range s.Volumes {
		text := v.Host
		if v.ReadOnly {
			text += " (read only)"
		}
		n.value("volumes["+v.Container+"]", text, v.Pos)
	}
	set("workdir", s.Workdir, s.Pos)
	set("user", s.User, s.Pos)
	if len(s.DependsOn) > 0 {
		n.value("depends_on", listText(s.DependsOn), s.DependsOnPos)
	}
	if h := s.HealthCheck; h != nil {
		n.value("health_check", listText(h.Command)+" every "+h.Interval.String()+", within "+h.Timeout.String()+", "+strconv.Itoa(h.Retries)+" times", h.Pos)
	}
	if s.WaitForSpan != "" {
		// Without a command of its own the service's span must have come, so dropping
		// it asks for less.
		n.opaque("wait_for_span", s.WaitForSpan, s.WaitForSpanPos)
	}
}

// hidden is shown instead of a value that is a secret by its name: a diff is
// printed into logs and comments.
const hidden = secret.Mask

package spec

import (
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// serviceDraft is a service while it is decoded.
type serviceDraft struct {
	Service
	typ    string
	typPos Pos
}

func serviceField(name string, to func(*document) *[]*Service) field[document] {
	return field[document]{name: name, schema: mapOf(inTable(serviceTable)), shape: "a table of tables, written [{path}.NAME]",
		set: func(d *decoder, path string, e *entry, t *document) bool {
			if e.val.kind != kindTable {
				return false
			}
			for i := range e.val.entries {
				s := &e.val.entries[i]
				if s.val.kind != kindTable {
					d.wrongType(e.key, s, "a table")
					continue
				}
				*to(t) = append(*to(t), d.service(e.key, s))
			}
			return true
		}}
}

// service decodes one service table.
func (d *decoder) service(path string, e *entry) *Service {
	s := &serviceDraft{Service: Service{Name: e.key, Pos: d.pos(e.at), WaitForSpanTimeout: 30 * time.Second}}
	schema := serviceTable
	if plugin := pluginOf(e.val); plugin != "" && !Runs(plugin) {
		// Its options are its own; package check refuses the plugin itself.
		schema = foreignServiceTable
	}
	schema.decode(d, join(path, e.key), e.val, s)
	if s.Plugin == "" {
		s.Plugin, s.PluginPos = s.typ, s.typPos
	}
	if s.Plugin == "" && s.PluginPos.Line > 0 {
		d.errorf(d.file.places[s.PluginPos], "empty-name", "remove the line for generic_container", "the plugin of service %q is empty", e.key)
	}
	if s.PluginPos.Line == 0 {
		s.PluginPos = s.Pos
	}
	if s.Plugin == "" {
		s.Plugin = PluginContainer
	}
	return &s.Service
}

// pluginOf reads the plugin's name before the table is decoded.
func pluginOf(n *node) string {
	for _, key := range []string{"plugin", "type"} {
		if v := n.child(key); v != nil && v.kind == kindString {
			return v.text
		}
	}
	return ""
}

// The service plugins that this version runs.
const (
	PluginContainer = "generic_container"
	PluginGoBinary  = "go_binary"
)

// Runs reports whether this version can run services of that plugin.
func Runs(plugin string) bool { return plugin == PluginContainer || plugin == PluginGoBinary }

var serviceFields = []field[serviceDraft]{
	str("plugin", func(s *serviceDraft) *string { return &s.Plugin }).at(func(s *serviceDraft) *Pos { return &s.PluginPos }),
	str("type", func(s *serviceDraft) *string { return &s.typ }).at(func(s *serviceDraft) *Pos { return &s.typPos }),
	str("image", func(s *serviceDraft) *string { return &s.Image }).at(func(s *serviceDraft) *Pos { return &s.ImagePos }),
	field[serviceDraft]{name: "build", schema: inTable(buildTable), shape: "a table with `context`", set: func(d *decoder, path string, e *entry, s *serviceDraft) bool {
		s.Build = &Build{Dockerfile: "Dockerfile", Pos: d.pos(e.at)}
		if e.val.child("context") == nil && e.val.kind == kindTable {
			d.missing(e.at, "`context` in `build`", `add context = "."`)
		}
		return buildTable.decode(d, join(path, e.key), e.val, s.Build)
	}},
	str("package", func(s *serviceDraft) *string { return &s.Package }).at(func(s *serviceDraft) *Pos { return &s.PackagePos }),
	strList("args", func(s *serviceDraft) *[]string { return &s.Args }).or("command").mended(inList(true)),
	pairs("env", func(s *serviceDraft) *[]EnvVar { return &s.Env }).or("environment", "env_vars"),
	field[serviceDraft]{name: "ports", schema: listOf(of(object{"type": "integer", "minimum": 1, "maximum": 65535})), shape: "a list of port numbers", set: portList}.at(func(s *serviceDraft) *Pos { return &s.PortsPos }),
	field[serviceDraft]{name: "volumes", schema: listOf(anyOf(text, inTable(volumeTable))), shape: `a list of { host_path, container_path } or "host:container"`, set: volumeList},
	str("workdir", func(s *serviceDraft) *string { return &s.Workdir }).or("working_dir"),
	str("user", func(s *serviceDraft) *string { return &s.User }),
	strList("depends_on", func(s *serviceDraft) *[]string { return &s.DependsOn }).at(func(s *serviceDraft) *Pos { return &s.DependsOnPos }),
	field[serviceDraft]{name: "health_check", schema: inTable(healthTable), shape: `a table with cmd = ["…"]`, set: func(d *decoder, path string, e *entry, s *serviceDraft) bool {
		s.HealthCheck = &HealthCheck{Interval: 5 * time.Second, Timeout: 10 * time.Second, Retries: 3, Pos: d.pos(e.at)}
		ok := healthTable.decode(d, join(path, e.key), e.val, s.HealthCheck)
		if ok && len(s.HealthCheck.Command) == 0 {
			d.missing(e.at, "`cmd` in `health_check`", `add cmd = ["…"]`)
		}
		return ok
	}},
	str("wait_for_span", func(s *serviceDraft) *string { return &s.WaitForSpan }).at(func(s *serviceDraft) *Pos { return &s.WaitForSpanPos }),
	duration("wait_for_span_timeout_secs", time.Second, func(s *serviceDraft) *time.Duration { return &s.WaitForSpanTimeout }),
	duration("wait_for_span_timeout", time.Second, func(s *serviceDraft) *time.Duration { return &s.WaitForSpanTimeout }),
	ignored[serviceDraft]("description"),
	unhonoured[serviceDraft]("links", diag.Warning, "all services of a scenario share one network; use depends_on for the order"),
	unhonoured[serviceDraft]("network", diag.Warning, "each scenario has its own sealed network"),
}

var serviceTable = newTable(unknownKey, serviceFields...)

// foreignServiceTable reads services of plugins that this version does not run.
var foreignServiceTable = newTable(anyKey, serviceFields...)

var buildTable = newTable(unknownKey,
	str("context", func(b *Build) *string { return &b.Context }),
	str("dockerfile", func(b *Build) *string { return &b.Dockerfile }),
)

var healthTable = newTable(unknownKey,
	strList("cmd", func(h *HealthCheck) *[]string { return &h.Command }).or("command").mended(inList(true)),
	duration("interval", time.Second, func(h *HealthCheck) *time.Duration { return &h.Interval }),
	duration("timeout", time.Second, func(h *HealthCheck) *time.Duration { return &h.Timeout }),
	integer("retries", func(h *HealthCheck) *int { return &h.Retries }),
)

func portList(_ *decoder, _ string, e *entry, s *serviceDraft) bool {
	ports := make([]int, 0, len(e.val.items))
	for _, it := range e.val.items {
		if it.kind != kindInt {
			return false
		}
		ports = append(ports, int(it.num))
	}
	s.Ports = ports
	return e.val.kind == kindArray
}

var volumeTable = newTable(unknownKey,
	str("host_path", func(v *Volume) *string { return &v.Host }),
	str("container_path", func(v *Volume) *string { return &v.Container }),
	boolean("read_only", func(v *Volume) *bool { return &v.ReadOnly }),
)

// volumeList reads volumes as tables or as "host:container[:ro]".
func volumeList(d *decoder, path string, e *entry, s *serviceDraft) bool {
	volumes := make([]Volume, 0, len(e.val.items))
	for _, it := range e.val.items {
		v := Volume{Pos: d.pos(it.at)}
		switch it.kind {
		case kindTable:
			volumeTable.decode(d, join(path, e.key), it, &v)
		case kindString:
			parts := strings.Split(it.text, ":")
			if len(parts) < 2 || len(parts) > 3 {
				return false
			}
			v.Host, v.Container = parts[0], parts[1]
			v.ReadOnly = len(parts) == 3 && parts[2] == "ro"
		default:
			return false
		}
		volumes = append(volumes, v)
	}
	s.Volumes = volumes
	return e.val.kind == kindArray
}

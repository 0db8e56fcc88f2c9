package spec

import (
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// serviceDraft is a service while it is decoded.
type serviceDraft struct {
	Service
	typ        string
	typPos     Pos
	username   string
	password   string
	strict     bool
	model      string
	chaos      chaosDraft
	health     *readyDraft   // health_check
	conditions []*readyDraft // ready
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
	} else if plugin == PluginChaos {
		schema = chaosServiceTable
	}
	schema.decode(d, join(path, e.key), e.val, s)
	d.readiness(s)
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
	if e.val.kind == kindTable {
		d.unheard(s, e.val)
	}
	s.complete()
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

var serviceFields = append([]field[serviceDraft]{
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
	str("endpoint", func(s *serviceDraft) *string { return &s.Endpoint }).or("host").at(func(s *serviceDraft) *Pos { return &s.EndpointPos }),
	boolean("optional", func(s *serviceDraft) *bool { return &s.Optional }),
	str("username", func(s *serviceDraft) *string { return &s.username }),
	str("password", func(s *serviceDraft) *string { return &s.password }),
	boolean("strict", func(s *serviceDraft) *bool { return &s.strict }),
	str("model", func(s *serviceDraft) *string { return &s.model }).or("model_id", "default_model"),
	str("package", func(s *serviceDraft) *string { return &s.Package }).at(func(s *serviceDraft) *Pos { return &s.PackagePos }),
	strList("args", func(s *serviceDraft) *[]string { return &s.Args }).or("command").mended(inList(true)),
	pairs("env", func(s *serviceDraft) *[]EnvVar { return &s.Env }).or("environment", "env_vars"),
	field[serviceDraft]{name: "ports", schema: listOf(anyOf(of(object{"type": "integer", "minimum": 1, "maximum": 65535}), text)), shape: "a list of port numbers", set: portList}.at(func(s *serviceDraft) *Pos { return &s.PortsPos }),
	field[serviceDraft]{name: "volumes", schema: listOf(anyOf(text, inTable(volumeTable))), shape: `a list of { host_path, container_path } or "host:container[:ro]"`, set: volumeList},
	field[serviceDraft]{name: "tmpfs", schema: anyOf(text, listOf(anyOf(text, inTable(tmpfsTable)))), shape: `a list of paths such as "/run" or "/data:size=64m"`, set: tmpfsList},
	boolean("read_only", func(s *serviceDraft) *bool { return &s.ReadOnly }),
	field[serviceDraft]{name: "limits", schema: inTable(limitsTable), shape: "a table", set: func(d *decoder, path string, e *entry, s *serviceDraft) bool {
		s.Limits = &Limits{Pos: d.pos(e.at)}
		return limitsTable.decode(d, join(path, e.key), e.val, s.Limits)
	}}.or("resources"),
	str("workdir", func(s *serviceDraft) *string { return &s.Workdir }).or("working_dir"),
	str("user", func(s *serviceDraft) *string { return &s.User }),
	dependsField().at(func(s *serviceDraft) *Pos { return &s.DependsOnPos }).mended(inList(false)),
	readyField(),
	healthField().or("healthcheck"),
	field[serviceDraft]{name: "wait_log_message", schema: text, quiet: true, shape: "a string", set: func(d *decoder, _ string, e *entry, s *serviceDraft) bool {
		s.conditions = append(s.conditions, &readyDraft{Ready: Ready{Kind: ReadyLog, Text: e.val.text, Pos: d.pos(e.at)}})
		return e.val.kind == kindString
	}},
	ignored[serviceDraft]("wait_strategy"),  // what is waited for says how
	ignored[serviceDraft]("wait_for_ready"), // always so
	str("wait_for_span", func(s *serviceDraft) *string { return &s.WaitForSpan }).at(func(s *serviceDraft) *Pos { return &s.WaitForSpanPos }),
	duration("wait_for_span_timeout_secs", time.Second, func(s *serviceDraft) *time.Duration { return &s.WaitForSpanTimeout }),
	duration("wait_for_span_timeout", time.Second, func(s *serviceDraft) *time.Duration { return &s.WaitForSpanTimeout }),
	ignored[serviceDraft]("description"),
	unhonoured[serviceDraft]("capabilities", diag.Warning, "a container has the engine's default capabilities"),
	unhonoured[serviceDraft]("privileged", diag.Error, "a privileged container is not isolated from the host"),
	unhonoured[serviceDraft]("cleanup_policy", diag.Warning, "containers are always removed"),
	unhonoured[serviceDraft]("links", diag.Warning, "all services of a scenario share one network; use depends_on for the order"),
	unhonoured[serviceDraft]("network", diag.Warning, "each scenario has its own network: write [isolation] network = \"sealed\""),
}, chaosOptions...)

var serviceTable = newTable(unknownKey, serviceFields...)

// foreignServiceTable reads services of plugins that this version does not run.
var foreignServiceTable = newTable(anyKey, serviceFields...)

// chaosServiceTable reads chaos engines, of which nothing may be ignored.
var chaosServiceTable = newTable(unknownChaos, serviceFields...)

var buildTable = newTable(unknownKey,
	str("context", func(b *Build) *string { return &b.Context }),
	str("dockerfile", func(b *Build) *string { return &b.Dockerfile }),
)

// portList reads the ports that a service listens on. In "8080:80" that is 80:
// nothing is published on the host.
func portList(d *decoder, path string, e *entry, s *serviceDraft) bool {
	ports := make([]int, 0, len(e.val.items))
	for _, it := range e.val.items {
		port := int(it.num)
		if it.kind == kindString {
			_, inside, _ := strings.Cut(it.text, ":")
			n, err := strconv.Atoi(strings.TrimSuffix(inside, "/tcp"))
			if err != nil || n < 1 || n > 65535 {
				return false
			}
			d.warnf(it.at, "not-honoured", "write ports = ["+strconv.Itoa(n)+"]; services of a scenario reach it by name", "`%s` publishes nothing on the host", join(path, e.key))
			port = n
		} else if it.kind != kindInt {
			return false
		}
		ports = append(ports, port)
	}
	s.Ports = ports
	return e.val.kind == kindArray
}

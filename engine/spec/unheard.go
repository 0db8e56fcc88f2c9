package spec

import (
	"fmt"
	"slices"
)

// containerKeys are the keys of a service that speak of its container.
var containerKeys = []string{
	"image", "build", "args", "env", "ports", "volumes", "tmpfs", "read_only", "limits", "workdir", "user",
	"ready", "health_check", "wait_log_message",
}

// startKeys are the keys of a service that speak of its start.
var startKeys = []string{"endpoint", "optional", "depends_on", "wait_for_span", "wait_for_span_timeout", "wait_for_span_timeout_secs"}

// engineKeys are the options of a chaos engine.
var engineKeys = func() []string {
	p, _ := PluginOf(PluginChaos)
	return p.Options
}()

// unheard names the keys of a service that its plugin has no use for. What
// makes such a service a contradiction is refused by package check.
func (d *decoder) unheard(s *serviceDraft, table *node) {
	p, known := PluginOf(s.Plugin)
	if !known {
		return
	}
	for i := range table.entries {
		e := &table.entries[i]
		at, ok := serviceTable.byName[e.key]
		if !ok || e.val.empty() {
			continue
		}
		if why, hint := s.useless(p, serviceTable.fields[at].name, table); why != "" {
			d.warnf(e.at, "not-honoured", hint, "`%s` of service %q has no effect: %s", e.key, s.Name, why)
		}
	}
}

// useless says why a key has no effect and what to write instead; empty when it
// has one.
func (s *serviceDraft) useless(p Plugin, key string, table *node) (why, hint string) {
	if p.Name == PluginChaos {
		if slices.Contains(containerKeys, key) || slices.Contains(startKeys, key) {
			return "a chaos engine is no container", "remove the line"
		}
	} else if !s.Contained() {
		switch {
		case s.Endpoint == "" && p.Name != PluginCollector:
			return "", "" // an endpoint is missing, and that is an error
		case slices.Contains(containerKeys, key) && s.Endpoint != "":
			return "the service runs elsewhere, at `endpoint`", "remove the line, or the endpoint for a container"
		case slices.Contains(containerKeys, key):
			return "the receiver that is built in has no container", "name an image to run another collector"
		case key != "endpoint" && slices.Contains(p.Options, key):
			return "the service runs elsewhere, at `endpoint`, as it was set up there", "remove the line, or the endpoint for a container"
		}
	}
	switch {
	case key == "model", key == "username", key == "password", key == "strict", slices.Contains(engineKeys, key):
	case key == "package":
		if p.Name == PluginContainer {
			return "", "" // an error
		}
	default:
		return "", ""
	}
	switch {
	case !slices.Contains(p.Options, key):
		return "it is no option of plugin " + p.Name, fmt.Sprintf("remove the line; plugins with this option: %s", ownersOf(key))
	case p.Name == PluginOllama:
		return "the image starts without a model", "run `ollama pull` in a step of this service"
	case p.Name != PluginGoBinary && (table.has("args") || table.has("command")):
		return "`args` says how the container is started", "write it into args, or remove them"
	}
	return "", ""
}

// ownersOf lists the plugins with an option of that name.
func ownersOf(key string) string {
	list := ""
	for _, p := range plugins {
		if slices.Contains(p.Options, key) {
			list += ", " + p.Name
		}
	}
	return list[2:]
}

// overruled names what the headers of lower rank say differently from the one
// that counts: a file may have several.
func (d *decoder) overruled(t *document) {
	name, version, descr, timeout := d.file.Name, d.file.Version, d.file.Descr, ""
	for _, h := range []*header{&t.meta, &t.metadata, &t.test} {
		if h.table == nil {
			continue
		}
		limit := ""
		if h.timeout != 0 {
			limit = h.timeout.String()
		}
		for _, v := range []struct {
			key, value string
			first      *string
		}{{"name", h.name, &name}, {"version", h.version, &version}, {"description", h.descr, &descr}, {"timeout", limit, &timeout}} {
			if *v.first == "" {
				*v.first = v.value
			}
			e := h.table.get(v.key)
			if e == nil || v.value == "" || v.value == *v.first {
				continue
			}
			d.warnf(e.at, "not-honoured", keepOne, "`%s` has no effect: another header of this file says %q", v.key, *v.first)
		}
	}
}

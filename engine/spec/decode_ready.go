package spec

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// readyDraft is a condition of readiness while it is decoded.
type readyDraft struct {
	Ready
	port  int
	http  string
	kinds []string // the keys that name a kind, in file order
}

// condition marks a key that names the kind of a condition.
func condition(k ReadyKind, f field[readyDraft]) field[readyDraft] {
	set := f.set
	f.set = func(d *decoder, path string, e *entry, r *readyDraft) bool {
		r.Kind = k
		r.kinds = append(r.kinds, e.key)
		return set(d, path, e, r)
	}
	return f
}

var readyTable = newTable(unknownCondition,
	condition(ReadyCommand, strList("cmd", func(r *readyDraft) *[]string { return &r.Command }).or("command").mended(inList(true))),
	condition(ReadyTCP, field[readyDraft]{name: "tcp", schema: portOrTarget, shape: `a port, or "host:port"`, set: target}),
	condition(ReadyHTTP, str("http", func(r *readyDraft) *string { return &r.http })),
	condition(ReadyGRPC, field[readyDraft]{name: "grpc", schema: portOrTarget, shape: `a port, or "host:port"`, set: target}),
	condition(ReadyFile, str("file", func(r *readyDraft) *string { return &r.Path })),
	condition(ReadyLog, str("log", func(r *readyDraft) *string { return &r.Text })),
	condition(ReadyLog, field[readyDraft]{name: "log_regex", schema: text, shape: "a regular expression (RE2)", set: func(d *decoder, _ string, e *entry, r *readyDraft) bool {
		if _, err := regexp.Compile(e.val.text); err != nil {
			d.errorf(e.val.at, "invalid-regex", "", "the log pattern does not compile: %s", err)
		}
		r.Pattern = e.val.text
		return e.val.kind == kindString
	}}),
	condition(ReadyExit, integer("exit", func(r *readyDraft) *int { return &r.Code })),
	condition(ReadySpan, str("span", func(r *readyDraft) *string { return &r.Text })),
	integer("port", func(r *readyDraft) *int { return &r.port }),
	field[readyDraft]{name: "status", schema: anyOf(whole, listOf(whole)), shape: "an HTTP status, or a list of them", set: statuses},
	str("grpc_service", func(r *readyDraft) *string { return &r.Name }),
	integer("count", func(r *readyDraft) *int { return &r.Count }),
	str("after", func(r *readyDraft) *string { return &r.After }),
	duration("interval", time.Second, func(r *readyDraft) *time.Duration { return &r.Interval }),
	duration("timeout", time.Second, func(r *readyDraft) *time.Duration { return &r.Timeout }),
	duration("within", time.Second, func(r *readyDraft) *time.Duration { return &r.Within }),
	field[readyDraft]{name: "retries", schema: whole, shape: "an integer", set: func(_ *decoder, _ string, e *entry, r *readyDraft) bool {
		if r.Retries = int(e.val.num); r.Retries == 0 {
			r.Retries = -1 // none at all, which package check refuses
		}
		return e.val.kind == kindInt
	}},
)

// unknownCondition: a service that is waited for in another way than the test
// asks is not the service that it asks for.
var unknownCondition = unknownRule{severity: diag.Error, code: "unknown-condition", text: "unknown condition `{key}` in [{table}]"}

var portOrTarget = anyOf(of(object{"type": "integer", "minimum": 1, "maximum": 65535}), text)

// target reads where to knock: a port of the service itself, or another host.
func target(_ *decoder, _ string, e *entry, r *readyDraft) bool {
	switch {
	case e.val.kind == kindInt && e.val.num >= 1 && e.val.num <= 65535:
		r.Target = loopback(int(e.val.num))
		return true
	case e.val.kind == kindString:
		host, port, err := net.SplitHostPort(e.val.text)
		n, perr := strconv.Atoi(port)
		r.Target = e.val.text
		return err == nil && perr == nil && host != "" && n >= 1 && n <= 65535
	}
	return false
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func statuses(_ *decoder, _ string, e *entry, r *readyDraft) bool {
	items := e.val.items
	if e.val.kind == kindInt {
		items = []*node{e.val}
	}
	for _, it := range items {
		if it.kind != kindInt || it.num < 100 || it.num > 599 {
			return false
		}
		r.Statuses = append(r.Statuses, int(it.num))
	}
	return len(items) > 0
}

// readyField reads one condition, or a list of conditions that must all be met,
// in their order.
func readyField() field[serviceDraft] {
	return field[serviceDraft]{name: "ready", schema: anyOf(inTable(readyTable), listOf(inTable(readyTable))), shape: "a table such as { tcp = 5432 }, or a list of them",
		set: func(d *decoder, path string, e *entry, s *serviceDraft) bool {
			items := e.val.items
			if e.val.kind == kindTable {
				items = []*node{e.val}
			}
			for _, it := range items {
				if it.kind != kindTable {
					return false
				}
				d.ready(join(path, e.key), it, s)
			}
			return len(items) > 0
		}}
}

// healthField reads health_check: a table as `ready` has it, or a command line.
func healthField() field[serviceDraft] {
	return field[serviceDraft]{name: "health_check", schema: anyOf(inTable(readyTable), text), shape: `a table with cmd = ["…"]`, set: func(d *decoder, path string, e *entry, s *serviceDraft) bool {
		if e.val.kind == kindString {
			s.health = &readyDraft{Ready: Ready{Kind: ReadyCommand, Command: d.command(e.val), Pos: d.pos(e.at)}}
			return true
		}
		if e.val.kind != kindTable {
			return false
		}
		r := d.readyTable(join(path, e.key), e.val, e.at)
		if len(r.kinds) == 0 {
			d.missing(e.at, "`cmd` in `health_check`", `add cmd = ["…"], or another condition: tcp, http, grpc, file, log`)
			return true
		}
		s.health = r
		return true
	}}
}

// ready decodes one condition and adds it to the service.
func (d *decoder) ready(path string, n *node, s *serviceDraft) {
	before := len(d.diags)
	r := d.readyTable(path, n, n.at)
	if len(r.kinds) == 0 {
		if len(d.diags) > before {
			return // a misspelt key: said already
		}
		d.errorf(n.at, "invalid-condition", "write { tcp = 5432 }, { http = \"/health\", port = 8080 }, { grpc = 50051 }, { file = \"/run/ready\" }, { log = \"ready\" }, { cmd = [\"…\"] } or { exit = 0 }", "a condition of readiness names nothing to wait for")
		return
	}
	s.conditions = append(s.conditions, r)
}

func (d *decoder) readyTable(path string, n *node, at span) *readyDraft {
	r := &readyDraft{Ready: Ready{Pos: d.pos(at)}}
	readyTable.decode(d, path, n, r)
	if len(r.kinds) > 1 {
		d.errorf(at, "invalid-condition", "write a list, ready = [{ … }, { … }]: all of its conditions must be met", "one condition cannot have both `%s` and `%s`", r.kinds[0], r.kinds[1])
	}
	for _, k := range []struct {
		set  bool
		key  string
		only []ReadyKind
	}{
		{r.Statuses != nil, "status", []ReadyKind{ReadyHTTP}},
		{r.port != 0, "port", []ReadyKind{ReadyHTTP}},
		{r.Name != "", "grpc_service", []ReadyKind{ReadyGRPC}},
		{r.Count != 0, "count", []ReadyKind{ReadyLog}},
		{r.After != "", "after", []ReadyKind{ReadyLog}},
	} {
		if k.set && r.Kind != "" && !slices.Contains(k.only, r.Kind) {
			d.errorf(at, "invalid-condition", "", "`%s` goes with `%s`, not with `%s`", k.key, k.only[0], r.Kind)
		}
	}
	return r
}

// readiness completes the conditions of a service once all of its keys are known.
func (d *decoder) readiness(s *serviceDraft) {
	all := s.conditions
	if s.health != nil {
		if s.health.Kind == ReadyCommand {
			s.HealthCheck = s.health.check()
		} else {
			all = append([]*readyDraft{s.health}, all...)
		}
	}
	for _, r := range all {
		if r.Kind == ReadyHTTP {
			d.url(r, s)
		}
		if r.Kind == ReadySpan {
			s.WaitForSpan, s.WaitForSpanPos = r.Text, r.Pos
			if r.Within > 0 {
				s.WaitForSpanTimeout = r.Within
			}
			continue
		}
		if r.Kind == ReadyLog && r.Count == 0 {
			r.Count = 1
		}
		c := r.Ready
		s.Ready = append(s.Ready, &c)
	}
}

// check turns a command into the health check that it has always been.
func (r *readyDraft) check() *HealthCheck {
	h := &HealthCheck{Command: r.Command, Interval: 5 * time.Second, Timeout: 10 * time.Second, Retries: 3, Pos: r.Pos}
	if r.Interval > 0 {
		h.Interval = r.Interval
	}
	if r.Timeout > 0 {
		h.Timeout = r.Timeout
	}
	if r.Retries != 0 {
		h.Retries = r.Retries
	}
	return h
}

// url makes the address that a condition asks for out of a path and a port, or
// takes a whole one.
func (d *decoder) url(r *readyDraft, s *serviceDraft) {
	at := d.file.places[r.Pos]
	if strings.Contains(r.http, "://") {
		u, err := url.Parse(r.http)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			d.errorf(at, "invalid-condition", `write http = "/health" and port = 8080`, "%q is not an address to ask over HTTP", r.http)
		}
		r.Target = r.http
		return
	}
	port := r.port
	if port == 0 && len(s.Ports) > 0 {
		port = s.Ports[0]
	}
	if port == 0 {
		d.errorf(at, "invalid-condition", "add port = 8080 to the condition, or ports = [8080] to the service", "`http` needs a port to ask at")
	}
	r.Target = "http://" + loopback(port) + "/" + strings.TrimPrefix(r.http, "/")
}

// untils are the words for how far a dependency must have come, with those that
// Compose files use.
var untils = map[string]Until{
	"started": UntilStarted, "service_started": UntilStarted,
	"ready": UntilReady, "healthy": UntilReady, "service_healthy": UntilReady,
	"exited": UntilExited, "completed": UntilExited, "service_completed_successfully": UntilExited,
}

// dependsField reads depends_on: names, or a table of how far each must have come.
func dependsField() field[serviceDraft] {
	const hint = "started, ready (the default) or exited, which is an end with status 0"
	return field[serviceDraft]{name: "depends_on", schema: anyOf(texts, mapOf(anyOf(of(object{"enum": []string{"started", "ready", "exited"}}), of(object{"type": "object"})))), shape: "a list of services, or a table { db = \"ready\", migrate = \"exited\" }",
		set: func(d *decoder, _ string, e *entry, s *serviceDraft) (ok bool) {
			if e.val.kind != kindTable {
				s.DependsOn, ok = d.strings(e.val)
				return ok
			}
			for i := range e.val.entries {
				dep := &e.val.entries[i]
				word := dep.val
				if c := dep.val.child("condition"); c != nil {
					word = c
				}
				until, known := untils[word.text]
				if word.kind != kindString || !known {
					d.errorf(dep.val.at, "invalid-condition", hint, "a dependency on %q cannot be waited for in this way", dep.key)
					continue
				}
				s.DependsOn = append(s.DependsOn, dep.key)
				if until != UntilReady {
					if s.Until == nil {
						s.Until = map[string]Until{}
					}
					s.Until[dep.key] = until
				}
			}
			return true
		}}
}

package docker

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// defaultPath is the PATH of a container whose image sets none, as engines have it.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment collects variables; a later one replaces an earlier one of the
// same name.
type environment struct {
	names  []string
	values map[string]string
}

func (e *environment) set(name, value string) {
	if e.values == nil {
		e.values = map[string]string{}
	}
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = value
}

// add sets variables of a test.
func (e *environment) add(vars []spec.EnvVar) {
	for _, v := range vars {
		e.set(v.Name, v.Value)
	}
}

// with returns e with variables of a step on top.
func (e *environment) with(vars []spec.EnvVar) *environment {
	all := &environment{names: slices.Clone(e.names), values: maps.Clone(e.values)}
	all.add(vars)
	return all
}

// list returns NAME=value in the order of first mention.
func (e *environment) list() []string {
	out := make([]string, len(e.names))
	for i, n := range e.names {
		out[i] = n + "=" + e.values[n]
	}
	return out
}

// hostname is a service's name as a host name may be: letters, digits and
// hyphens, at most 63 of them (RFC 1123).
func hostname(service string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, service)
	name = strings.Trim(name[:min(len(name), 63)], "-")
	if name == "" {
		return "service"
	}
	return name
}

// baseEnv is the environment of everything that runs in a service's container:
// what makes runs alike and spans arrive, then the image's, then the test's.
// Nothing of the host's environment gets in.
func baseEnv(f *spec.File, s *spec.Service, image []string) (*environment, error) {
	e := &environment{}
	e.set("PATH", defaultPath)
	e.set("HOSTNAME", hostname(s.Name))
	e.set("TZ", "UTC")
	e.set("LANG", "C.UTF-8")
	otelEnv(e, f.Otel)
	if text := f.Determinism.FreezeClock; text != "" {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, fmt.Errorf("determinism.freeze_clock: %w", err)
		}
		e.set("CLNRM_FREEZE_CLOCK", text)
		e.set("SOURCE_DATE_EPOCH", strconv.FormatInt(t.Unix(), 10))
	}
	if seed := f.Determinism.Seed; seed != nil {
		e.set("CLNRM_SEED", strconv.FormatUint(*seed, 10))
	}
	for _, kv := range image {
		if name, value, ok := strings.Cut(kv, "="); ok {
			e.set(name, value)
		}
	}
	e.add(s.Env)
	return e, nil
}

// otelEnv points every SDK at the agent (OpenTelemetry specification,
// environment variables). Batches are sent soon, so that spans are there when
// they are looked for.
func otelEnv(e *environment, o *spec.Otel) {
	protocol, endpoint := "http/protobuf", "http://127.0.0.1:4318"
	if o != nil && (o.Protocol == "grpc" || o.Exporter == "otlp-grpc") {
		protocol, endpoint = "grpc", "http://127.0.0.1:4317"
	}
	e.set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
	e.set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
	e.set("OTEL_BSP_SCHEDULE_DELAY", "100")
	if o == nil || len(o.Resources) == 0 {
		return
	}
	pairs := make([]string, len(o.Resources))
	for i, r := range o.Resources {
		pairs[i] = r.Name + "=" + url.PathEscape(r.Value)
	}
	e.set("OTEL_RESOURCE_ATTRIBUTES", strings.Join(pairs, ","))
}

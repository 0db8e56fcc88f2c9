// Package environ makes the environment of what a test runs: what makes runs
// alike and spans arrive, then the image's, then the test's. Nothing of the
// host's environment gets in. It reads and starts nothing.
package environ

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

// DefaultPath is the PATH of a container whose image sets none, as engines have it.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Vars collects variables; a later one replaces an earlier one of the
// same name.
type Vars struct {
	names  []string
	values map[string]string
}

// Set sets one variable.
func (e *Vars) Set(name, value string) {
	if e.values == nil {
		e.values = map[string]string{}
	}
	if _, ok := e.values[name]; !ok {
		e.names = append(e.names, name)
	}
	e.values[name] = value
}

// add sets variables of a test.
func (e *Vars) add(vars []spec.EnvVar) {
	for _, v := range vars {
		e.Set(v.Name, v.Value)
	}
}

// With returns e with variables of a step on top.
func (e *Vars) With(vars []spec.EnvVar) *Vars {
	all := &Vars{names: slices.Clone(e.names), values: maps.Clone(e.values)}
	all.add(vars)
	return all
}

// List returns NAME=value in the order of first mention.
func (e *Vars) List() []string {
	out := make([]string, len(e.names))
	for i, n := range e.names {
		out[i] = n + "=" + e.values[n]
	}
	return out
}

// Hostname is a service's name as a host name may be: letters, digits and
// hyphens, at most 63 of them (RFC 1123).
func Hostname(service string) string {
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

// Receiver is where spans are taken, as host:port for either protocol of OTLP.
type Receiver struct{ HTTP, GRPC string }

// Base is the environment of everything that runs in or as a service. image are
// the variables of its image, NAME=value. The error is about the clock that the
// test freezes.
func Base(f *spec.File, s *spec.Service, image []string, r Receiver) (*Vars, error) {
	e := &Vars{}
	e.Set("PATH", DefaultPath)
	e.Set("HOSTNAME", Hostname(s.Name))
	e.Set("TZ", "UTC")
	e.Set("LANG", "C.UTF-8")
	otelEnv(e, f.Otel, r)
	if text := f.Determinism.FreezeClock; text != "" {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, fmt.Errorf("determinism.freeze_clock: %w", err)
		}
		e.Set("CLNRM_FREEZE_CLOCK", text)
		e.Set("SOURCE_DATE_EPOCH", strconv.FormatInt(t.Unix(), 10))
	}
	if seed := f.Determinism.Seed; seed != nil {
		e.Set("CLNRM_SEED", strconv.FormatUint(*seed, 10))
	}
	for _, kv := range image {
		if name, value, ok := strings.Cut(kv, "="); ok {
			e.Set(name, value)
		}
	}
	e.add(s.Env)
	return e, nil
}

// otelEnv points every SDK at the receiver (OpenTelemetry specification,
// environment variables). Batches are sent soon, so that spans are there when
// they are looked for.
func otelEnv(e *Vars, o *spec.Otel, r Receiver) {
	protocol, endpoint := "http/protobuf", r.HTTP
	if o != nil && (o.Protocol == "grpc" || o.Exporter == "otlp-grpc") {
		protocol, endpoint = "grpc", r.GRPC
	}
	e.Set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+endpoint)
	e.Set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
	e.Set("OTEL_BSP_SCHEDULE_DELAY", "100")
	if o == nil || len(o.Resources) == 0 {
		return
	}
	pairs := make([]string, len(o.Resources))
	for i, r := range o.Resources {
		pairs[i] = r.Name + "=" + url.PathEscape(r.Value)
	}
	e.Set("OTEL_RESOURCE_ATTRIBUTES", strings.Join(pairs, ","))
}

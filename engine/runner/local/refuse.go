package local

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/seanchatmangpt/clnrm-tui/engine/runner"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

// offered are the fields of a service that this backend gives a meaning to. A
// service that uses any other is refused: what a test asks for is never left out
// in silence.
var offered = map[string]bool{
	"Name": true, "Plugin": true, "Package": true, "Args": true, "Env": true, "Ports": true, "Workdir": true,
	"DependsOn": true, "Until": true, "Limits": true, "Optional": true, "HealthCheck": true, "Ready": true, "WaitForSpan": true, "WaitForSpanTimeout": true,
}

// offeredChecks are the fields of a health check that it gives a meaning to.
var offeredChecks = map[string]bool{"Command": true, "Interval": true, "Timeout": true, "Retries": true}

// refused says why a service of f cannot run without a container; nil when it
// can. One that f does not declare stands in for steps that name no service:
// they need no image, only a place.
func refused(f *spec.File, s *spec.Service) error {
	because := func(format string, args ...any) error {
		return &runner.EnvironmentError{
			What:   "service " + s.Name + " cannot run locally: " + fmt.Sprintf(format, args...),
			Remedy: "run it with --backend docker",
		}
	}
	switch {
	case f.Service(s.Name) == nil:
		return nil
	case s.Image != "":
		return because("it is the image %s, and the local backend runs processes of this machine", s.Image)
	case s.Build != nil:
		return because("its image is built from %s, and the local backend runs processes of this machine", s.Build.Context)
	case s.Plugin != "go_binary":
		return because("plugin %s needs a container", s.Plugin)
	}
	if key := unknown(reflect.ValueOf(*s), offered); key != "" {
		return because("%s needs a container", key)
	}
	if s.HealthCheck != nil {
		if key := unknown(reflect.ValueOf(*s.HealthCheck), offeredChecks); key != "" {
			return because("health_check.%s is not known to the local backend", key)
		}
	}
	for _, r := range s.Ready {
		switch r.Kind {
		case spec.ReadyCommand, spec.ReadyTCP, spec.ReadyHTTP, spec.ReadyGRPC, spec.ReadyLog, spec.ReadyExit:
		case spec.ReadyFile:
			return because("it is ready when there is the file %s, and locally that may be there from another time", r.Path)
		default:
			return because("a condition %q is not known to the local backend", r.Kind)
		}
	}
	return nil
}

// unknown names the first field of v that is set and not in the list, as a test
// file spells it; positions do not count.
func unknown(v reflect.Value, known map[string]bool) string {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if !known[name] && !strings.HasSuffix(name, "Pos") && !v.Field(i).IsZero() {
			return snake(name)
		}
	}
	return ""
}

// snake spells the name of a field as a key.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

package settings

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/spec"
)

func defaultJobs() int   { return min(runtime.NumCPU(), 4) }
func defaultChecks() int { return runtime.GOMAXPROCS(0) }

// Layer is where a value came from; a later layer wins over an earlier one.
type Layer uint8

// The layers.
const (
	BuiltIn     Layer = iota
	User              // the file of the user, for all projects
	Project           // the file of the project
	Environment       // a variable
	Command           // an option of the command line
)

// Origin says where a value came from.
type Origin struct {
	Layer Layer
	Pos   diag.Position // in a file
	Name  string        // of the variable, or of the option
}

// String names the origin for people: "built in", "cleanroom.toml:3:8",
// "environment CLEANROOM_CLI_JOBS", "--jobs".
func (o Origin) String() string {
	switch o.Layer {
	case User, Project:
		return o.Pos.String()
	case Environment:
		return "environment " + o.Name
	case Command:
		return o.Name
	default:
		return "built in"
	}
}

// Value is what a key is set to.
type Value struct {
	Key    Key
	Value  any // of the type of Key.Kind
	Origin Origin
	Place  spec.Place // in a file
}

// String writes the value as a file would hold it; passwords in addresses are
// masked.
func (v Value) String() string {
	switch x := v.Value.(type) {
	case string:
		return quote(x)
	case []string:
		parts := make([]string, len(x))
		for i, s := range x {
			parts[i] = quote(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case time.Duration:
		if v.Key.Kind == Millis {
			return fmt.Sprint(x.Milliseconds())
		}
		return quote(x.String())
	default:
		return fmt.Sprint(x)
	}
}

// DefaultText writes the default, in words where it depends on the machine.
func (k Key) DefaultText() string {
	if k.Shown != "" {
		return k.Shown
	}
	return Value{Key: k, Value: k.Default}.String()
}

// Named is an entry of a section whose names belong to the surface.
type Named struct {
	Name   string
	Values []string // one for a colour; for an action any number, none leaves it without a key
	Place  spec.Place
}

// Set is the outcome of reading all settings. It is immutable.
type Set struct {
	values map[string]Value
	// Bindings is the section [keys]: actions and the keys that are to trigger
	// them, sorted by name.
	Bindings []Named
	// Colors is the section [theme.colors], sorted by name.
	Colors []Named
	// Files are all files that were read or looked for in vain, absolute, the
	// nearest last; those to watch.
	Files []string
	// File is the project's file, "" when there is none.
	File string
}

// Value returns what a key is set to. A key that is not in the table is a fault
// of the caller.
func (s *Set) Value(name string) Value {
	v, ok := s.values[name]
	if !ok {
		panic("settings: there is no key " + name)
	}
	return v
}

// IsSet reports whether a key has a value from outside of the program.
func (s *Set) IsSet(name string) bool { return s.Value(name).Origin.Layer != BuiltIn }

// Bool returns the value of a key of that kind.
func (s *Set) Bool(name string) bool { return s.Value(name).Value.(bool) }

// Int returns the value of a key of that kind.
func (s *Set) Int(name string) int { return s.Value(name).Value.(int) }

// Text returns the value of a key of that kind.
func (s *Set) Text(name string) string { return s.Value(name).Value.(string) }

// Duration returns the value of a key of kind Duration or Millis.
func (s *Set) Duration(name string) time.Duration { return s.Value(name).Value.(time.Duration) }

// Texts returns the value of a key of that kind; the caller must not change it.
func (s *Set) Texts(name string) []string { return s.Value(name).Value.([]string) }

// All returns the values of all keys, in the order of the documentation.
func (s *Set) All() []Value {
	out := make([]Value, 0, len(keys))
	for _, k := range keys {
		v := s.values[k.canonical()]
		v.Key = k
		out = append(out, v)
	}
	return out
}

// Changed lists the keys whose value differs between two sets, in the order of
// the documentation; sections of the surface are named "keys" and
// "theme.colors".
func (s *Set) Changed(old *Set) []Key {
	var out []Key
	for _, k := range keys {
		if a, b := s.values[k.Name], old.values[k.Name]; k.Same == "" && a.String() != b.String() {
			out = append(out, k)
		}
	}
	same := func(a, b Named) bool { return a.Name == b.Name && slices.Equal(a.Values, b.Values) }
	if !slices.EqualFunc(s.Bindings, old.Bindings, same) {
		out = append(out, Key{Name: keysSection})
	}
	if !slices.EqualFunc(s.Colors, old.Colors, same) {
		out = append(out, Key{Name: themeColors})
	}
	return out
}

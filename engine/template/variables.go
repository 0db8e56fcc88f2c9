package template

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// standard are the variables that every template has (semantics 4.1).
var standard = []struct{ name, env, def string }{
	{"svc", "SERVICE_NAME", "clnrm"},
	{"env", "ENV", "ci"},
	{"endpoint", "OTEL_ENDPOINT", "http://localhost:4318"},
	{"exporter", "OTEL_TRACES_EXPORTER", "otlp"},
	{"image", "CLNRM_IMAGE", "registry/clnrm:1.0.0"},
	{"freeze_clock", "FREEZE_CLOCK", "2025-01-01T00:00:00Z"},
	{"token", "OTEL_TOKEN", ""},
}

// variables is the outermost scope of a render: defaults, the environment,
// [template.vars], [vars] and the overrides, each winning over those before
// (semantics 4.1). Entries of the file are evaluated when they are first asked
// for; while one is, its own name means the layers below it.
type variables struct {
	r         *render
	overrides map[string]any
	layers    []*layer // strongest first
	tables    map[string]*layer
	known     map[string]found
	busy      map[*layer]map[string]bool
	hidden    int // lookups that met a busy entry
	depth     int // entries being evaluated
	evaluated int // entries evaluated so far
}

// Entries can refer to one another, so their evaluation is bounded: beyond these
// an entry is no variable.
const (
	maxEntryDepth = 32
	maxEntries    = 10_000
)

// found is a resolved variable.
type found struct {
	v      any
	origin string
	ok     bool
}

// layer holds the entries of one table of the file, by variable.
type layer struct {
	label  string
	groups map[string][]entry
	inline []entry // the table written as one inline table
}

func newVariables(r *render, entries []entry) *variables {
	vs := &variables{r: r, known: map[string]found{}, busy: map[*layer]map[string]bool{}, tables: map[string]*layer{}}
	vs.overrides = r.engine.overrides
	if r.cell != nil {
		vs.overrides = maps.Clone(vs.overrides)
		vs.overrides["matrix"] = value.Normalise(r.cell)
	}
	if l := newLayer("[vars]", entries, "vars"); l != nil {
		vs.layers = append(vs.layers, l)
	}
	if l := newLayer("[template.vars]", entries, "template", "vars"); l != nil {
		vs.layers = append(vs.layers, l)
	}
	for _, name := range []string{"matrix", "otel"} {
		l := newLayer("[template."+name+"]", entries, "template", name)
		if l == nil {
			l = newLayer("["+name+"]", entries, name)
		}
		if l != nil {
			vs.tables[name] = l
		}
	}
	return vs
}

// newLayer collects the entries of one table; nil when it has none.
func newLayer(label string, entries []entry, table ...string) *layer {
	l := &layer{label: label, groups: map[string][]entry{}}
	n := len(table)
	for _, e := range entries {
		if len(e.path) < n || !slices.Equal(e.path[:n], table) {
			continue
		}
		e.path = e.path[n:]
		if len(e.path) == 0 {
			l.inline = append(l.inline, e)
		} else {
			l.groups[e.path[0]] = append(l.groups[e.path[0]], e)
		}
	}
	if len(l.groups) == 0 && len(l.inline) == 0 {
		return nil
	}
	return l
}

// Lookup implements eval.Vars.
func (vs *variables) Lookup(name string, keys []string) (any, bool) {
	if _, mine := vs.overrides[name]; !mine {
		switch name {
		case "vars":
			if len(keys) > 0 {
				name, keys = keys[0], keys[1:]
				f := vs.resolve(name)
				return follow(f.v, keys, f.ok)
			}
			return vs.all(), true
		case "matrix", "otel":
			if l := vs.tables[name]; l != nil {
				return vs.tableValue(l, keys)
			}
		case "env":
			// A step behind `env` reads the environment unless the variable
			// has that step itself.
			if f := vs.resolve(name); len(keys) == 1 {
				if v, ok := follow(f.v, keys, f.ok); ok {
					return v, true
				}
				return vs.environment(keys[0])
			}
		}
	}
	f := vs.resolve(name)
	return follow(f.v, keys, f.ok)
}

func follow(v any, keys []string, ok bool) (any, bool) {
	for _, k := range keys {
		if !ok {
			return nil, false
		}
		v, ok = value.Step(v, k)
	}
	return v, ok
}

func (vs *variables) environment(name string) (any, bool) {
	if v, ok := vs.r.host.Getenv(name); ok {
		return v, true
	}
	return nil, false
}

// resolve finds a variable in the layers.
func (vs *variables) resolve(name string) found {
	if f, ok := vs.known[name]; ok {
		return f
	}
	hidden := vs.hidden
	f := vs.search(name)
	if vs.hidden == hidden || len(vs.busy) == 0 {
		vs.known[name] = f
	}
	return f
}

func (vs *variables) search(name string) found {
	if v, ok := vs.overrides[name]; ok {
		return found{v, "--var", true}
	}
	for _, l := range vs.layers {
		if f := vs.fromLayer(l, name); f.ok {
			return f
		}
	}
	for _, s := range standard {
		if s.name != name {
			continue
		}
		if v, ok := vs.r.host.Getenv(s.env); ok {
			return found{v, "environment " + s.env, true}
		}
		return found{s.def, "default", true}
	}
	if isUpper(name) {
		if v, ok := vs.r.host.Getenv(name); ok {
			return found{v, "environment " + name, true}
		}
	}
	return found{}
}

// isUpper reports whether name is spelled like an environment variable.
func isUpper(name string) bool {
	letter := false
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= 'a' && c <= 'z' {
			return false
		}
		letter = letter || c >= 'A' && c <= 'Z'
	}
	return letter
}

// fromLayer evaluates the entries of one variable in a table of the file.
func (vs *variables) fromLayer(l *layer, name string) found {
	group := l.groups[name]
	if group == nil && len(l.inline) == 0 {
		return found{}
	}
	if vs.busy[l][name] || vs.depth >= maxEntryDepth || vs.evaluated >= maxEntries {
		vs.hidden++
		return found{}
	}
	vs.evaluated++
	defer vs.enter(l, name)()
	var v any
	line, ok := 0, false
	for _, e := range group {
		if x, good := vs.entryValue(e); good {
			v, line, ok = merge(v, x), e.line, true
		}
	}
	if ok {
		return found{v, fmt.Sprintf("%s line %d", l.label, line), true}
	}
	for _, e := range l.inline {
		if x, good := vs.entryValue(e); good {
			if y, has := value.Step(x, name); has {
				return found{y, fmt.Sprintf("%s line %d", l.label, e.line), true}
			}
		}
	}
	return found{}
}

// enter marks a variable of a layer as being evaluated until the returned
// function is called.
func (vs *variables) enter(l *layer, name string) func() {
	if vs.busy[l] == nil {
		vs.busy[l] = map[string]bool{}
	}
	vs.busy[l][name] = true
	vs.depth++
	return func() {
		vs.depth--
		delete(vs.busy[l], name)
		if len(vs.busy[l]) == 0 {
			delete(vs.busy, l)
		}
	}
}

// entryValue renders the raw value of an entry and decodes it. The result is
// the value of the first part of its path. An entry that fails is no variable;
// the render of the file itself will say what is wrong with it.
func (vs *variables) entryValue(e entry) (any, bool) {
	text := e.value
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#") {
		var ok bool
		if text, ok = vs.renderValue(text); !ok {
			return nil, false
		}
	}
	var doc map[string]any
	if err := toml.Unmarshal([]byte("v = "+text), &doc); err != nil {
		return nil, false
	}
	v := value.Normalise(doc["v"])
	for i := len(e.path) - 1; i > 0; i-- {
		v = map[string]any{e.path[i]: v}
	}
	return v, true
}

func (vs *variables) renderValue(text string) (string, bool) {
	c, err := vs.r.engine.compile(text, sha256.Sum256([]byte(text)))
	if err != nil || c.err != nil {
		return "", false
	}
	p := &eval.Program{Code: c.code, Name: "[vars]"}
	out, err := vs.r.execute(p, c, vs, true)
	if err != nil {
		return "", false
	}
	return string(out.Out.Buf), true
}

// merge lays b over a where both are objects; else b wins.
func merge(a, b any) any {
	x, ok := a.(map[string]any)
	y, isMap := b.(map[string]any)
	if !ok || !isMap {
		return b
	}
	out := maps.Clone(x)
	for k, v := range y {
		out[k] = merge(x[k], v)
	}
	return out
}

// tableValue evaluates a table of the file as one object, or what keys reach.
func (vs *variables) tableValue(l *layer, keys []string) (any, bool) {
	if len(keys) > 0 {
		f := vs.fromLayer(l, keys[0])
		return follow(f.v, keys[1:], f.ok)
	}
	out := map[string]any{}
	for _, e := range l.inline {
		if m, ok := vs.entryValue(e); ok {
			if m, ok := m.(map[string]any); ok {
				maps.Copy(out, m)
			}
		}
	}
	for name := range l.groups {
		if f := vs.fromLayer(l, name); f.ok {
			out[name] = f.v
		}
	}
	return out, true
}

// table evaluates a table of the file that is no variable; nil when absent.
func (vs *variables) table(entries []entry, name string) any {
	l := newLayer("["+name+"]", entries, name)
	if l == nil {
		return nil
	}
	v, _ := vs.tableValue(l, nil)
	return v
}

// all is the map `vars`.
func (vs *variables) all() map[string]any {
	out := map[string]any{}
	for _, name := range vs.names() {
		if f := vs.resolve(name); f.ok {
			out[name] = f.v
		}
	}
	return out
}

// names lists the variables that can be resolved, without the maps.
func (vs *variables) names() []string {
	set := map[string]bool{}
	for name := range vs.overrides {
		set[name] = true
	}
	for _, l := range vs.layers {
		for name := range l.groups {
			set[name] = true
		}
		for _, e := range l.inline {
			if m, ok := vs.entryValue(e); ok {
				if m, ok := m.(map[string]any); ok {
					for name := range m {
						set[name] = true
					}
				}
			}
		}
	}
	for _, s := range standard {
		set[s.name] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// Names implements eval.Vars.
func (vs *variables) Names() []string {
	names := append(vs.names(), "vars")
	return append(names, slices.Sorted(maps.Keys(vs.tables))...)
}

// info lists all variables with their origins, without recording reads.
func (vs *variables) info() []VarInfo {
	defer vs.r.host.peek()()
	names := vs.names()
	for name, f := range vs.known {
		if f.ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []VarInfo
	for _, name := range names {
		if f := vs.resolve(name); f.ok {
			out = append(out, VarInfo{name, f.v, f.origin})
		}
	}
	return out
}

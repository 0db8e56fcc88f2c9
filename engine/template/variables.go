package template

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// standard are the variables that every template has.
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
// [template.vars], [vars] and the overrides, each winning over those before.
// Entries of the file are evaluated when they are first asked for; while one
// is, its own name means the layers below it.
type variables struct {
	r         *render
	overrides map[string]any
	layers    []*layer // strongest first
	tables    map[string]*layer
	known     map[string]found
	passing   map[string]bool // resolved in the midst of an entry, and not kept in known
	busy      map[*entry]bool
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

// found is a resolved variable. Its origin is written out when somebody asks.
type found struct {
	v      any
	origin string
	line   int // of the file, when origin is a table of it
	ok     bool
}

// where says where the value comes from.
func (f found) where() string {
	if f.line > 0 {
		return fmt.Sprintf("%s line %d", f.origin, f.line)
	}
	return f.origin
}

// layer holds the entries of one table of the file, by variable. It is
// immutable, so that all renders of a text share it.
type layer struct {
	label    string
	groups   map[string][]entry
	inline   []entry // the table written as one inline table
	from, to int     // offsets that enclose the values of all groups
}

// tables are the parts of a file that a render reads before it starts.
type tables struct {
	vars        []*layer          // strongest first
	objects     map[string]*layer // of variables that are a table
	determinism *layer
}

func newTables(entries []entry) *tables {
	t := &tables{objects: map[string]*layer{}, determinism: newLayer("[determinism]", entries, "determinism")}
	if l := newLayer("[vars]", entries, "vars"); l != nil {
		t.vars = append(t.vars, l)
	}
	if l := newLayer("[template.vars]", entries, "template", "vars"); l != nil {
		t.vars = append(t.vars, l)
	}
	for _, name := range []string{"matrix", "otel"} {
		l := newLayer("[template."+name+"]", entries, "template", name)
		if l == nil {
			l = newLayer("["+name+"]", entries, name)
		}
		if l != nil {
			t.objects[name] = l
		}
	}
	return t
}

func newVariables(r *render, t *tables) *variables {
	vs := &variables{r: r, known: make(map[string]found, 28), busy: map[*entry]bool{}, layers: t.vars, tables: t.objects}
	vs.overrides = r.engine.overrides
	if r.cell != nil {
		vs.overrides = maps.Clone(vs.overrides)
		vs.overrides["matrix"] = value.Normalise(r.cell)
	}
	return vs
}

// newLayer collects the entries of one table; nil when it has none.
func newLayer(label string, entries []entry, table ...string) *layer {
	l := &layer{label: label, groups: map[string][]entry{}, from: math.MaxInt}
	n := len(table)
	for _, e := range entries {
		if len(e.path) < n || !slices.Equal(e.path[:n], table) {
			continue
		}
		e.path = e.path[n:]
		if e.list -= n; e.list != 1 { // a list inside a variable, or around the table
			e.element = 0
		}
		if len(e.path) == 0 {
			l.inline = append(l.inline, e)
		} else {
			l.groups[e.path[0]] = append(l.groups[e.path[0]], e)
			l.from, l.to = min(l.from, e.from), max(l.to, e.to)
		}
	}
	if len(l.groups) == 0 && len(l.inline) == 0 {
		return nil
	}
	return l
}

// Lookup implements eval.Vars. In the text of an entry the entry's own name
// means the layers below it, so that the table shows the value that it gives.
func (vs *variables) Lookup(name string, keys []string, at int) (any, bool) {
	if at >= 0 {
		top := name
		if name == "vars" && len(keys) > 0 {
			top = keys[0]
		}
		if e := vs.definition(top, at); e != nil {
			return vs.below(e, top, name, keys)
		}
	}
	return vs.lookup(name, keys)
}

// below looks a variable up as the entry e of the variable top sees it.
func (vs *variables) below(e *entry, top, name string, keys []string) (any, bool) {
	known, cached := vs.known[top]
	read := vs.passing[top]
	delete(vs.known, top)
	leave := vs.enter(e)
	v, ok := vs.lookup(name, keys)
	leave()
	delete(vs.known, top)
	if !read {
		delete(vs.passing, top)
	}
	if cached {
		vs.known[top] = known
	}
	return v, ok
}

func (vs *variables) lookup(name string, keys []string) (any, bool) {
	switch name {
	case "vars", "matrix", "otel", "env":
		if _, mine := vs.overrides[name]; !mine {
			return vs.special(name, keys)
		}
	}
	f := vs.resolve(name)
	return follow(f.v, keys, f.ok)
}

// special looks up the variables that stand for more than one value.
func (vs *variables) special(name string, keys []string) (any, bool) {
	switch name {
	case "vars":
		if len(keys) > 0 {
			name, keys = keys[0], keys[1:]
			break
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
		return f
	}
	if vs.passing == nil {
		vs.passing = map[string]bool{}
	}
	vs.passing[name] = true
	return f
}

func (vs *variables) search(name string) found {
	if v, ok := vs.overrides[name]; ok {
		return found{v: v, origin: "--var", ok: true}
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
			return found{v: v, origin: "environment " + s.env, ok: true}
		}
		return found{v: s.def, origin: "default", ok: true}
	}
	if isUpper(name) {
		if v, ok := vs.r.host.Getenv(name); ok {
			return found{v: v, origin: "environment " + name, ok: true}
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
	var v any
	line, ok := 0, false
	for i := range group {
		e := &group[i]
		x, good := vs.entryValue(e)
		switch {
		case !good:
		case e.element > 0:
			v, line, ok = element(v, x, i == 0 || e.element != group[i-1].element), e.line, true
		default:
			v, line, ok = merge(v, x), e.line, true
		}
	}
	if ok {
		return found{v, l.label, line, true}
	}
	for i := range l.inline {
		e := &l.inline[i]
		if x, good := vs.entryValue(e); good {
			if y, has := value.Step(x, name); has {
				return found{y, l.label, e.line, true}
			}
		}
	}
	return found{}
}

// enter marks an entry as being evaluated until the returned function is called.
func (vs *variables) enter(e *entry) func() {
	vs.busy[e] = true
	vs.depth++
	return func() {
		vs.depth--
		delete(vs.busy, e)
	}
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
		for i := range l.inline {
			if m, ok := vs.entryValue(&l.inline[i]); ok {
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

// definition finds the entry of a variable around an offset of the main template.
func (vs *variables) definition(name string, at int) *entry {
	for _, l := range vs.layers {
		if at < l.from || at >= l.to {
			continue
		}
		for i := range l.groups[name] {
			if e := &l.groups[name][i]; e.from <= at && at < e.to {
				return e
			}
		}
	}
	return nil
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
			out = append(out, VarInfo{name, f.v, f.where(), f.line})
		}
	}
	return out
}

package spec

import (
	"fmt"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// table is the schema of one kind of table of the test file: which keys it may
// have and what each does to a T. Decoding, the list of known keys in hints and
// the check for unknown keys all read this one description.
type table[T any] struct {
	unknown unknownRule
	fields  []field[T]
	byName  map[string]int // names and aliases, into fields
	names   []string       // what hints may propose
}

// unknownRule says what an unknown key of a table is.
type unknownRule struct {
	severity diag.Severity
	code     string
	text     string // "{key}" and "{table}" are replaced
	free     bool   // anything goes
}

// The rules for keys that nobody knows: what judges must be understood,
// everything else may be ignored as long as that is said.
var (
	unknownKey         = unknownRule{severity: diag.Warning, code: "unknown-key", text: "unknown key `{key}` in [{table}] is ignored"}
	unknownTable       = unknownRule{severity: diag.Error, code: "unknown-table", text: "unknown table or key `{key}`"}
	unknownExpectation = unknownRule{severity: diag.Error, code: "unknown-expectation", text: "unknown expectation `{key}` in [{table}]"}
	anyKey             = unknownRule{free: true}
)

// field is one key of a table.
type field[T any] struct {
	name   string
	also   []string // other spellings that mean the same
	shape  string   // what its value must be, for messages
	set    func(d *decoder, path string, e *entry, into *T) bool
	place  func(*T) *Pos
	schema shaped
	mend   func(d *decoder, n *node, e *entry) *diag.Fix // of a value of the wrong type in the table n; nil for none
	quiet  bool                                          // hints do not propose it
}

// or adds other spellings.
func (f field[T]) or(names ...string) field[T] {
	f.also = append(f.also, names...)
	return f
}

// unproposed keeps the key out of hints.
func (f field[T]) unproposed() field[T] {
	f.quiet = true
	return f
}

// mended offers a fix for a value of the wrong type.
func (f field[T]) mended(by func(*decoder, *node, *entry) *diag.Fix) field[T] {
	f.mend = by
	return f
}

// at stores where the value stands.
func (f field[T]) at(place func(*T) *Pos) field[T] {
	f.place = place
	return f
}

func newTable[T any](unknown unknownRule, fields ...field[T]) *table[T] {
	t := &table[T]{unknown: unknown, fields: fields, byName: make(map[string]int, len(fields))}
	for i, f := range fields {
		if !f.quiet {
			t.names = append(t.names, f.name)
		}
		t.byName[f.name] = i
		for _, a := range f.also {
			t.byName[a] = i
		}
	}
	return t
}

// decode reads the entries of n into the value; path names the table in
// messages. It reports false when n is not a table.
func (t *table[T]) decode(d *decoder, path string, n *node, into *T) bool {
	if n.kind != kindTable {
		return false
	}
	var seen uint64 // fields already met, to notice two spellings of one key
	for i := range n.entries {
		e := &n.entries[i]
		at, known := t.byName[e.key]
		if !known {
			d.unknown(t.unknown, path, e, t.names, func(name string) bool { return t.has(n, name) })
			continue
		}
		f := &t.fields[at]
		if seen&(1<<at) != 0 {
			d.errorf(e.at, "repeated-key", "keep one of the two", "`%s` repeats `%s` under another name", e.key, f.name)
			continue
		}
		seen |= 1 << at
		if !f.set(d, path, e, into) {
			before := len(d.diags)
			d.wrongType(path, e, f.shape)
			if f.mend != nil {
				d.offer(before, f.mend(d, n, e))
			}
			continue
		}
		if f.place != nil {
			*f.place(into) = d.pos(e.val.at)
		}
	}
	return true
}

// has reports whether n has the field of that name, in any of its spellings.
func (t *table[T]) has(n *node, name string) bool {
	for i := range n.entries {
		if at, known := t.byName[n.entries[i].key]; known && at == t.byName[name] {
			return true
		}
	}
	return false
}

// unknown reports a key that the schema does not have; taken says of a key that
// it has whether it is there.
func (d *decoder) unknown(r unknownRule, path string, e *entry, names []string, taken func(string) bool) {
	if r.free || strings.HasPrefix(e.key, "x-") || strings.HasPrefix(e.key, "x_") {
		return
	}
	// A condition of a step or scenario, misspelt, is an expectation.
	if r.severity < diag.Error && strings.HasPrefix(e.key, "expect") {
		r = unknownExpectation
	}
	if d.full() {
		d.left[r.severity]++
		return
	}
	near := diag.Nearest(e.key, names)
	if r.severity < diag.Error && strings.HasPrefix(near, "expect") {
		r = unknownExpectation
	}
	msg := strings.NewReplacer("{key}", e.key, "{table}", path).Replace(r.text)
	hint := ""
	switch {
	case near != "":
		hint = "did you mean `" + near + "`?"
	case path == "scenario" && strings.HasPrefix(e.key, "expected_"):
		hint = "what a command must bring about is said of a step: write it in [[scenario.steps]]"
	case r.severity == diag.Error && len(names) > 0:
		hint = "known here: " + strings.Join(names, ", ") + "; prefix your own keys with x-"
	}
	before := len(d.diags)
	d.report(r.severity, e.at, r.code, msg, hint)
	d.offer(before, d.rename(e, names, taken))
}

func (d *decoder) wrongType(path string, e *entry, shape string) {
	name := e.key
	if path != "" {
		name = path + "." + e.key
	}
	shape = strings.ReplaceAll(shape, "{path}", name)
	n := e.val
	if n.kind == kindArray && len(n.items) > 0 && strings.HasPrefix(shape, "a list") {
		d.errorf(n.items[0].at, "wrong-type", "", "`%s` must be %s, not a list that begins with %s", name, shape, n.items[0].describe())
		return
	}
	d.errorf(n.at, "wrong-type", "", "`%s` must be %s, not %s", name, shape, n.describe())
}

// The constructors below describe the common shapes of values.

func str[T any](name string, to func(*T) *string) field[T] {
	return field[T]{name: name, schema: text, shape: "a string", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		if e.val.kind == kindString {
			*to(into) = e.val.text
		}
		return e.val.kind == kindString
	}}
}

// word is a string whose case does not matter.
func word[T any](name string, normal func(string) string, to func(*T) *string) field[T] {
	return field[T]{name: name, schema: text, shape: "a string", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		*to(into) = normal(e.val.text)
		return e.val.kind == kindString
	}}
}

func boolean[T any](name string, to func(*T) *bool) field[T] {
	return field[T]{name: name, schema: truth, shape: "true or false", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		if e.val.kind == kindBool {
			*to(into) = e.val.num == 1
		}
		return e.val.kind == kindBool
	}}
}

func integer[T any](name string, to func(*T) *int) field[T] {
	return field[T]{name: name, schema: whole, shape: "an integer", set: func(_ *decoder, _ string, e *entry, into *T) bool {
		if e.val.kind == kindInt {
			*to(into) = int(e.val.num)
		}
		return e.val.kind == kindInt
	}}
}

func strList[T any](name string, to func(*T) *[]string) field[T] {
	return field[T]{name: name, schema: texts, shape: "a list of strings", set: func(d *decoder, _ string, e *entry, into *T) (ok bool) {
		*to(into), ok = d.strings(e.val)
		return ok
	}, mend: inList(false)}
}

// pairs accepts a table of scalars, or a list of "NAME=value".
func pairs[T any](name string, to func(*T) *[]EnvVar) field[T] {
	return field[T]{name: name, schema: anyOf(mapOf(scalar), listOf(assignment)), shape: `a table of strings, or a list of "NAME=value"`,
		set: func(d *decoder, _ string, e *entry, into *T) bool {
			vars, ok := d.pairs(e.val)
			*to(into) = append(*to(into), vars...)
			return ok
		}}
}

// sub decodes a nested table into something that the caller makes ready.
func sub[T, S any](name string, schema *table[S], to func(*T) *S) field[T] {
	return field[T]{name: name, schema: inTable(schema), shape: "a table", set: func(d *decoder, path string, e *entry, into *T) bool {
		return schema.decode(d, join(path, e.key), e.val, to(into))
	}}
}

// each decodes every element of a list of tables.
func each[T, S any](name string, schema *table[S], add func(d *decoder, into *T, el S, n *node)) field[T] {
	return field[T]{name: name, schema: listOf(inTable(schema)), shape: "a list of tables, written [[{path}]]",
		set: func(d *decoder, path string, e *entry, into *T) bool {
			if e.val.kind != kindArray {
				return false
			}
			for i, n := range e.val.items {
				var el S
				if !schema.decode(d, join(path, e.key), n, &el) {
					d.wrongType(path, &entry{key: fmt.Sprintf("%s[%d]", e.key, i), val: n}, "a table")
					continue
				}
				add(d, into, el, n)
			}
			return true
		}}
}

// ignored is a key that describes and decides nothing.
func ignored[T any](name string) field[T] {
	return field[T]{name: name, schema: anything, quiet: true, set: func(*decoder, string, *entry, *T) bool { return true }}
}

// unhonoured is a setting that the format knows and this version does not act
// upon. Values that ask for nothing are no matter.
func unhonoured[T any](name string, severity diag.Severity, why string) field[T] {
	return field[T]{name: name, schema: anything, quiet: true, set: func(d *decoder, path string, e *entry, _ *T) bool {
		if !e.val.empty() {
			d.report(severity, e.at, "not-honoured", fmt.Sprintf("`%s` has no effect: %s", join(path, e.key), why), "")
		}
		return true
	}}
}

// unsupported is an expectation that this version cannot judge. It is always an
// error: what is asked and not judged must never be green.
func unsupported[T any](name, hint string) field[T] {
	return field[T]{name: name, schema: nothing, quiet: true, set: func(d *decoder, path string, e *entry, _ *T) bool {
		d.errorf(e.at, "unsupported-expectation", hint, "expectation `%s` is not supported", join(path, e.key))
		return true
	}}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

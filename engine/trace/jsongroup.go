package trace

import (
	"fmt"
	"slices"
)

// A document of OTLP may hold a million spans, and the tree of values that JSON
// is read into takes many times the memory of the spans. So the spans of a group
// are made one by one while the document is read, and their trees let go.

// spanGroup stands in the tree of values in the place of a list of spans that
// have been made already.
type spanGroup struct {
	spans []Span
	err   error // why the list cannot be used
}

var keysScopes = []string{"scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans"}

// value reads the next value of a document.
func (r *jsonReader) value() (any, error) {
	if r.at('{') {
		return r.scan.object(r.groups)
	}
	return r.scan.value()
}

// at reports whether the next character is c.
func (r *jsonReader) at(c byte) bool {
	return r.scan.pos < len(r.scan.data) && r.scan.data[r.scan.pos] == c
}

// groups reads the lists of groups of a document: those of a resource, and in
// them those of a scope.
func (r *jsonReader) groups(key string) (any, bool, error) {
	return r.list(slices.Contains(keysGroups, key), r.scopes)
}

func (r *jsonReader) scopes(key string) (any, bool, error) {
	return r.list(slices.Contains(keysScopes, key), r.spanList)
}

// list reads a list of objects whose members are read by member.
func (r *jsonReader) list(wanted bool, member valueOf) (any, bool, error) {
	if !wanted || !r.at('[') {
		return nil, false, nil
	}
	v, err := r.scan.array(func(string) (any, bool, error) {
		if !r.at('{') {
			return nil, false, nil
		}
		o, err := r.scan.object(member)
		return o, true, err
	})
	return v, true, err
}

// spanList reads the spans of a scope. What is wrong with a span is told when
// the list is used: it may be the second of its name, which nobody reads.
func (r *jsonReader) spanList(key string) (any, bool, error) {
	if key != "spans" || !r.at('[') {
		return nil, false, nil
	}
	g := &spanGroup{}
	n := 0
	_, err := r.scan.array(func(string) (any, bool, error) {
		m := r.scan.mark()
		if g.err == nil && !r.slow {
			if s, ok := r.quick(); ok {
				g.spans = append(g.spans, s)
				r.scan.release(m)
				n++
				return nil, true, nil
			}
		}
		v, err := r.scan.value()
		if err == nil && g.err == nil {
			g.add(r, v, n)
		}
		r.scan.release(m)
		n++
		return nil, true, err
	})
	return g, true, err
}

func (g *spanGroup) add(r *jsonReader, v any, n int) {
	o, ok := v.(object)
	if !ok {
		g.err = fmt.Errorf("spans[%d] is not an object", n)
		return
	}
	s, err := r.span(o)
	if err != nil {
		g.err = fmt.Errorf("spans[%d]: %w", n, err)
		return
	}
	g.spans = append(g.spans, s)
}

// group returns the spans of a group.
func (r *jsonReader) group(v any) ([]Span, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case *spanGroup:
		return x.spans, x.err
	default:
		return nil, fmt.Errorf("spans is not an array")
	}
}

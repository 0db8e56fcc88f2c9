package template

import (
	"crypto/sha256"
	"maps"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// entryValue renders the raw value of an entry and decodes it. The result is
// the value of the first part of its path. An entry that fails is no variable;
// the render of the file itself will say what is wrong with it.
func (vs *variables) entryValue(e *entry) (any, bool) {
	text := e.value
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "{#") {
		if vs.busy[e] || vs.depth >= maxEntryDepth || vs.evaluated >= maxEntries {
			vs.hidden++
			return nil, false
		}
		vs.evaluated++
		defer vs.enter(e)()
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

// element adds x to the list v: as a new element, or to the last one.
func element(v, x any, fresh bool) any {
	list, _ := v.([]any)
	if fresh || len(list) == 0 {
		return append(list, x)
	}
	last := len(list) - 1
	list[last] = merge(list[last], x)
	return list
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
	for i := range l.inline {
		if m, ok := vs.entryValue(&l.inline[i]); ok {
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

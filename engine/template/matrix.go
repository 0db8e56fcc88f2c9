package template

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// MaxCells bounds the combinations of one file's matrix.
const MaxCells = 256

// Cell is one combination of a file's [matrix].
type Cell struct {
	Label  string         // "[db=x,os=a]", keys sorted; "" when the file has no matrix
	Values map[string]any // what `matrix` is in this rendering; nil when the file has no matrix
}

// loopsOverMatrix finds a template that expands its matrix itself.
var loopsOverMatrix = regexp.MustCompile(`\{%-?\s*for\s[^%]*\sin\s+matrix\b`)

// Cells lists the combinations of the table [matrix] of a file: the cross
// product, keys sorted, values in the order of the file, the last key fastest. A
// file without a matrix, or whose text loops over it, is one combination without
// a label. only keeps combinations whose key has that text; nil keeps all.
//
// The error is an *Error: a value that is no list, more than MaxCells
// combinations, or none that only leaves over.
func (e *Engine) Cells(ctx context.Context, path string, src []byte, only map[string]string) ([]Cell, error) {
	one := []Cell{{}}
	if !bytes.Contains(src, []byte("matrix")) || loopsOverMatrix.Match(src) {
		return one, nil
	}
	text := string(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
	entries := scanTOML(text)
	l := newLayer("[matrix]", entries, "matrix")
	if l == nil {
		return one, nil
	}
	files := newDisk(e.opts)
	defer files.close()
	r := newRender(ctx, e, files)
	r.tables = newTables(entries)
	r.vars = newVariables(r, r.tables)
	table, _ := r.vars.tableValue(l, nil)
	m := matrix{path: path, text: text, entries: entries}
	return m.expand(table.(map[string]any), only)
}

// matrix expands one table.
type matrix struct {
	path, text string
	entries    []entry
}

func (m *matrix) expand(table map[string]any, only map[string]string) ([]Cell, error) {
	cells := []Cell{{Values: map[string]any{}}}
	for _, key := range slices.Sorted(maps.Keys(table)) {
		list, ok := table[key].([]any)
		if !ok || len(list) == 0 {
			return nil, m.fault(key, "template-matrix", fmt.Sprintf("`matrix.%s` must be a list with at least one value", key), `write os = ["a", "b"], or db = [{ name = "x" }, { name = "y" }]`)
		}
		if len(cells)*len(list) > MaxCells {
			return nil, m.fault(key, "template-limit", fmt.Sprintf("the matrix has more than %d combinations", MaxCells), "split the file, or take values out")
		}
		var next []Cell
		for _, c := range cells {
			for i, v := range list {
				values := maps.Clone(c.Values)
				values[key] = v
				next = append(next, Cell{Label: c.Label + "," + key + "=" + cellText(v, i), Values: values})
			}
		}
		cells = next
	}
	kept := cells[:0]
	for _, c := range cells {
		if c.matches(only) {
			c.Label = "[" + strings.TrimPrefix(c.Label, ",") + "]"
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return nil, m.fault("", "template-matrix", "no combination of the matrix is left", "the filter given on the command line takes all of them out")
	}
	return kept, nil
}

// matches reports whether a combination has the values asked for; keys that the
// matrix does not have ask for nothing.
func (c Cell) matches(only map[string]string) bool {
	for key, want := range only {
		if v, ok := c.Values[key]; ok && plain(v) != want && cellText(v, 0) != want {
			return false
		}
	}
	return true
}

// cellText names a value in a label: its text, or for a table its name or place.
func cellText(v any, i int) string {
	t, ok := v.(map[string]any)
	if !ok {
		return plain(v)
	}
	if name, ok := t["name"]; ok {
		return plain(name)
	}
	return fmt.Sprint(i + 1)
}

// maxLabel bounds the text of one value in a label, in bytes.
const maxLabel = 80

// plain is a value as templates print it.
func plain(v any) string {
	b, _ := value.AppendText(nil, v, maxLabel)
	return string(b)
}

// fault is an error at the line of a key of the matrix.
func (m *matrix) fault(key, code, message, hint string) error {
	line := 0
	for _, e := range m.entries {
		if e.path[0] == "matrix" && (key == "" || len(e.path) < 2 || e.path[1] == key) {
			line = e.line
			break
		}
	}
	d := diag.Diagnostic{Severity: diag.Error, Code: code, Message: message, Hint: hint, Pos: diag.Position{File: m.path, Line: line}}
	if line > 0 {
		d.Pos.Column = 1
		d.Line = strings.Split(m.text, "\n")[line-1]
	}
	return &Error{diagnostic: d}
}

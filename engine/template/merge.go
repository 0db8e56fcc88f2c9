package template

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/eval"
)

// CodeMerge is the code of two tables that contradict each other.
const CodeMerge = "template-merge"

// mergedTables are the tables that macros may write any number of times, though
// TOML allows each only once.
var mergedTables = [...]string{"expect.graph", "expect.order", "expect.counts", "expect.count"}

// setting is one `key = value` of a repeated table, as offsets of the text.
type setting struct {
	key        string
	start, end int // whole lines
	from, to   int // the value
}

// section is one occurrence of a table.
type section struct {
	name       string
	start, end int // of the header's line
	settings   []setting
}

// mergeRepeated joins tables that a template wrote more than once: settings of
// later ones move to the first, arrays and inline tables under the same key are
// joined. It returns out itself when there is nothing to do, or when the text is
// no TOML: then whoever decodes it will say so.
func (r *render) mergeRepeated(s *eval.State) (*eval.Output, error) {
	out := s.Out
	if !repeatsTable(out.Buf) {
		return out, nil
	}
	sections, ok := readSections(out.Buf)
	if !ok {
		return out, nil
	}
	m := &merger{text: out.Buf, state: s}
	for _, name := range mergedTables {
		var same []*section
		for _, sec := range sections {
			if sec.name == name {
				same = append(same, sec)
			}
		}
		if len(same) > 1 {
			if err := m.merge(same); err != nil {
				return nil, err
			}
		}
	}
	if len(m.edits) == 0 {
		return out, nil
	}
	return out.Rearrange(m.pieces()), nil
}

// repeatsTable reports whether the header of a merged table stands in the text
// more than once.
func repeatsTable(text []byte) bool {
	var seen [len(mergedTables)]bool
	const start = "[expect."
	for {
		at := bytes.Index(text, []byte(start))
		if at < 0 {
			return false
		}
		text = text[at+1:]
		for i, name := range mergedTables {
			if len(text) > len(name) && text[len(name)] == ']' && string(text[:len(name)]) == name {
				if seen[i] {
					return true
				}
				seen[i] = true
			}
		}
	}
}

// readSections finds the occurrences of the tables that are merged.
func readSections(text []byte) ([]*section, bool) {
	var p unstable.Parser
	p.Reset(text)
	var out []*section
	var cur *section
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			cur = nil
			if it := e.Key(); !it.Next() || string(it.Node().Data) != "expect" {
				continue
			}
			name, at := keyText(e.Key())
			if e.Kind == unstable.Table && slices.Contains(mergedTables[:], name) {
				cur = &section{name: name}
				cur.start, cur.end = lines(text, at, at)
				out = append(out, cur)
			}
		case unstable.KeyValue:
			if cur == nil {
				continue
			}
			key, at := keyText(e.Key())
			end := int(e.Raw.Offset) + int(e.Raw.Length)
			set := setting{key: key, to: end}
			set.start, set.end = lines(text, at, end)
			set.from = valueStart(text, at)
			cur.settings = append(cur.settings, set)
		}
	}
	return out, p.Error() == nil
}

// keyText joins the parts of a key and tells where it begins.
func keyText(it unstable.Iterator) (string, int) {
	var parts []string
	at := -1
	for it.Next() {
		n := it.Node()
		if at < 0 {
			at = int(n.Raw.Offset)
		}
		part := string(n.Data)
		if strings.ContainsAny(part, ".\"") {
			part = fmt.Sprintf("%q", part)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "."), max(at, 0)
}

// lines widens from..to to whole lines.
func lines(text []byte, from, to int) (int, int) {
	start := bytes.LastIndexByte(text[:from], '\n') + 1
	if i := bytes.IndexByte(text[to:], '\n'); i >= 0 {
		return start, to + i + 1
	}
	return start, len(text)
}

// valueStart finds the value behind the key at from.
func valueStart(text []byte, from int) int {
	i := from
	for quote := byte(0); i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '=':
			i++
			for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
				i++
			}
			return i
		}
	}
	return len(text)
}

// edit replaces text[from:to] by pieces.
type edit struct {
	from, to int
	with     []eval.Piece
}

type merger struct {
	text  []byte
	state *eval.State
	edits []edit
}

// merge moves what later sections hold to the first one.
func (m *merger) merge(same []*section) error {
	first := same[0]
	at := first.end
	known := map[string]setting{}
	for _, s := range first.settings {
		known[s.key] = s
		at = max(at, s.end)
	}
	joined := map[string][]eval.Piece{}
	var order []string
	var moved []eval.Piece
	if at > 0 && m.text[at-1] != '\n' {
		moved = append(moved, eval.Piece{From: at, Text: "\n"})
	}
	for _, sec := range same[1:] {
		m.edits = append(m.edits, edit{from: sec.start, to: sec.end})
		for _, s := range sec.settings {
			m.edits = append(m.edits, edit{from: s.start, to: s.end})
			old, dup := known[s.key]
			switch {
			case !dup:
				// It may be joined later in its turn, so it goes by value.
				known[s.key] = s
				moved = append(moved, eval.Piece{From: s.start, To: s.from})
				moved = append(moved, eval.Piece{From: s.from, To: s.to, Text: ""})
				moved = append(moved, eval.Piece{From: s.to, To: s.end})
				if s.end == len(m.text) && m.text[s.end-1] != '\n' {
					moved = append(moved, eval.Piece{From: s.end, Text: "\n"})
				}
			case bytes.Equal(m.text[old.from:old.to], m.text[s.from:s.to]) && !m.isArray(s):
			case m.joinable(old, s):
				if joined[s.key] == nil {
					order = append(order, s.key)
				}
				joined[s.key] = append(joined[s.key], eval.Piece{From: s.from + 1, To: s.to - 1})
			default:
				return m.conflict(first.name, old, s)
			}
		}
	}
	for _, key := range order {
		old := known[key]
		with := m.joinedValue(old, joined[key])
		if i := slices.IndexFunc(moved, func(p eval.Piece) bool { return p.Text == "" && p.From == old.from && p.To == old.to }); i >= 0 {
			moved = slices.Replace(moved, i, i+1, with...)
			continue
		}
		m.edits = append(m.edits, edit{from: old.from, to: old.to, with: with})
	}
	if len(moved) > 0 {
		m.edits = append(m.edits, edit{from: at, to: at, with: moved})
	}
	return nil
}

func (m *merger) isArray(s setting) bool { return s.from < s.to && m.text[s.from] == '[' }

// joinable reports whether both values are arrays, or both inline tables.
func (m *merger) joinable(a, b setting) bool {
	return a.to-a.from >= 2 && b.to-b.from >= 2 && m.text[a.from] == m.text[b.from] &&
		(m.text[a.from] == '[' || m.text[a.from] == '{')
}

// joinedValue writes the value of old with the elements of others behind its own.
func (m *merger) joinedValue(old setting, others []eval.Piece) []eval.Piece {
	last := lastToken(m.text[old.from+1:old.to-1]) + old.from + 1 // behind the last element
	out := []eval.Piece{{From: old.from, To: last}}
	comma := last > old.from+1 && m.text[last-1] != ','
	out = append(out, eval.Piece{From: last, To: old.to - 1})
	tail := old.to - 1
	for _, o := range others {
		end := lastToken(m.text[o.From:o.To]) + o.From
		if end == o.From {
			continue
		}
		if comma {
			out = slices.Insert(out, len(out)-1, eval.Piece{From: out[len(out)-1].From, Text: ","})
		}
		if lineComment(m.text[last:tail]) {
			out = append(out, eval.Piece{From: o.From, Text: "\n"})
		} else {
			out = append(out, eval.Piece{From: o.From, Text: " "})
		}
		start := o.From
		for start < end && (m.text[start] == ' ' || m.text[start] == '\n' || m.text[start] == '\r' || m.text[start] == '\t') {
			start++
		}
		out = append(out, eval.Piece{From: start, To: end}, eval.Piece{From: end, To: o.To})
		comma = m.text[end-1] != ','
		last, tail = end, o.To
	}
	return append(out, eval.Piece{From: old.to - 1, To: old.to})
}

func lineComment(b []byte) bool { return bytes.IndexByte(b, '#') >= 0 }

// lastToken returns the offset behind the last byte of b that is neither white
// space nor comment.
func lastToken(b []byte) int {
	last := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case ' ', '\t', '\r', '\n':
			continue
		case '#':
			for i < len(b) && b[i] != '\n' {
				i++
			}
			continue
		case '"', '\'':
			for i++; i < len(b) && b[i] != c; i++ {
				if b[i] == '\\' && c == '"' {
					i++
				}
			}
		}
		last = min(i+1, len(b))
	}
	return last
}

// conflict is the error for two values that cannot be joined.
func (m *merger) conflict(table string, old, s setting) error {
	at := func(off int) (*eval.Program, int, int32) {
		site, src, _, _ := m.state.Out.Origin(off)
		return m.state.Site(site), src, site
	}
	prog, off, site := at(s.start + len(m.text[s.start:s.from]) - len(bytes.TrimLeft(m.text[s.start:s.from], " \t")))
	first, firstOff, _ := at(old.start)
	pos, _ := place(first.Name, first.Unit.Src, firstOff)
	return &eval.Error{
		Code: CodeMerge, Prog: prog, Off: off, End: off + len(s.key), Via: m.state.Via(site),
		Msg:  fmt.Sprintf("`%s` of [%s] is set to two different values", s.key, table),
		Hint: "the other one is at " + diag.Position{File: pos.File, Line: pos.Line}.String(),
	}
}

// pieces turns the edits into the pieces of the new text.
func (m *merger) pieces() []eval.Piece {
	slices.SortStableFunc(m.edits, func(a, b edit) int { return a.from - b.from })
	var out []eval.Piece
	at := 0
	for _, e := range m.edits {
		if e.from > at {
			out = append(out, eval.Piece{From: at, To: e.from})
		}
		out = append(out, e.with...)
		at = max(at, e.to)
	}
	if at < len(m.text) {
		out = append(out, eval.Piece{From: at, To: len(m.text)})
	}
	return out
}

package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// maxDiagnostics bounds what is reported of one file; more would not be read,
// and a generated file could hold millions.
const maxDiagnostics = 100

// Decode reads the rendered text of a test file. path names the file in the
// result; loc says where an offset of text stands in the file that the user
// edits (PlainText when that is the same file).
//
// The File is nil when text is not valid TOML; otherwise it holds all that
// could be read, even beside errors, so that package check can say more. A file
// with an error among its diagnostics must not be run. Diagnostics are in file
// order.
func Decode(path string, text []byte, loc Locator) (*File, []diag.Diagnostic) {
	skip := 0
	if len(text) >= len(bom) && string(text[:len(bom)]) == bom {
		skip = len(bom)
		text = text[skip:]
	}
	root, p := parse(text)
	d := &decoder{
		loc: loc, text: text, skip: skip, partial: len(p.faults) > 0,
		file: &File{Path: path, places: make(map[Pos]span, len(text)/32)},
	}
	d.faults(p)
	if !p.broken {
		d.document(root)
		d.hash(root)
	}
	p.nodes.release()
	d.file.loc, d.file.text, d.file.skip = loc, text, skip
	diag.Sort(d.diags)
	d.overflow()
	if d.partial {
		return nil, d.diags
	}
	return d.file, d.diags
}

// decoder carries what every part of decoding needs.
type decoder struct {
	loc     Locator
	text    []byte
	skip    int // bytes of a byte order mark before text
	file    *File
	partial bool // the tree has holes: do not complain about what is missing
	diags   []diag.Diagnostic
	left    [diag.Error + 1]int // not reported, by severity
}

// pos locates a range and remembers it for File.Source.
func (d *decoder) pos(at span) Pos {
	pos, _, via := d.loc.Locate(at.off + d.skip)
	if _, ok := d.file.places[pos]; !ok {
		d.file.places[pos] = at
	} else if len(via) > 0 && !d.reached(pos, via) {
		if d.file.again == nil {
			d.file.again = map[Pos][]span{}
		}
		d.file.again[pos] = append(d.file.again[pos], at)
	}
	return pos
}

// maxWays is how many ways to one place are remembered beyond the first.
const maxWays = 16

// reached reports whether a known place was reached this way before, or in so many
// that one more is not told.
func (d *decoder) reached(pos Pos, via []diag.Frame) bool {
	same := func(at span) bool {
		_, _, other := d.loc.Locate(at.off + d.skip)
		return slices.Equal(other, via)
	}
	more := d.file.again[pos]
	return len(more) >= maxWays || same(d.file.places[pos]) || slices.ContainsFunc(more, same)
}

// full reports whether a further diagnostic would only be counted.
func (d *decoder) full() bool { return len(d.diags) >= maxDiagnostics }

func (d *decoder) report(s diag.Severity, at span, code, msg, hint string) {
	if d.full() {
		d.left[s]++
		return
	}
	pos, line, via := d.loc.Locate(at.off + d.skip)
	d.diags = diag.Add(d.diags, diag.Diagnostic{
		Severity: s, Code: code, Message: msg, Pos: pos, Hint: hint, Line: line, Via: via,
		Width: underline(d.text, at, line, pos.Column),
	})
}

func (d *decoder) errorf(at span, code, hint, format string, args ...any) {
	d.report(diag.Error, at, code, fmt.Sprintf(format, args...), hint)
}

func (d *decoder) warnf(at span, code, hint, format string, args ...any) {
	d.report(diag.Warning, at, code, fmt.Sprintf(format, args...), hint)
}

// missing reports a required key that is not there.
func (d *decoder) missing(at span, what, hint string) {
	if !d.partial {
		d.errorf(at, "missing-key", hint, "%s is missing", what)
	}
}

// overflow says how much was left out.
func (d *decoder) overflow() {
	n := d.left[diag.Info] + d.left[diag.Warning] + d.left[diag.Error]
	if n == 0 {
		return
	}
	s := diag.Warning
	if d.left[diag.Error] > 0 {
		s = diag.Error
	}
	d.diags = append(d.diags, diag.Diagnostic{
		Severity: s, Code: "too-many-problems", Pos: Pos{File: d.file.Path},
		Message: fmt.Sprintf("%d more problems are not shown", n), Hint: "repair the first ones and check again",
	})
}

// faults reports the violations of TOML itself.
func (d *decoder) faults(p *parser) {
	for _, f := range p.faults {
		if strings.Contains(f.msg, "{first}") {
			f.msg = strings.ReplaceAll(f.msg, "{first}", d.earlier(f))
		}
		var fix *diag.Fix
		if f.edits != nil {
			fix = d.fix(f.title, f.edits...)
		}
		if pos, line, via := d.loc.Locate(f.at.off + d.skip); f.code != unquotedTag.code && fromTag(line, pos.Column) >= 0 {
			f.hint = "the value of a template tag does not bring its own quotes: write key = \"{{ … }}\""
			if f.code == "toml-unquoted" {
				fix = quoteTag(line, pos, via, d.file.Path)
			}
		} else if f.code == "toml-missing-value" && strings.Contains(line, "{{") {
			f.hint = "the template tag printed nothing here"
		}
		before := len(d.diags)
		d.errorf(f.at, f.code, f.hint, "%s", f.msg)
		d.offer(before, fix)
	}
	if p.multiline >= 0 && !p.broken {
		d.warnf(span{p.multiline, p.multiline + 1}, "toml-multiline-inline-table",
			"write it on one line, or as a [table] of its own", "an inline table over several lines needs TOML 1.1; other tools will refuse this file")
	}
}

// earlier names the other place of a fault. A loop or a macro writes the same
// line of the template again: then it is no help to name that line.
func (d *decoder) earlier(f fault) string {
	here, _, _ := d.loc.Locate(f.at.off + d.skip)
	first, _, _ := d.loc.Locate(f.first + d.skip)
	switch {
	case here == first:
		return "this same line, which a loop or a macro writes several times"
	case here.File != first.File:
		return fmt.Sprintf("line %d of %s", first.Line, first.File)
	default:
		return fmt.Sprintf("line %d", first.Line)
	}
}

// fromTag returns where in the user's line the template tag begins that holds
// the character at a column, -1 when none does: text that is located there is
// the value of that tag.
func fromTag(line string, column int) int {
	at := len(line)
	for i := range line {
		if column--; column == 0 {
			at = i
			break
		}
	}
	open := strings.LastIndex(line[:min(at+2, len(line))], "{{")
	if open < 0 || strings.Contains(line[open:max(at, open)], "}}") {
		return -1
	}
	return open
}

// underline is the number of characters to underline: the length of the range
// when the user's line shows the very same text, else 0 (one character).
func underline(text []byte, at span, line string, column int) int {
	if at.off >= len(text) || at.end <= at.off {
		return 0
	}
	token := string(text[at.off:min(at.end, len(text))])
	if i := strings.IndexByte(token, '\n'); i >= 0 {
		token = strings.TrimRight(token[:i], "\r")
	}
	for i := range line {
		if column--; column == 0 {
			if strings.HasPrefix(line[i:], token) {
				return utf8.RuneCountInString(token)
			}
			return 0
		}
	}
	return 0
}

// strings reads a list of strings.
func (d *decoder) strings(n *node) ([]string, bool) {
	if n.kind != kindArray {
		return nil, false
	}
	out := make([]string, 0, len(n.items))
	for _, it := range n.items {
		if it.kind != kindString {
			return nil, false
		}
		out = append(out, it.text)
	}
	return out, true
}

// pairs reads NAME = value, or a list of "NAME=value".
func (d *decoder) pairs(n *node) ([]EnvVar, bool) {
	out := make([]EnvVar, 0, max(len(n.entries), len(n.items)))
	switch n.kind {
	case kindTable:
		for i := range n.entries {
			e := &n.entries[i]
			text, ok := e.val.scalar()
			if !ok {
				d.wrongType("", e, "a string, a number, or true or false")
				continue
			}
			out = append(out, EnvVar{Name: e.key, Value: text, Pos: d.pos(e.at)})
		}
	case kindArray:
		for _, it := range n.items {
			name, value, ok := strings.Cut(it.text, "=")
			if it.kind != kindString || !ok {
				return nil, false
			}
			if i := slices.IndexFunc(out, func(v EnvVar) bool { return v.Name == name }); i >= 0 {
				d.errorf(it.at, "repeated-key", keepOne, "`%s` is set twice", name)
				continue
			}
			out = append(out, EnvVar{Name: name, Value: value, Pos: d.pos(it.at)})
		}
	default:
		return nil, false
	}
	return out, true
}

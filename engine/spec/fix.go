package spec

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/seanchatmangpt/clnrm-tui/engine/diag"
)

// edit replaces a range of the rendered text.
type edit struct {
	at   span
	with string
}

// fix turns edits of the rendered text into a change to the user's file. It is
// nil when some of that text does not stand in the file as it is: it came from a
// tag, a macro or an included file.
func (d *decoder) fix(title string, edits ...edit) *diag.Fix {
	f := &diag.Fix{Title: title}
	for _, e := range edits {
		old := string(d.text[e.at.off:min(e.at.end, len(d.text))])
		pos, line, via := d.loc.Locate(e.at.off + d.skip)
		if old == "" || strings.ContainsAny(old, "\r\n") || len(via) > 0 || pos.File != d.file.Path || fromTag(line, pos.Column) >= 0 {
			return nil
		}
		if underline(d.text, e.at, line, pos.Column) == 0 {
			return nil
		}
		f.Edits = append(f.Edits, diag.Edit{Line: pos.Line, Column: pos.Column, Old: old, New: e.with})
	}
	return f
}

// offer attaches a fix to what has been reported since there were so many
// diagnostics.
func (d *decoder) offer(before int, f *diag.Fix) {
	if f != nil && len(d.diags) > before {
		d.diags[len(d.diags)-1].Fix = f
	}
}

// rename offers the one known key that a misspelt one certainly means, unless it
// is there already.
func (d *decoder) rename(e *entry, names []string, taken func(string) bool) *diag.Fix {
	name := diag.Sole(e.key, names)
	if name == "" || taken(name) {
		return nil
	}
	edits := []edit{{e.at, name}}
	for _, at := range e.val.more {
		edits = append(edits, edit{at, name})
	}
	return d.fix(fmt.Sprintf("rename `%s` to `%s`", e.key, name), edits...)
}

// inList offers to write a string as the list of strings that its key takes.
// Where the list is a command, the string must be words without shell syntax.
func inList(command bool) func(*decoder, *node, *entry) *diag.Fix {
	return func(d *decoder, _ *node, e *entry) *diag.Fix {
		if e.val.kind != kindString || e.val.text == "" {
			return nil
		}
		source := string(d.text[e.val.at.off:min(e.val.at.end, len(d.text))])
		list := "[" + source + "]"
		if command {
			argv, err := splitCommand(e.val.text)
			switch {
			case err != nil:
				return nil
			case len(argv) > 1 && strings.Trim(source, `"'`) != strings.Join(argv, " "):
				return nil // shell syntax, quotes or odd blanks: these words are not what was written
			case len(argv) > 1:
				list = `["` + strings.Join(argv, `", "`) + `"]`
			}
		}
		return d.fix("write `"+e.key+"` as a list", edit{e.val.at, list})
	}
}

// asRun offers to give a command line in one string the key that takes one.
func asRun(d *decoder, n *node, e *entry) *diag.Fix {
	if e.val.kind != kindString || n.child("run") != nil {
		return nil
	}
	return d.fix("rename `command` to `run`", edit{e.at, "run"})
}

// asMetadata offers today's name of the header of v0.3 files, if [test] is
// written as a header and holds nothing but metadata.
func (d *decoder) asMetadata(t *document, n *node) *diag.Fix {
	if n.origin != originHeader || t.metadata.table != nil {
		return nil
	}
	for i := range n.entries {
		e := &n.entries[i]
		if _, known := headerTable.byName[e.key]; !known && e.key != "author" && e.val.origin != originHeader && e.val.origin != originTables {
			return nil
		}
	}
	return d.fix("rename [test] to [test.metadata]", edit{t.test.at, "test.metadata"})
}

// quoteTag offers quotes around a template tag that is all of a value.
func quoteTag(line string, pos Pos, via []diag.Frame, path string) *diag.Fix {
	if len(via) > 0 || pos.File != path {
		return nil
	}
	at := fromTag(line, pos.Column)
	m := wholeTag.FindString(line[at:])
	if m == "" || keyLine.FindString(line[:at]) != strings.TrimRight(line[:at], " \t") {
		return nil
	}
	tag := m[:strings.Index(m, "}}")+2]
	column := utf8.RuneCountInString(line[:at]) + 1
	return &diag.Fix{Title: "put quotes around the tag", Edits: []diag.Edit{{Line: pos.Line, Column: column, Old: tag, New: `"` + tag + `"`}}}
}

// wholeTag is a tag with nothing but a comment after it.
var wholeTag = regexp.MustCompile(`^\{\{[^{}"\\]*\}\}[ \t\r]*(#.*)?$`)

// separate mends a `;` or `,` after a value at offset at: it goes at the end of a
// line, and is a line break before another key.
func (p *parser) separate(begin, at int) []edit {
	rest := p.lineAt(at + 1)
	next := bytes.TrimLeft(rest, " \t")
	blanks := len(rest) - len(next)
	from := len(bytes.TrimRight(p.text[:at], " \t"))
	switch {
	case len(bytes.TrimRight(next, "\r")) == 0:
		return []edit{{span{from, at + 1}, ""}}
	case next[0] == '#':
		return []edit{{span{at, at + 1}, ""}}
	case keyLine.Match(next):
		indent := string(p.text[p.lineStart(begin):begin])
		return []edit{{span{from, at + 1 + blanks}, "\n" + indent}}
	default:
		return nil
	}
}

package spec

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// mistake words one syntax error of the TOML parser for a person. The parser's
// own message is recognised by a part of it.
type mistake struct {
	says string
	code string
	msg  string // "{it}" stands for the offending text
	hint string
}

// mistakes are tried in order; the last one catches all.
var mistakes = []mistake{
	{"strings cannot have new lines", "toml-unclosed-string", "this string has no closing quote", "close it on the same line, or use three quotes for text of several lines"},
	{"unterminated", "toml-unclosed-string", "this string has no closing quote", "close it on the same line, or use three quotes for text of several lines"},
	{"not terminated by", "toml-unclosed-string", "this text of several lines is never closed", "close it with the three quotes that opened it"},
	{"invalid escape character", "toml-escape", "`{it}` is not an escape that TOML knows", `double the backslash, "\{it}", or use single quotes, '{it}'`},
	{"hexadecimal digit in unicode", "toml-escape", "this Unicode escape needs hexadecimal digits", `double the backslash ("\\u") if none is meant`},
	{"unicode", "toml-escape", "this Unicode escape is not complete or names no character", `double the backslash ("\\u") if none is meant`},
	{"expected newline but got U+003B", "toml-separator", "keys are separated by line breaks, not by `;`", "put each key on a line of its own"},
	{"expected newline but got U+002C", "toml-separator", "keys are separated by line breaks, not by `,`", "put each key on a line of its own"},
	{"expected newline but got", "toml-separator", "unexpected text after the end of this value or header", "put each key on a line of its own; a string needs quotes around all of it"},
	{"array is incomplete", "toml-unclosed-list", "this list has no closing `]`", ""},
	{"after array value", "toml-separator", "a comma or the closing `]` is missing before this", ""},
	{"inline table is incomplete", "toml-unclosed-list", "this inline table has no closing `}`", ""},
	{"after inline table key-value", "toml-separator", "a comma or the closing `}` is missing before this", ""},
	{"comma in inline table", "toml-separator", "there is nothing before this comma", ""},
	{"expected value but got", "toml-separator", "there is nothing before this comma", ""},
	{"expected '=' after key", "toml-syntax", "`{it}` has no `=` and no value", "write key = value, or [table] for a table"},
	{"to close table name", "toml-syntax", "this table header has no closing `]`", "a name with blanks or special characters needs quotes"},
	{"to close array table name", "toml-syntax", "this table header has no closing `]]`", "a name with blanks or special characters needs quotes"},
	{"at start of key", "toml-syntax", "a key cannot begin like this", "quote names with special characters"},
	{"expected value, not end", "toml-missing-value", "this key has no value", `write "" for an empty string`},
	{"at start of value", "toml-unquoted", "`{it}` needs quotes", "strings are written in quotes"},
	{"expected keyword", "toml-unquoted", "`{it}` needs quotes", "strings are written in quotes; the only bare words are true, false, inf and nan"},
	{"leading zeroes", "toml-number", "a number cannot begin with 0", "put it in quotes if it is not meant as a number"},
	{"digit", "toml-number", "`{it}` is not a number", "put it in quotes if it is text"},
	{"number", "toml-number", "`{it}` is not a number", "put it in quotes if it is text"},
	{"nested", "toml-too-deep", "this value is nested too deeply", ""},
	{"UTF-8", "toml-encoding", "this is not UTF-8 text", "save the file as UTF-8"},
	{"control characters", "toml-encoding", "a control character stands here", `remove it, or write it as an escape such as "\t"`},
	{"carriage return", "toml-encoding", "a carriage return without a line feed stands here", "save the file with ordinary line endings"},
	{"", "toml-syntax", "this is not valid TOML", ""},
}

// unquotedTag is what is said of a template tag that stands where TOML wants a
// value or a key.
var unquotedTag = mistake{
	code: "toml-template-tag", msg: "a template tag was left in the text",
	hint: `put quotes around it if it is meant as text`,
}

// Where reading can go on after an error, and where a list that was never
// closed is noticed: a key with its value, or a table header. headerLine demands
// a whole header, since "[a" also begins an element of a list.
var (
	keyLine    = regexp.MustCompile(`^[ \t]*("[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)([ \t]*\.[ \t]*("[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+))*[ \t]*=`)
	headerOpen = regexp.MustCompile(`^[ \t]*\[{1,2}[ \t]*([A-Za-z_]|("[^"\n]*"|'[^'\n]*')[ \t]*[].])`)
	headerLine = regexp.MustCompile(`^[ \t]*\[{1,2}[A-Za-z_][A-Za-z0-9_.-]*\]{1,2}[ \t\r]*(#.*)?$`)
)

func beginsStatement(line []byte) bool { return headerLine.Match(line) || keyLine.Match(line) }

// syntax reports a syntax error found at offset at, after the last good
// expression that ended at done. It returns where to go on reading, or -1.
func (p *parser) syntax(done, at int, parserSays string) int {
	begin := p.begins(done)
	at = min(at, max(len(p.text)-1, 0))
	for at > 0 && !utf8.RuneStart(p.text[at]) {
		at--
	}
	f := p.explain(begin, at, parserSays)
	next := p.resume(begin, at)
	// A list that was never closed is noticed where the next statement stands;
	// the fault is where it was opened, and that statement is still good.
	if unclosed := p.unclosed(begin, at, parserSays); unclosed.end > 0 {
		f.at, f.code = unclosed, "toml-unclosed-list"
		f.msg = "this list or inline table is never closed"
		f.hint = "close it with `]` or `}` before the next key"
		if line := p.lineStart(at); line > begin && beginsStatement(p.lineAt(line)) {
			next = line
		}
	}
	if begin < len(p.text) && p.text[begin] == '[' {
		// Keys below a broken header belong to no table that we know.
		p.cur = p.node(kindTable, f.at)
	}
	p.broken = true
	p.fault(f)
	return next
}

// explain words the error.
func (p *parser) explain(begin, at int, parserSays string) fault {
	m := &mistakes[0]
	for i := range mistakes {
		if m = &mistakes[i]; strings.Contains(parserSays, m.says) {
			break
		}
	}
	line := p.lineAt(p.lineStart(at))
	column := at - p.lineStart(at)
	word := p.word(at)
	switch {
	case tagAt(line, column):
		m = &unquotedTag
		word = span{at, at + 1}
	case m.code == "toml-unquoted" && (at >= len(p.text) || p.text[at] == '\n' || p.text[at] == '\r' || p.text[at] == '#'):
		m = &mistake{code: "toml-missing-value", msg: "this key has no value", hint: `write "" for an empty string`}
		word = p.word(begin)
	case m.says == "expected '=' after key":
		word = p.word(begin)
		if end := word.end - 1; p.text[end] == ':' {
			word.end = end
			m = &mistake{code: m.code, msg: "`{it}` is followed by a colon", hint: "a key and its value are separated by `=`"}
		}
	case m.says == "expected newline but got" && p.glued(at):
		word.off = p.wordStart(at)
		m = &mistake{code: "toml-unquoted", msg: "`{it}` needs quotes", hint: "strings are written in quotes"}
	case m.code == "toml-unquoted" && lowerCase(p.text[word.off:word.end]):
		m = &mistake{code: m.code, msg: "`{it}` is not a value", hint: "true and false are written in lower case"}
	case m.says == "not terminated by":
		word = p.openingQuotes(begin, at)
	case m.code == "toml-unclosed-string":
		word = p.openingQuote(begin, at)
	case m.code == "toml-escape":
		word = span{at, at + 1}
		if p.text[at] == '\\' {
			word.end = min(at+2, len(p.text))
		}
	}
	it := string(p.text[word.off:word.end])
	f := fault{at: word, code: m.code, msg: strings.ReplaceAll(m.msg, "{it}", it), hint: strings.ReplaceAll(m.hint, "{it}", it)}
	switch {
	case strings.HasPrefix(m.msg, "keys are separated by line breaks"):
		f.title, f.edits = "put each key on a line of its own", p.separate(begin, at)
	case m.code == "toml-unquoted" && lowerCase([]byte(it)):
		f.title, f.edits = "write "+strings.ToLower(it), []edit{{word, strings.ToLower(it)}}
	case strings.HasSuffix(m.msg, "followed by a colon") && len(bytes.TrimSpace(p.lineAt(word.end+1))) > 0:
		f.title, f.edits = "write `=` instead of the colon", []edit{{span{word.end, word.end + 1}, " ="}}
	}
	return f
}

// lowerCase reports whether a word is true or false but for its case.
func lowerCase(word []byte) bool {
	return bytes.EqualFold(word, []byte("true")) || bytes.EqualFold(word, []byte("false"))
}

// glued reports whether the text at off continues a bare word.
func (p *parser) glued(off int) bool {
	return off > 0 && off < len(p.text) && !bytes.ContainsRune([]byte(" \t\n\"'])}="), rune(p.text[off-1]))
}

// wordStart returns where the bare word that goes on at off begins.
func (p *parser) wordStart(off int) int {
	return bytes.LastIndexAny(p.text[:off], " \t\n=,[{") + 1
}

// openingQuotes finds the three quotes whose closing ones are missing.
func (p *parser) openingQuotes(begin, at int) span {
	for i := begin; i+3 <= at; i++ {
		if three := string(p.text[i : i+3]); three == `"""` || three == "'''" {
			return span{i, i + 3}
		}
	}
	return p.word(begin)
}

// tagAt reports whether a template tag begins within two bytes of column.
func tagAt(line []byte, column int) bool {
	part := line[max(min(column, len(line))-2, 0):min(column+3, len(line))]
	return bytes.Contains(part, []byte("{{")) || bytes.Contains(part, []byte("{%"))
}

// begins returns where the statement after offset done begins: past blank
// lines and comments.
func (p *parser) begins(done int) int {
	i := done
	if i > 0 { // the rest of the line of the last good expression
		i = p.nextLine(i - 1)
	}
	for i < len(p.text) {
		line := bytes.TrimLeft(p.lineAt(i), " \t")
		if rest := bytes.TrimRight(line, "\r"); len(rest) > 0 && rest[0] != '#' {
			return i + len(p.lineAt(i)) - len(line)
		}
		i = p.nextLine(i)
	}
	return min(i, len(p.text))
}

// resume returns the next line after the error that begins a statement.
func (p *parser) resume(begin, at int) int {
	for i := p.nextLine(max(begin, at)); i < len(p.text); i = p.nextLine(i) {
		if line := p.lineAt(i); keyLine.Match(line) || headerOpen.Match(line) {
			return i
		}
	}
	return -1
}

// unclosed returns the bracket that was opened last before the line at offset at
// and is still open there, when the error stands in what looks like the next
// statement or at the end of the document.
func (p *parser) unclosed(begin, at int, parserSays string) span {
	if line := p.lineStart(at); line > begin && !strings.Contains(parserSays, "incomplete") {
		if !beginsStatement(p.lineAt(line)) {
			return span{}
		}
		at = line
	} else if !strings.Contains(parserSays, "incomplete") && at < len(p.text)-1 {
		return span{}
	}
	var open []int
	quote := byte(0)
	for i := begin; i < at; i++ {
		c := p.text[i]
		switch {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{':
			open = append(open, i)
		case (c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return span{}
	}
	i := open[len(open)-1]
	if p.text[i] == '{' && !strings.Contains(parserSays, "incomplete") && len(bytes.TrimRight(p.lineAt(i+1), " \t\r")) == 0 {
		return span{} // an inline table of one key per line: what is missing is a comma
	}
	return span{i, i + 1}
}

// openingQuote finds the quote whose closing one is missing.
func (p *parser) openingQuote(begin, at int) span {
	line := max(p.lineStart(max(at-1, 0)), begin)
	quote, start := byte(0), at
	for i := line; i < min(at, len(p.text)); i++ {
		switch c := p.text[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote, start = c, i
		case quote == '"' && c == '\\':
			i++
		case c == quote:
			quote = 0
		}
	}
	if _, size := utf8.DecodeRune(p.text[at:]); at+size == len(p.text) && p.text[at] != '\n' {
		at = len(p.text) // the string runs to the very end
	}
	return span{start, max(start+1, at)}
}

// word returns the range of the word at offset off, at least one byte.
func (p *parser) word(off int) span {
	if off >= len(p.text) {
		return span{len(p.text), len(p.text)}
	}
	end := off
	for end < len(p.text) && !bytes.ContainsRune([]byte(" \t\r\n=,;]}#\"'"), rune(p.text[end])) {
		end++
	}
	if end == off {
		_, size := utf8.DecodeRune(p.text[off:])
		end += size
	}
	return span{off, end}
}

func (p *parser) lineStart(off int) int {
	return bytes.LastIndexByte(p.text[:min(off, len(p.text))], '\n') + 1
}

// lineAt returns the text from offset off to the end of its line.
func (p *parser) lineAt(off int) []byte {
	rest := p.text[off:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		return rest[:i]
	}
	return rest
}

func (p *parser) nextLine(off int) int {
	if i := bytes.IndexByte(p.text[min(off, len(p.text)):], '\n'); i >= 0 {
		return off + i + 1
	}
	return len(p.text)
}

package syntax

import (
	"fmt"
	"strings"
)

// Options say what the dialect allows beyond plain Tera.
type Options struct {
	// Positional reports whether the function or filter of that name takes
	// arguments by position. Nil means none does.
	Positional func(filter bool, name string) bool
}

const (
	maxNesting = 150    // of tags, and of expressions in one tag
	maxNodes   = 500000 // per file
)

type parser struct {
	src   string
	p     int
	depth int
	nodes int
	opts  Options
	unit  *Unit
}

// scope says what the surrounding tags allow.
type scope struct {
	nested  bool // not at top level: no macro, import, extends
	loop    bool // break and continue
	inLoop  bool // somewhere in a loop: no block
	macro   bool // no block
	block   bool // directly in a block: super()
	content bool // something other than white space, comments and imports came before
}

// opener is the tag that a body must be closed for.
type opener struct {
	word string
	off  int
}

// Parse reads a template. The error is a *Error.
func Parse(src string, o Options) (u *Unit, err error) {
	p := &parser{src: src, opts: o}
	p.unit = &Unit{Src: src, Macros: map[string]*Macro{}, Blocks: map[string]*Block{}, Paths: make([]*Path, 0, len(src)/48)}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			u, err = nil, e
		}
	}()
	sc := scope{}
	nodes, _ := p.body(&sc, nil)
	p.unit.Nodes = trim(header(nodes), Tag{}, Tag{})
	return p.unit, nil
}

func (p *parser) fail(off int, format string, args ...any) {
	p.failHint(off, "", format, args...)
}

func (p *parser) failHint(off int, hint, format string, args ...any) {
	off = min(off, len(p.src))
	end := off
	for end < len(p.src) && isWord(p.src[end]) {
		end++
	}
	if end == off && off < len(p.src) {
		end = off + 1
	}
	panic(&Error{Off: off, End: end, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (p *parser) line(off int) int { return 1 + strings.Count(p.src[:off], "\n") }

func (p *parser) enter(off int) {
	if p.depth++; p.depth > maxNesting {
		p.fail(off, "nested more than %d levels deep", maxNesting)
	}
}

func (p *parser) leave() { p.depth-- }

// tagHead is a `{%` with its first word; p.p stands behind the word.
type tagHead struct {
	word   string
	off, w int // of `{%`, of the word
	l      bool
}

// body reads nodes up to a tag that ends or continues the enclosing one, or to
// the end of the file when open is nil.
func (p *parser) body(sc *scope, open *opener) ([]Node, tagHead) {
	var nodes []Node
	add := func(n Node) {
		if p.nodes++; p.nodes > maxNodes {
			p.fail(n.Head().Off, "more than %d pieces in one template", maxNodes)
		}
		nodes = append(nodes, n)
	}
	for {
		start := p.p
		i := p.nextTag(start)
		if i > start {
			t := &Text{Tag: Tag{Off: start, After: i}, Val: p.src[start:i]}
			add(t)
			if strings.TrimLeft(t.Val, " \t\r\n") != "" {
				sc.content = true
			}
		}
		p.p = i
		if i == len(p.src) {
			if open != nil {
				p.failHint(i, fmt.Sprintf("close it with `{%% %s %%}`", endOf(open.word)),
					"the file ends, but `%s` of line %d is not closed", open.word, p.line(open.off))
			}
			return nodes, tagHead{}
		}
		switch p.src[i+1] {
		case '#':
			add(p.comment())
		case '{':
			sc.content = true
			add(p.output(sc))
		default:
			h := p.tagHead()
			if isEnd(h.word) {
				return nodes, p.checkEnd(h, open)
			}
			if n := p.statement(h, sc); n != nil {
				add(n)
			}
		}
	}
}

func isEnd(word string) bool {
	switch word {
	case "else", "elif", "endif", "endfor", "endmacro", "endblock", "endfilter":
		return true
	}
	return false
}

func endOf(word string) string { return "end" + word }

// checkEnd refuses an end tag that does not belong to the open tag.
func (p *parser) checkEnd(h tagHead, open *opener) tagHead {
	if open == nil {
		p.fail(h.off, "`%s` without anything to close or continue", h.word)
	}
	ok := h.word == endOf(open.word)
	switch h.word {
	case "else":
		ok = open.word == "if" || open.word == "for"
	case "elif":
		ok = open.word == "if"
	}
	if !ok {
		p.failHint(h.off, fmt.Sprintf("`%s` of line %d is still open", open.word, p.line(open.off)),
			"`%s` does not fit here", h.word)
	}
	return h
}

// nextTag finds the next `{{`, `{%` or `{#`.
func (p *parser) nextTag(from int) int {
	for i := from; i < len(p.src); {
		j := strings.IndexByte(p.src[i:], '{')
		if j < 0 || i+j+1 >= len(p.src) {
			break
		}
		i += j
		if c := p.src[i+1]; c == '{' || c == '%' || c == '#' {
			return i
		}
		i++
	}
	return len(p.src)
}

func (p *parser) comment() Node {
	off := p.p
	from := off + 2
	c := &Comment{Tag{Off: off}}
	if from < len(p.src) && p.src[from] == '-' {
		c.L = true
		from++
	}
	j := strings.Index(p.src[from:], "#}")
	if j < 0 {
		p.failHint(len(p.src), "close it with `#}`; if it is meant as text, as in a shell's ${#name}, put it into {% raw %}",
			"the comment of line %d is not closed", p.line(off))
	}
	c.R = j > 0 && p.src[from+j-1] == '-'
	p.p = from + j + 2
	c.After = p.p
	return c
}

// tagHead reads `{%`, an optional `-` and the first word.
func (p *parser) tagHead() tagHead {
	h := tagHead{off: p.p}
	p.p += 2
	if p.at("-") && !p.at("-%}") {
		h.l = true
		p.p++
	}
	p.space()
	h.w = p.p
	h.word = p.word()
	return h
}

// output reads {{ ... }}.
func (p *parser) output(sc *scope) Node {
	t := Tag{Off: p.p}
	p.p += 2
	if p.at("-") && !p.at("-}}") {
		t.L = true
		p.p++
	}
	p.space()
	if sc.block && p.superCall() {
		t.R = p.closeTag("}}")
		t.After = p.p
		return &Super{t}
	}
	if p.at("}}") || p.at("-}}") {
		p.failHint(p.p, "use {# #} for a comment, or {% raw %} to show braces", "an expression is missing")
	}
	e := p.full()
	t.R = p.closeTag("}}")
	t.After = p.p
	return &Output{Tag: t, Expr: e}
}

// superCall consumes `super()` when it is all that stands in the tag.
func (p *parser) superCall() bool {
	q := p.p
	if p.word() == "super" {
		p.space()
		if p.eat("(") {
			p.space()
			if p.eat(")") {
				p.space()
				if p.at("}}") || p.at("-}}") {
					return true
				}
			}
		}
	}
	p.p = q
	return false
}

// closeTag consumes `%}` or `}}`, with or without a trim mark.
func (p *parser) closeTag(mark string) bool {
	p.space()
	if p.eat(mark) {
		return false
	}
	if p.eat("-" + mark) {
		return true
	}
	p.unexpected("`" + mark + "`")
	return false
}

// unexpected fails at the current place; what says what would have fitted.
func (p *parser) unexpected(what string) {
	if p.p >= len(p.src) {
		p.fail(p.p, "the file ends inside a tag, expected %s", what)
	}
	hint := ""
	switch c := p.src[p.p]; {
	case c == '\\' || strings.HasSuffix(p.src[:p.p], `\"`):
		hint = "strings have no escapes: use the other kind of quotes"
	case c == '!':
		hint = "write `not x`, or `x != y`"
	case c == '&':
		hint = "write `and`"
	case c == '|':
		hint = "write `or`"
	}
	p.failHint(p.p, hint, "unexpected %s, expected %s", p.here(), what)
}

// here describes the text at the current place for a message.
func (p *parser) here() string {
	s := p.src[p.p:]
	if isWord(s[0]) {
		q := p.p
		for q < len(p.src) && isWord(p.src[q]) {
			q++
		}
		return "`" + p.src[p.p:q] + "`"
	}
	for i := range s {
		if i > 0 {
			return "`" + s[:i] + "`"
		}
	}
	return "`" + s + "`"
}

func (p *parser) at(s string) bool { return strings.HasPrefix(p.src[p.p:], s) }

func (p *parser) eat(s string) bool {
	if p.at(s) {
		p.p += len(s)
		return true
	}
	return false
}

func (p *parser) space() {
	for p.p < len(p.src) {
		switch p.src[p.p] {
		case ' ', '\t', '\r', '\n':
			p.p++
		default:
			return
		}
	}
}

func isLetter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) }

// word consumes an identifier, or nothing and returns "".
func (p *parser) word() string {
	q := p.p
	if q < len(p.src) && isLetter(p.src[q]) {
		for q < len(p.src) && isWord(p.src[q]) {
			q++
		}
	}
	w := p.src[p.p:q]
	p.p = q
	return w
}

// name consumes an identifier that must be there.
func (p *parser) name(what string) string {
	w := p.word()
	if w == "" {
		p.unexpected(what)
	}
	return w
}

// keyword consumes word when it stands here as a whole word; with spaced it
// must be followed by white space.
func (p *parser) keyword(word string, spaced bool) bool {
	if !p.at(word) {
		return false
	}
	q := p.p + len(word)
	if q < len(p.src) && isWord(p.src[q]) {
		return false
	}
	if spaced && (q >= len(p.src) || !strings.ContainsRune(" \t\r\n", rune(p.src[q]))) {
		return false
	}
	p.p = q
	return true
}

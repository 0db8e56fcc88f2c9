package syntax

import "strings"

// statement reads the rest of a tag whose first word is known, and its body.
func (p *parser) statement(h tagHead, sc *scope) Node {
	p.enter(h.off)
	defer p.leave()
	t := Tag{Off: h.off, L: h.l}
	if h.word != "import" && h.word != "extends" {
		sc.content = true
	}
	switch h.word {
	case "include", "import", "extends":
		if p.p < len(p.src) && strings.IndexByte(ascii, p.src[p.p]) < 0 {
			p.unexpected("white space")
		}
	}
	switch h.word {
	case "if":
		return p.ifTag(t, sc)
	case "for":
		return p.forTag(t, sc)
	case "set", "set_global":
		return p.setTag(t, h.word == "set_global")
	case "raw":
		return p.rawTag(t)
	case "include":
		return p.includeTag(t)
	case "import":
		return p.importTag(t, sc)
	case "extends":
		return p.extendsTag(t, sc)
	case "macro":
		return p.macroTag(t, sc)
	case "block":
		return p.blockTag(t, sc)
	case "filter":
		return p.filterTag(t, sc)
	case "break", "continue":
		if !sc.loop {
			p.fail(h.off, "`%s` outside a loop", h.word)
		}
		p.finish(&t)
		return &Jump{Tag: t, Break: h.word == "break"}
	}
	p.unknownTag(h)
	return nil
}

var tagWords = []string{"if", "for", "set", "set_global", "raw", "include", "import", "extends",
	"macro", "block", "filter", "break", "continue", "elif", "else",
	"endif", "endfor", "endraw", "endmacro", "endblock", "endfilter"}

// TagWords are the words that may open a tag.
func TagWords() []string { return tagWords }

func (p *parser) unknownTag(h tagHead) {
	if h.word == "" {
		p.fail(h.off, "a tag must begin with a word such as `if` or `set`")
	}
	err := &Error{Off: h.off, End: p.p, Msg: "unknown tag `" + h.word + "`"}
	panic(err)
}

// finish reads the end of a tag.
func (p *parser) finish(t *Tag) {
	t.R = p.closeTag("%}")
	t.After = p.p
}

// endTag reads the end of a closing or continuing tag.
func (p *parser) endTag(h tagHead) Tag {
	t := Tag{Off: h.off, L: h.l}
	p.finish(&t)
	return t
}

func (p *parser) ifTag(t Tag, sc *scope) Node {
	n := &If{}
	open := &opener{"if", t.Off}
	p.space()
	cond := p.full()
	p.finish(&t)
	n.Tag = t
	br := &Branch{Tag: t, Cond: cond}
	inner := *sc
	inner.nested = true
	for {
		n.Branches = append(n.Branches, br)
		body, h := p.body(&inner, open)
		br.Body = body
		if h.word == "endif" {
			n.End = p.endTag(h)
			return n
		}
		if br.Cond == nil {
			p.fail(h.off, "`%s` after `else`", h.word)
		}
		br = &Branch{}
		if h.word == "elif" {
			p.space()
			br.Cond = p.full()
		}
		br.Tag = p.endTag(h)
	}
}

func (p *parser) forTag(t Tag, sc *scope) Node {
	n := &For{}
	p.space()
	n.Value = p.name("a loop variable")
	p.space()
	if p.eat(",") {
		p.space()
		n.Key = n.Value
		n.Value = p.name("a second loop variable")
		p.space()
	}
	if !p.keyword("in", false) {
		p.unexpected("`in`")
	}
	p.space()
	if p.p < len(p.src) && strings.IndexByte("\"'`", p.src[p.p]) >= 0 {
		p.failHint(p.p, "put it into a variable with `set` first", "a loop runs over a variable, a function call or an array, not over a string literal")
	}
	n.In = p.filtered()
	p.finish(&t)
	n.Tag = t
	open := &opener{"for", t.Off}
	inner := *sc
	inner.nested, inner.loop, inner.inLoop, inner.block = true, true, true, false
	body, h := p.body(&inner, open)
	n.Body = body
	for h.word == "else" {
		// A second else takes the place of the first one, as in Tera.
		p.endTag(h)
		n.HasElse = true
		n.Else, h = p.body(&inner, open)
	}
	n.End = p.endTag(h)
	return n
}

func (p *parser) setTag(t Tag, global bool) Node {
	p.space()
	n := &Set{Global: global}
	n.Name = p.name("a variable name")
	p.space()
	if !p.eat("=") {
		p.unexpected("`=`")
	}
	p.space()
	n.Expr = p.full()
	p.finish(&t)
	n.Tag = t
	return n
}

func (p *parser) rawTag(t Tag) Node {
	p.finish(&t)
	from := p.p
	for i := from; ; {
		j := strings.Index(p.src[i:], "{%")
		if j < 0 {
			p.fail(len(p.src), "the file ends, but `raw` of line %d is not closed", p.line(t.Off))
		}
		p.p = i + j
		i = p.p + 2
		h := p.tagHead()
		if h.word != "endraw" {
			continue
		}
		p.space()
		if p.at("%}") || p.at("-%}") {
			end := p.endTag(h)
			return &Raw{Tag: t, Val: p.src[from:end.Off], ValOff: from, End: end}
		}
	}
}

func (p *parser) fileName(what string) string {
	p.space()
	if p.p < len(p.src) {
		switch p.src[p.p] {
		case '"', '\'', '`':
			return p.stringLit()
		}
	}
	p.unexpected(what)
	return ""
}

func (p *parser) includeTag(t Tag) Node {
	n := &Include{}
	p.space()
	if p.eat("[") {
		for p.space(); !p.eat("]"); p.space() {
			n.Names = append(n.Names, p.fileName("a file name in quotes, or `]`"))
			p.space()
			if !p.eat(",") && !p.at("]") {
				p.unexpected("`,` or `]`")
			}
		}
	} else {
		n.Names = []string{p.fileName("a file name in quotes")}
	}
	p.space()
	if p.keyword("ignore", false) {
		p.space()
		if !p.keyword("missing", false) {
			p.unexpected("`missing`")
		}
		n.IgnoreMissing = true
	}
	p.finish(&t)
	n.Tag = t
	return n
}

func (p *parser) importTag(t Tag, sc *scope) Node {
	if sc.nested {
		p.fail(t.Off, "`import` must stand at the top level of the file")
	}
	n := &Import{File: p.fileName("a file name in quotes")}
	p.space()
	if !p.keyword("as", false) {
		p.unexpected("`as` and a name")
	}
	p.space()
	n.As = p.name("a name for the macros")
	p.finish(&t)
	n.Tag = t
	p.unit.Imports = append(p.unit.Imports, n)
	return n
}

func (p *parser) extendsTag(t Tag, sc *scope) Node {
	if sc.nested || sc.content || p.unit.Extends != nil {
		p.fail(t.Off, "`extends` must be the first thing in the file, and stand there once")
	}
	n := &Extends{File: p.fileName("a file name in quotes")}
	p.finish(&t)
	n.Tag = t
	p.unit.Extends = n
	return n
}

func (p *parser) macroTag(t Tag, sc *scope) Node {
	if sc.nested {
		p.fail(t.Off, "a macro must be defined at the top level of the file")
	}
	n := &Macro{}
	p.space()
	nameOff := p.p
	n.Name = p.name("a macro name")
	p.space()
	if !p.eat("(") {
		p.unexpected("`(`")
	}
	for p.space(); !p.eat(")"); p.space() {
		n.Params = append(n.Params, p.param())
		p.space()
		if !p.eat(",") && !p.at(")") {
			p.unexpected("`,` or `)`")
		}
	}
	p.finish(&t)
	n.Tag = t
	if p.unit.Macros[n.Name] != nil {
		p.fail(nameOff, "the macro `%s` is defined twice", n.Name)
	}
	p.unit.Macros[n.Name] = n
	inner := scope{nested: true, macro: true, content: true}
	body, h := p.body(&inner, &opener{"macro", t.Off})
	n.Body = body
	p.space()
	p.word()
	n.End = p.endTag(h)
	return n
}

func (p *parser) param() Param {
	pr := Param{Off: p.p, Name: p.name("a parameter name")}
	p.space()
	if p.at("=") {
		p.p++
		p.space()
		off := p.p
		pr.Default = p.term()
		if !constant(pr.Default) {
			p.fail(off, "the default of a parameter must be a literal")
		}
	}
	return pr
}

// constant reports whether e is a literal, or an array or object of literals.
func constant(e *Expr) bool {
	switch v := e.Val.(type) {
	case *Lit:
		return true
	case *Path:
		return IsNone(v)
	case *Array:
		for _, x := range v.Items {
			if !constant(x) || len(x.Filters) > 0 || x.Neg {
				return false
			}
		}
		return true
	case *Object:
		for _, x := range v.Vals {
			if !constant(x) || len(x.Filters) > 0 || x.Neg {
				return false
			}
		}
		return true
	}
	return false
}

// IsNone reports whether p is spelled like the null literal: none, None, null.
func IsNone(p *Path) bool {
	return len(p.Steps) == 0 && (p.Name == "none" || p.Name == "None" || p.Name == "null")
}

func (p *parser) blockTag(t Tag, sc *scope) Node {
	if sc.inLoop {
		p.fail(t.Off, "a block cannot stand in a loop")
	}
	if sc.macro {
		p.fail(t.Off, "a block cannot stand in a macro")
	}
	n := &Block{}
	p.space()
	nameOff := p.p
	n.Name = p.name("a block name")
	p.finish(&t)
	n.Tag = t
	if p.unit.Blocks[n.Name] != nil {
		p.fail(nameOff, "the block `%s` is defined twice", n.Name)
	}
	p.unit.Blocks[n.Name] = n
	inner := scope{nested: true, block: true, content: true}
	body, h := p.body(&inner, &opener{"block", t.Off})
	n.Body = body
	p.space()
	p.word()
	n.End = p.endTag(h)
	return n
}

func (p *parser) filterTag(t Tag, sc *scope) Node {
	n := &Filter{}
	p.space()
	n.Call = p.filterCall()
	p.finish(&t)
	n.Tag = t
	inner := *sc
	inner.nested, inner.loop, inner.block = true, false, false
	body, h := p.body(&inner, &opener{"filter", t.Off})
	n.Body = body
	n.End = p.endTag(h)
	return n
}

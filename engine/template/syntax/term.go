package syntax

import (
	"strconv"
	"strings"
)

// term reads one operand.
func (p *parser) term() *Expr {
	p.enter(p.p)
	defer p.leave()
	off := p.p
	if off >= len(p.src) {
		p.unexpected("a value")
	}
	c := p.src[off]
	var v Val
	switch {
	case c == '"' || c == '\'' || c == '`':
		v = &Lit{p.stringLit()}
	case isDigit(c) || c == '-' && off+1 < len(p.src) && isDigit(p.src[off+1]):
		v = p.number()
	case c == '[':
		v = p.array()
	case c == '{':
		v = p.object()
	case c == '(':
		return p.group()
	case isLetter(c):
		v = p.named()
	default:
		p.unexpected("a value")
	}
	return &Expr{Val: v, Off: off, End: p.p}
}

func (p *parser) stringLit() string {
	off := p.p
	j := strings.IndexByte(p.src[off+1:], p.src[off])
	if j < 0 {
		p.fail(off, "the string is not closed")
	}
	p.p = off + j + 2
	return p.src[off+1 : off+1+j]
}

func (p *parser) number() Val {
	off := p.p
	p.eat("-")
	if !p.eat("0") {
		p.digits()
	}
	if p.at(".") && p.p+1 < len(p.src) && isDigit(p.src[p.p+1]) {
		p.p++
		p.digits()
		f, err := strconv.ParseFloat(p.src[off:p.p], 64)
		if err != nil {
			p.fail(off, "the number is out of range")
		}
		return &Lit{f}
	}
	n, err := strconv.ParseInt(p.src[off:p.p], 10, 64)
	if err != nil {
		p.failHint(off, "whole numbers have 64 bits", "the number is out of range")
	}
	return &Lit{n}
}

func (p *parser) digits() {
	for p.p < len(p.src) && isDigit(p.src[p.p]) {
		p.p++
	}
}

func (p *parser) array() Val {
	p.p++
	a := &Array{}
	for p.space(); !p.eat("]"); p.space() {
		a.Items = append(a.Items, p.full())
		p.space()
		if !p.eat(",") && !p.at("]") {
			p.unexpected("`,` or `]`")
		}
	}
	return a
}

func (p *parser) object() Val {
	p.p++
	o := &Object{}
	for p.space(); !p.eat("}"); p.space() {
		var key string
		if p.p < len(p.src) && strings.IndexByte("\"'`", p.src[p.p]) >= 0 {
			key = p.stringLit()
		} else {
			key = p.name("a key or `}`")
		}
		p.space()
		if !p.eat(":") {
			p.unexpected("`:`")
		}
		p.space()
		o.Keys = append(o.Keys, key)
		o.Vals = append(o.Vals, p.full())
		p.space()
		if !p.eat(",") && !p.at("}") {
			p.unexpected("`,` or `}`")
		}
	}
	return o
}

func (p *parser) group() *Expr {
	off := p.p
	p.p++
	p.space()
	e := p.full()
	p.space()
	if !p.eat(")") {
		p.unexpected("`)`")
	}
	if e.Neg || len(e.Filters) > 0 {
		e = &Expr{Val: &Group{e}, Off: off}
	}
	e.Off, e.End = off, p.p
	return e
}

// named reads what begins with an identifier: a boolean, a call, a path or a test.
func (p *parser) named() Val {
	off := p.p
	w := p.word()
	if !p.at(".") && !p.at("[") {
		switch w {
		case "true", "True":
			return &Lit{true}
		case "false", "False":
			return &Lit{false}
		}
	}
	end := p.p
	p.space()
	if p.eat("::") {
		p.space()
		m := &MacroCall{Ns: w, Off: off}
		m.Name = p.name("a macro name")
		m.End = p.p
		p.space()
		if !p.eat("(") {
			p.unexpected("`(`")
		}
		m.Args = p.args(true)
		return m
	}
	if p.eat("(") {
		return &Call{Name: w, Off: off, End: end, Args: p.args(p.positional(false, w))}
	}
	p.p = end
	path := p.path(off, w)
	q := p.p
	p.space()
	if p.keyword("is", false) {
		return p.test(path)
	}
	p.p = q
	return path
}

// path reads the steps behind a name.
func (p *parser) path(off int, name string) *Path {
	v := &Path{Name: name, Off: off}
	p.unit.Paths = append(p.unit.Paths, v)
	for {
		switch {
		case p.at(".") && p.p+1 < len(p.src) && isWord(p.src[p.p+1]):
			p.p++
			q := p.p
			for p.p < len(p.src) && isWord(p.src[p.p]) {
				p.p++
			}
			v.Steps = append(v.Steps, Step{Key: p.src[q:p.p]})
		case p.at("["):
			v.Steps = append(v.Steps, p.bracket())
		default:
			v.End = p.p
			v.Text = p.src[off:p.p]
			if len(v.Steps) > 0 {
				v.Keys = make([]string, 0, len(v.Steps))
			}
			for _, s := range v.Steps {
				v.Keys = append(v.Keys, s.Key)
				v.Dynamic = v.Dynamic || s.Sub != nil
			}
			return v
		}
	}
}

func (p *parser) bracket() Step {
	p.enter(p.p)
	defer p.leave()
	p.p++
	p.space()
	var s Step
	off := p.p
	switch c := p.peek(); {
	case c == '"' || c == '\'' || c == '`':
		s.Key = p.stringLit()
	case isDigit(c) || c == '-':
		p.eat("-")
		p.digits()
		s.Key = p.src[off:p.p]
	case isLetter(c):
		s.Sub = p.path(off, p.word())
	default:
		p.unexpected("an index, a key in quotes or a variable")
	}
	p.space()
	if !p.eat("]") {
		p.unexpected("`]`")
	}
	return s
}

func (p *parser) peek() byte {
	if p.p < len(p.src) {
		return p.src[p.p]
	}
	return 0
}

// test reads what follows `is`.
func (p *parser) test(path *Path) Val {
	t := &Test{Path: path}
	p.space()
	if p.keyword("not", true) {
		t.Neg = true
		p.space()
	}
	t.Off = p.p
	t.Name = p.name("the name of a test")
	t.End = p.p
	q := p.p
	p.space()
	if !p.eat("(") {
		p.p = q
		return t
	}
	for {
		p.space()
		t.Args = append(t.Args, p.full())
		p.space()
		if p.eat(")") {
			return t
		}
		if !p.eat(",") {
			p.unexpected("`,` or `)`")
		}
	}
}

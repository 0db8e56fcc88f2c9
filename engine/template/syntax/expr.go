package syntax

import "strings"

// full reads an expression with an optional `if c else b` behind it.
func (p *parser) full() *Expr {
	p.enter(p.p)
	defer p.leave()
	e := p.or()
	p.space()
	if !p.keyword("if", false) {
		return e
	}
	c := &Cond{Then: e}
	p.space()
	c.If = p.or()
	p.space()
	if p.keyword("else", false) {
		p.space()
		c.Else = p.full()
	}
	return &Expr{Val: c, Off: e.Off, End: p.p}
}

func (p *parser) or() *Expr {
	l := p.and()
	for p.space(); p.keyword("or", true); p.space() {
		p.space()
		r := p.and()
		l = &Expr{Val: &Logic{Or, l, r}, Off: l.Off, End: r.End}
	}
	return l
}

func (p *parser) and() *Expr {
	l := p.not()
	for p.space(); p.keyword("and", true); p.space() {
		p.space()
		r := p.not()
		l = &Expr{Val: &Logic{And, l, r}, Off: l.Off, End: r.End}
	}
	return l
}

func (p *parser) not() *Expr {
	off := p.p
	if !p.keyword("not", true) {
		return p.comparison()
	}
	p.space()
	e := p.comparison()
	if e.Neg {
		e = &Expr{Val: &Group{e}, Off: off, End: e.End}
	}
	e.Neg = true
	return e
}

var comparisons = []struct {
	text string
	op   Op
}{{"==", Eq}, {"!=", NotEq}, {"<=", Lte}, {">=", Gte}, {"<", Lt}, {">", Gt}}

func (p *parser) comparison() *Expr {
	l := p.arithmetic()
	p.space()
	q := p.p
	neg := p.keyword("not", true)
	p.space()
	if p.keyword("in", false) {
		p.space()
		r := p.arithmetic()
		return &Expr{Val: &In{L: l, R: r, Neg: neg}, Off: l.Off, End: r.End}
	}
	p.p = q
	for _, c := range comparisons {
		if p.eat(c.text) {
			p.space()
			r := p.arithmetic()
			return &Expr{Val: &Logic{c.op, l, r}, Off: l.Off, End: r.End}
		}
	}
	return l
}

// arithmetic reads filtered operands with operators between them.
func (p *parser) arithmetic() *Expr { return p.sum(p.filtered(), (*parser).filtered) }

// filtered reads unfiltered arithmetic with the filters that apply to all of it.
func (p *parser) filtered() *Expr {
	e := p.basic()
	for {
		q := p.p
		p.space()
		if !p.eat("|") {
			p.p = q
			return e
		}
		p.space()
		e.Filters = append(e.Filters, p.filterCall())
	}
}

// basic reads a concatenation, or arithmetic over plain terms.
func (p *parser) basic() *Expr {
	first := p.term()
	p.space()
	if p.at("~") {
		parts := []*Expr{first}
		for p.space(); p.eat("~"); p.space() {
			p.space()
			parts = append(parts, p.part())
		}
		return &Expr{Val: &Concat{parts}, Off: first.Off, End: parts[len(parts)-1].End}
	}
	return p.sum(first, (*parser).term)
}

// part reads an operand of `~`.
func (p *parser) part() *Expr {
	if p.p < len(p.src) && p.src[p.p] == '[' || p.at("{") {
		p.unexpected("a string, a number, a variable or a call")
	}
	return p.term()
}

// sum reads what follows its first operand.
func (p *parser) sum(first *Expr, operand func(*parser) *Expr) *Expr {
	l := p.product(first, operand)
	for {
		op := p.operator("+-", l)
		if op == 0 {
			return l
		}
		l = p.math(op, l, p.product(operand(p), operand))
	}
}

func (p *parser) product(l *Expr, operand func(*parser) *Expr) *Expr {
	for {
		op := p.operator("*/%", l)
		if op == 0 {
			return l
		}
		off := p.p
		r := operand(p)
		p.mustBeNumeric(off, r)
		l = p.math(op, l, r)
	}
}

func (p *parser) math(op byte, l, r *Expr) *Expr {
	p.mustBeNumeric(r.Off, r)
	return &Expr{Val: &Math{op, l, r}, Off: l.Off, End: r.End}
}

// operator consumes one of ops, unless it is part of the end of the tag or l
// is something that no arithmetic takes.
func (p *parser) operator(ops string, l *Expr) byte {
	q := p.p
	p.space()
	if p.p < len(p.src) && strings.IndexByte(ops, p.src[p.p]) >= 0 && textual(l) == "" {
		rest := p.src[p.p+1:]
		c := p.src[p.p]
		closing := c == '%' && strings.HasPrefix(rest, "}") ||
			c == '-' && (strings.HasPrefix(rest, "}}") || strings.HasPrefix(rest, "%}"))
		if !closing {
			p.p++
			p.space()
			return c
		}
	}
	p.p = q
	return 0
}

// textual names what e is when it can never be a number.
func textual(e *Expr) string {
	switch v := e.Val.(type) {
	case *Lit:
		if _, ok := v.V.(string); ok {
			return "a string"
		}
	case *Concat:
		return "a string"
	case *Array:
		return "an array"
	case *Object:
		return "an object"
	}
	return ""
}

func (p *parser) mustBeNumeric(off int, e *Expr) {
	if what := textual(e); what != "" {
		p.failHint(off, "join texts with `~`", "arithmetic with %s", what)
	}
}

func (p *parser) filterCall() *Call {
	c := &Call{Off: p.p}
	c.Name = p.name("a filter name")
	c.End = p.p
	q := p.p
	p.space()
	if p.eat("(") {
		c.Args = p.args(p.positional(true, c.Name))
	} else {
		p.p = q
	}
	return c
}

func (p *parser) positional(filter bool, name string) bool {
	return p.opts.Positional != nil && p.opts.Positional(filter, name)
}

// args reads arguments up to and including the closing parenthesis.
func (p *parser) args(positional bool) []Arg {
	var args []Arg
	named := false
	for p.space(); !p.eat(")"); p.space() {
		a := Arg{Off: p.p}
		if w := p.word(); w != "" {
			p.space()
			if p.at("=") && !p.at("==") {
				p.p++
				p.space()
				a.Name = w
			} else {
				p.p = a.Off
			}
		}
		if a.Name == "" && (!positional || named) {
			if p.p >= len(p.src) || p.src[p.p] == '}' || p.src[p.p] == '%' {
				p.unexpected("an argument or `)`")
			}
			p.failHint(p.p, "write it as `name=value`", "expected a keyword argument `name=value`")
		}
		named = named || a.Name != ""
		a.Val = p.full()
		args = append(args, a)
		p.space()
		if !p.eat(",") && !p.at(")") {
			p.unexpected("`,` or `)`")
		}
	}
	return args
}

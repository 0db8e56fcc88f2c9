package eval

import (
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// Leaf executes a node without a body.
func (s *State) Leaf(n syntax.Node) error {
	switch n := n.(type) {
	case *syntax.Text:
		return s.Text(n)
	case *syntax.Output:
		return s.print(n)
	case *syntax.Set:
		v, err := s.safe(n.Expr)
		if err != nil {
			return err
		}
		s.assign(n.Name, v, n.Global)
		return nil
	case *syntax.Include:
		return s.include(n)
	case *syntax.Super:
		return s.super(n)
	case *syntax.Jump:
		if n.Break {
			return ErrBreak
		}
		return ErrContinue
	}
	return nil
}

// Text copies text to the output; there may be none.
func (s *State) Text(t *syntax.Text) error {
	if t == nil {
		return nil
	}
	if s.Out.text(t.Off, t.Val) != nil {
		return s.outputErr()
	}
	return nil
}

// print writes the value of an output tag. A bare macro call writes directly,
// so that its text is mapped to the macro.
func (s *State) print(n *syntax.Output) error {
	e := n.Expr
	if len(e.Filters) == 0 && !e.Neg {
		switch c := e.Val.(type) {
		case *syntax.Path:
			// Most tags are no more than this.
			if v, err := s.path(c); err == nil && !s.Escape {
				return s.write(e, v)
			}
		case *syntax.MacroCall:
			return s.macro(c)
		case *syntax.Call:
			if _, known := s.Table.Functions[c.Name]; !known && s.prog.Unit.Macros[c.Name] != nil {
				return s.macro(&syntax.MacroCall{Ns: "self", Name: c.Name, Off: c.Off, End: c.End, Args: c.Args})
			}
		}
	}
	v, err := s.eval(e)
	if err != nil {
		return err
	}
	return s.write(e, v)
}

// write appends the value of e to the output.
func (s *State) write(e *syntax.Expr, v any) error {
	if s.Out.value(e.Off, v) != nil {
		s.Out.stop = e.Off
		return s.outputErr()
	}
	return nil
}

// If executes the first branch whose condition holds.
func (s *State) If(n *syntax.If, bodies []Body) error {
	for i, b := range n.Branches {
		ok := b.Cond == nil
		if !ok {
			var err error
			if ok, err = s.truth(b.Cond); err != nil {
				return err
			}
		}
		if ok {
			return bodies[i].Run(s)
		}
	}
	return nil
}

// For executes a loop. els may be nil.
func (s *State) For(n *syntax.For, body, els Body) error {
	l, err := s.loop(n)
	if err != nil {
		return err
	}
	defer s.drop(l)
	if len(l.items) == 0 {
		if els != nil {
			return els.Run(s)
		}
		return nil
	}
	mark := s.mark()
	s.push(frameLoop, l)
	for ; l.i < len(l.items); l.i++ {
		if err = s.work(n.Off, n.After); err != nil {
			break
		}
		s.top().vars = s.top().vars[:0]
		err = body.Run(s)
		if err == ErrContinue {
			err = nil
		}
		if err != nil {
			break
		}
	}
	s.reset(mark)
	if err == ErrBreak {
		err = nil
	}
	return err
}

// newLoop returns a loop that has not begun, from those that have ended if there
// is one.
func (s *State) newLoop(n *syntax.For) *loop {
	l := &loop{}
	if last := len(s.spareLoops) - 1; last >= 0 {
		l, s.spareLoops = s.spareLoops[last], s.spareLoops[:last]
	}
	l.key, l.value = n.Key, n.Value
	return l
}

// drop keeps a loop that has ended for another one.
func (s *State) drop(l *loop) {
	own := l.own
	clear(own)
	*l = loop{own: own[:0]}
	s.spareLoops = append(s.spareLoops, l)
}

// loop evaluates the container of a for loop.
func (s *State) loop(n *syntax.For) (*loop, error) {
	e := n.In
	switch e.Val.(type) {
	case *syntax.Path, *syntax.Call, *syntax.Array, *syntax.Object, *syntax.Group, *syntax.Cond, *syntax.MacroCall:
	default:
		return nil, s.fail(CodeEval, e.Off, e.End, "a loop runs over a variable, a function call or an array")
	}
	v, err := s.safe(e)
	if err != nil {
		return nil, err
	}
	l := s.newLoop(n)
	switch c := v.(type) {
	case []any:
		l.items = c
	case string:
		l.items = split(c)
	case map[string]any:
		if n.Key == "" {
			err := s.fail(CodeEval, e.Off, e.End, "a loop over an object needs two names: `for key, value in …`")
			return nil, err
		}
		l.keys = value.Keys(c)
		for _, k := range l.keys {
			l.own = append(l.own, c[k])
		}
		l.items = l.own
		return l, nil
	default:
		return nil, s.fail(CodeEval, e.Off, e.End, "a loop cannot run over %s", value.Kind(v))
	}
	if n.Key != "" {
		return nil, s.fail(CodeEval, e.Off, e.End, "two loop variables need an object, this is %s", value.Kind(v))
	}
	return l, nil
}

// Section executes a filter section: its text goes through one filter.
func (s *State) Section(n *syntax.Filter, body Body) error {
	out := s.Out
	s.Out = &Output{limit: out.limit, site: out.site}
	err := body.Run(s)
	if err == nil {
		err = s.outputErr()
	}
	text := string(s.Out.Buf)
	s.Out = out
	if err != nil {
		return err
	}
	v, err := s.filter(text, n.Call)
	if err != nil {
		return err
	}
	if s.Out.value(n.Call.Off, v) != nil {
		s.Out.stop = n.Off
		return s.outputErr()
	}
	return nil
}

// Block executes a block: its lowest definition in the chain of templates.
func (s *State) Block(n *syntax.Block) error {
	for level, p := range s.chain {
		if b := p.Unit.Blocks[n.Name]; b != nil {
			return s.block(p, b, level, n.Off, n.After)
		}
	}
	return s.prog.Blocks[n].Run(s)
}

func (s *State) block(p *Program, b *syntax.Block, level, off, end int) error {
	mark := s.mark()
	if p != s.prog {
		s.enterSite(p, off, end, b)
	}
	s.blocks = append(s.blocks, blockPos{b.Name, level})
	err := p.Blocks[b].Run(s)
	s.blocks = s.blocks[:len(s.blocks)-1]
	s.reset(mark)
	return err
}

// super executes the definition above the current one.
func (s *State) super(n *syntax.Super) error {
	if len(s.blocks) > 0 {
		cur := s.blocks[len(s.blocks)-1]
		for level := cur.level + 1; level < len(s.chain); level++ {
			if b := s.chain[level].Unit.Blocks[cur.name]; b != nil {
				if err := s.work(n.Off, n.After); err != nil {
					return err
				}
				return s.block(s.chain[level], b, level, n.Off, n.After)
			}
		}
	}
	return s.fail(CodeEval, n.Off, n.After, "super() in a block that no parent template has")
}

// include renders the first template that exists, in the current scope; what it
// sets is gone afterwards.
func (s *State) include(n *syntax.Include) error {
	var tried []string
	for _, name := range n.Names {
		p, looked, err := s.Loader.Load(s.prog, name)
		if err != nil {
			return s.includeError(n, err)
		}
		if p == nil {
			tried = append(tried, looked...)
			continue
		}
		return s.includeProgram(n, p)
	}
	if n.IgnoreMissing {
		return nil
	}
	e := s.fail(CodeInclude, n.Off, n.After, "template not found: %s", quoted(n.Names))
	if len(tried) > 0 {
		e.Hint = "looked for " + strings.Join(tried, ", ")
	}
	return e
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "the list of names is empty"
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

// includeError adds the include to the chain of an error in the included file.
func (s *State) includeError(n *syntax.Include, err error) error {
	e, ok := err.(*Error)
	if !ok {
		w := s.fail(CodeInclude, n.Off, n.After, "include %s: %v", quoted(n.Names), err)
		w.Err = err
		return w
	}
	if e.Prog == nil {
		e.Prog, e.Off, e.End, e.Via = s.prog, n.Off, n.After, s.Via(s.site)
		return e
	}
	e.Via = append(append(e.Via, Frame{"included", s.prog, n.Off, n.After}), s.Via(s.site)...)
	return e
}

func (s *State) includeProgram(n *syntax.Include, p *Program) error {
	mark := s.mark()
	if err := s.deeper(n.Off, n.After); err != nil {
		return err
	}
	s.enterSite(p, n.Off, n.After, n)
	if x := p.Unit.Extends; x != nil {
		err := s.fail(CodeInclude, x.Off, x.After, "an included template cannot extend another one")
		s.reset(mark)
		return err
	}
	chain, blocks := s.chain, s.blocks
	s.chain, s.blocks = []*Program{p}, nil
	s.push(frameInclude, nil)
	err := p.Root.Run(s)
	s.chain, s.blocks = chain, blocks
	s.reset(mark)
	return err
}

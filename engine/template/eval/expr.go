package eval

import (
	"errors"
	"strconv"
	"strings"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/builtin"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// safe evaluates e without escaping.
func (s *State) safe(e *syntax.Expr) (any, error) {
	if !s.Escape {
		return s.eval(e)
	}
	s.Escape = false
	v, err := s.eval(e)
	s.Escape = true
	return v, err
}

// eval evaluates e with its filters and its `not`; strings are escaped when the
// template asks for it and the last filter is not `safe`.
func (s *State) eval(e *syntax.Expr) (any, error) {
	v, escape, done, err := s.core(e)
	if err != nil || done {
		return v, err
	}
	for i, f := range e.Filters {
		if f.Name == "default" || f.Name == "safe" {
			continue
		}
		escape = true
		if v, err = s.filter(v, e.Filters[i]); err != nil {
			return nil, err
		}
	}
	if e.Neg {
		return !value.Truthy(v), nil
	}
	if s.Escape && escape {
		if text, ok := v.(string); ok && !markedSafe(e) {
			return builtin.EscapeHTML(text), nil
		}
	}
	return v, nil
}

func markedSafe(e *syntax.Expr) bool {
	n := len(e.Filters)
	return n > 0 && e.Filters[n-1].Name == "safe"
}

// core evaluates e without filters. escape says that a string result is to be
// escaped; done that filters and `not` are settled already.
func (s *State) core(e *syntax.Expr) (v any, escape, done bool, err error) {
	switch x := e.Val.(type) {
	case *syntax.Lit:
		_, escape = x.V.(string)
		return x.V, escape, false, nil
	case *syntax.Path:
		return s.variable(e, x)
	case *syntax.Call:
		v, err = s.call(e, x)
		return v, true, false, err
	case *syntax.MacroCall:
		v, err = s.macroText(x)
	case *syntax.Test:
		v, err = s.test(x)
	case *syntax.Math:
		v, err = s.arithmetic(e)
		if err == nil && v == nil {
			v = "NaN"
		}
	case *syntax.Logic:
		v, err = s.truth(e)
	case *syntax.In:
		v, err = s.contains(x)
	case *syntax.Concat:
		v, err = s.concat(e, x)
	case *syntax.Array:
		v, err = s.array(e, x)
	case *syntax.Object:
		v, err = s.object(x)
	case *syntax.Group:
		v, err = s.eval(x.X)
	case *syntax.Cond:
		v, err = s.conditional(x)
	}
	return v, false, false, err
}

// variable evaluates a path with what tolerates its absence: a `default` as the
// first filter, a `not`, and the spelling of null.
func (s *State) variable(e *syntax.Expr, p *syntax.Path) (v any, escape, done bool, err error) {
	escape = p.Name != "__tera_context"
	v, err = s.path(p)
	if (err != nil || v == nil) && e.HasDefault() {
		v, err = s.defaultValue(e)
		return v, escape, false, err
	}
	if err == nil {
		return v, escape, false, nil
	}
	if err == errNoVariable && syntax.IsNone(p) {
		return nil, false, false, nil
	}
	if e.Neg {
		return true, false, true, nil
	}
	if err == errNoVariable {
		err = s.undefined(p)
	}
	return nil, false, false, err
}

// defaultValue is the argument of the leading `default` filter.
func (s *State) defaultValue(e *syntax.Expr) (any, error) {
	f := e.Filters[0]
	for _, a := range f.Args {
		if a.Name == "value" || a.Name == "" {
			return s.eval(a.Val)
		}
	}
	return nil, s.fail(CodeFunction, f.Off, f.End, "the filter `default` needs the argument `value`")
}

// truth evaluates e as a condition: an undefined variable is false, and so is
// one whose filters fail, or an environment variable that is not set.
func (s *State) truth(e *syntax.Expr) (bool, error) {
	if x, ok := e.Val.(*syntax.Logic); ok && (x.Op == syntax.Eq || x.Op == syntax.NotEq) {
		return s.equality(x, e.Neg)
	}
	b, err := s.truthOf(e)
	if err != nil {
		return false, err
	}
	return b != e.Neg, nil
}

func (s *State) truthOf(e *syntax.Expr) (bool, error) {
	switch x := e.Val.(type) {
	case *syntax.Logic:
		return s.logic(x)
	case *syntax.Path:
		mark, quiet := s.mark(), s.Quiet
		s.Quiet = true
		v, err := s.eval(e)
		s.Quiet = quiet
		if err != nil {
			if fatal(err) {
				return false, err
			}
			s.reset(mark)
			v = false
		}
		return value.Truthy(v) != e.Neg, nil
	case *syntax.Lit:
		return value.Truthy(x.V), nil
	case *syntax.Math:
		v, err := s.arithmetic(e)
		return value.Truthy(v), err
	case *syntax.In:
		return s.contains(x)
	case *syntax.Test:
		return s.test(x)
	case *syntax.Call:
		v, err := s.call(e, x)
		if errors.Is(err, builtin.ErrNotSet) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		b, ok := v.(bool)
		if text, is := v.(string); is {
			return text != "", nil
		}
		if !ok && e.HasDefault() {
			return value.Truthy(v), nil
		}
		if !ok {
			return false, s.fail(CodeEval, x.Off, x.End, "the function `%s` gives %s, a condition needs true or false", x.Name, value.Kind(v))
		}
		return b, nil
	case *syntax.MacroCall:
		v, err := s.macroText(x)
		return v != "", err
	case *syntax.Group:
		if len(e.Filters) == 0 {
			return s.truth(x.X)
		}
	}
	v, err := s.eval(e)
	return value.Truthy(v) != e.Neg, err
}

// fatal reports whether err must not be swallowed by a condition.
func fatal(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Code == CodeLimit
}

func (s *State) logic(x *syntax.Logic) (bool, error) {
	if x.Op != syntax.Or && x.Op != syntax.And {
		return s.ordered(x)
	}
	l, err := s.truth(x.L)
	if err != nil || l == (x.Op == syntax.Or) {
		return l, err
	}
	return s.truth(x.R)
}

// equality evaluates == and !=. When exactly one side is a number the result is
// false for both, and even behind a `not`, as in Tera.
func (s *State) equality(x *syntax.Logic, neg bool) (bool, error) {
	l, err := s.eval(x.L)
	if err != nil {
		return false, err
	}
	r, err := s.eval(x.R)
	if err != nil {
		return false, err
	}
	var equal bool
	if ln, rn := value.IsNumber(l), value.IsNumber(r); ln || rn {
		if ln != rn {
			return false, nil
		}
		equal = value.Float(l) == value.Float(r)
	} else {
		equal = value.Equal(l, r)
	}
	return equal == (x.Op == syntax.Eq) != neg, nil
}

func (s *State) ordered(x *syntax.Logic) (bool, error) {
	lv, err := s.number(x.L)
	if err != nil {
		return false, err
	}
	rv, err := s.number(x.R)
	if err != nil {
		return false, err
	}
	if lv == nil || rv == nil {
		return false, s.fail(CodeEval, x.L.Off, x.L.End, "a comparison with NaN")
	}
	l, r := value.Float(lv), value.Float(rv)
	switch x.Op {
	case syntax.Lt:
		return l < r, nil
	case syntax.Lte:
		return l <= r, nil
	case syntax.Gt:
		return l > r, nil
	default:
		return l >= r, nil
	}
}

func (s *State) contains(x *syntax.In) (bool, error) {
	l, err := s.safe(x.L)
	if err != nil {
		return false, err
	}
	r, err := s.safe(x.R)
	if err != nil {
		return false, err
	}
	found := false
	switch c := r.(type) {
	case []any:
		for _, v := range c {
			if found = value.Equal(v, l); found {
				break
			}
		}
	case string:
		t, ok := l.(string)
		if !ok {
			return false, s.fail(CodeEval, x.L.Off, x.L.End, "%s can not be in a string", value.Kind(l))
		}
		found = strings.Contains(c, t)
	case map[string]any:
		t, ok := l.(string)
		if !ok {
			return false, s.fail(CodeEval, x.L.Off, x.L.End, "%s can not be a key of an object", value.Kind(l))
		}
		_, found = c[t]
	default:
		return false, s.fail(CodeEval, x.R.Off, x.R.End, "`in` needs a string, an array or an object on its right, not %s", value.Kind(r))
	}
	return found != x.Neg, nil
}

// concat joins texts and numbers. A float literal loses its `.0`, a float
// variable keeps it, as in Tera.
func (s *State) concat(e *syntax.Expr, x *syntax.Concat) (any, error) {
	first := len(s.joined)
	defer func() { s.joined = s.joined[:first] }()
	for _, part := range x.Parts {
		if lit, ok := part.Val.(*syntax.Lit); ok {
			switch v := lit.V.(type) {
			case float64:
				s.joined = strconv.AppendFloat(s.joined, v, 'f', -1, 64)
				continue
			case int64:
				s.joined = strconv.AppendInt(s.joined, v, 10)
				continue
			}
		}
		v, err := s.safe(part)
		if err != nil {
			return nil, err
		}
		switch t := v.(type) {
		case string:
			s.joined = append(s.joined, t...)
		case int64, uint64, float64:
			s.joined = append(s.joined, value.NumberText(t)...)
		default:
			err := s.fail(CodeEval, part.Off, part.End, "`~` joins strings and numbers, this is %s", value.Kind(v))
			err.Hint = "`| as_str` turns it into text"
			return nil, err
		}
		if len(s.joined)-first > s.Host.MaxBytes() {
			return nil, s.fail(CodeLimit, e.Off, e.End, "the joined text is larger than %d bytes", s.Host.MaxBytes())
		}
	}
	text := string(s.joined[first:])
	return text, s.spend(text, e.Off, e.End)
}

func (s *State) array(e *syntax.Expr, x *syntax.Array) (any, error) {
	out := make([]any, len(x.Items))
	for i, item := range x.Items {
		v, err := s.eval(item)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, s.spend(out, e.Off, e.End)
}

func (s *State) object(x *syntax.Object) (any, error) {
	out := make(map[string]any, len(x.Keys))
	for i, k := range x.Keys {
		v, err := s.eval(x.Vals[i])
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

func (s *State) conditional(x *syntax.Cond) (any, error) {
	b, err := s.truth(x.If)
	if err != nil {
		return nil, err
	}
	switch {
	case b:
		return s.eval(x.Then)
	case x.Else != nil:
		return s.eval(x.Else)
	}
	return "", nil
}

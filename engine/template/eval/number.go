package eval

import (
	"math"
	"math/bits"

	"github.com/seanchatmangpt/clnrm-tui/engine/template/syntax"
	"github.com/seanchatmangpt/clnrm-tui/engine/template/value"
)

// number evaluates e as an operand. The result is an int64, uint64 or float64,
// or nil for NaN.
func (s *State) number(e *syntax.Expr) (any, error) {
	if len(e.Filters) == 0 {
		return s.arithmetic(e)
	}
	v, err := s.eval(e)
	if err != nil {
		return nil, err
	}
	return s.numeric(e, v)
}

func (s *State) numeric(e *syntax.Expr, v any) (any, error) {
	if value.IsNumber(v) {
		return v, nil
	}
	return nil, s.fail(CodeEval, e.Off, e.End, "arithmetic and ordering need numbers, this is %s", value.Kind(v))
}

// arithmetic evaluates the core of e as a number, without its filters.
func (s *State) arithmetic(e *syntax.Expr) (any, error) {
	switch x := e.Val.(type) {
	case *syntax.Math:
		return s.math(e, x)
	case *syntax.Path:
		v, err := s.path(x)
		if err == errNoVariable {
			return nil, s.undefined(x)
		}
		if err != nil {
			return nil, err
		}
		return s.numeric(e, v)
	case *syntax.Group:
		if len(e.Filters) == 0 && !e.Neg {
			return s.number(x.X)
		}
	case *syntax.Test, *syntax.Logic, *syntax.In:
		return nil, s.fail(CodeEval, e.Off, e.End, "arithmetic and ordering need numbers, this is a boolean")
	}
	v, _, _, err := s.core(e)
	if err != nil {
		return nil, err
	}
	return s.numeric(e, v)
}

func (s *State) math(e *syntax.Expr, x *syntax.Math) (any, error) {
	l, err := s.number(x.L)
	if err != nil {
		return nil, err
	}
	r, err := s.number(x.R)
	if err != nil || l == nil || r == nil {
		return nil, err
	}
	if x.Op == '/' {
		return float(value.Float(l) / value.Float(r)), nil
	}
	if x.Op == '%' && !isFloat(l) && !isFloat(r) && value.Float(r) == 0 {
		return nil, s.fail(CodeEval, x.L.Off, x.L.End, "a remainder of a division by zero")
	}
	li, lok := l.(int64)
	ri, rok := r.(int64)
	if lok && rok {
		if v, ok := signed(x.Op, li, ri); ok {
			return v, nil
		}
		return nil, s.overflow(e, x, l, r)
	}
	lu, lok := natural(l)
	ru, rok := natural(r)
	if lok && rok {
		if v, ok := unsigned(x.Op, lu, ru); ok {
			return value.Normalise(v), nil
		}
		return nil, s.overflow(e, x, l, r)
	}
	a, b := value.Float(l), value.Float(r)
	switch x.Op {
	case '+':
		return float(a + b), nil
	case '-':
		return float(a - b), nil
	case '*':
		return float(a * b), nil
	}
	return float(math.Mod(a, b)), nil
}

func (s *State) overflow(e *syntax.Expr, x *syntax.Math, l, r any) error {
	return s.fail(CodeEval, e.Off, e.End, "%s %c %s does not fit 64 bits", value.NumberText(l), x.Op, value.NumberText(r))
}

// float returns f, or nil when it is no number that can be printed.
func float(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return f
}

func isFloat(v any) bool { _, ok := v.(float64); return ok }

func natural(v any) (uint64, bool) {
	switch v := v.(type) {
	case uint64:
		return v, true
	case int64:
		return uint64(v), v >= 0
	}
	return 0, false
}

func signed(op byte, a, b int64) (any, bool) {
	switch op {
	case '+':
		c := a + b
		return c, (c > a) == (b > 0)
	case '-':
		c := a - b
		return c, (c < a) == (b > 0)
	case '*':
		if a == 0 || b == 0 {
			return int64(0), true
		}
		c := a * b
		return c, c/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64)
	}
	if b == -1 {
		return int64(0), true
	}
	return a % b, true
}

func unsigned(op byte, a, b uint64) (any, bool) {
	switch op {
	case '+':
		c, carry := bits.Add64(a, b, 0)
		return c, carry == 0
	case '-':
		return a - b, a >= b
	case '*':
		hi, lo := bits.Mul64(a, b)
		return lo, hi == 0
	}
	return a % b, true
}

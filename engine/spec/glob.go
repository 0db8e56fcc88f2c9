package spec

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Glob is a compiled name pattern: * is any run of characters, also none, "."
// and ":" included; ? is one character; [abc], [a-z] and [!x] are one character
// of a class. Everything else stands for itself. The zero Glob matches the
// empty name only.
type Glob struct {
	pattern string
	literal bool // no special character: plain comparison
	ops     []globOp
}

// globOp matches one character, or with star any run of them.
type globOp struct {
	star   bool
	any    bool // ?
	negate bool
	char   rune
	class  []globRange // nil for a literal character
}

type globRange struct{ lo, hi rune }

// The ways in which a pattern is refused.
var (
	errClassOpen  = errors.New("a `[` is never closed")
	errClassEmpty = errors.New("a character class is empty")
	errClassRange = errors.New("a range in a character class runs backwards")
)

// CompileGlob compiles a pattern; the error says what is wrong with it.
func CompileGlob(pattern string) (Glob, error) {
	g := Glob{pattern: pattern, literal: !strings.ContainsAny(pattern, "*?[")}
	if g.literal {
		return g, nil
	}
	for i := 0; i < len(pattern); {
		c, size := utf8.DecodeRuneInString(pattern[i:])
		i += size
		switch c {
		case '*':
			if n := len(g.ops); n == 0 || !g.ops[n-1].star {
				g.ops = append(g.ops, globOp{star: true})
			}
		case '?':
			g.ops = append(g.ops, globOp{any: true})
		case '[':
			op, used, err := compileClass(pattern[i:])
			if err != nil {
				return Glob{}, err
			}
			g.ops = append(g.ops, op)
			i += used
		default:
			g.ops = append(g.ops, globOp{char: c})
		}
	}
	return g, nil
}

// compileClass reads a class behind its opening bracket and says how many bytes
// it took. A "]" right behind the bracket (or behind "!") is an empty class.
func compileClass(s string) (op globOp, used int, err error) {
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return op, 0, errClassOpen
	}
	body := s[:end]
	if strings.HasPrefix(body, "!") {
		op.negate, body = true, body[1:]
	}
	chars := []rune(body)
	if len(chars) == 0 {
		return op, 0, errClassEmpty
	}
	for i := 0; i < len(chars); i++ {
		r := globRange{chars[i], chars[i]}
		if i+2 < len(chars) && chars[i+1] == '-' {
			r.hi = chars[i+2]
			i += 2
		}
		if r.hi < r.lo {
			return op, 0, errClassRange
		}
		op.class = append(op.class, r)
	}
	return op, end + 1, nil
}

// String returns the pattern.
func (g Glob) String() string { return g.pattern }

// Literal reports whether the pattern is an ordinary name.
func (g Glob) Literal() bool { return g.literal }

// Match reports whether the whole name matches. It allocates nothing; its time
// is at most proportional to the length of the name times that of the pattern,
// for only the last star is ever tried again.
func (g Glob) Match(name string) bool {
	if g.literal || len(g.ops) == 0 {
		return name == g.pattern
	}
	op, i := 0, 0
	star, from := -1, 0 // op behind the last star, and where it was tried
	for i < len(name) {
		if op < len(g.ops) && g.ops[op].star {
			op++
			star, from = op, i
			continue
		}
		c, size := utf8.DecodeRuneInString(name[i:])
		if op < len(g.ops) && g.ops[op].matches(c) {
			op++
			i += size
			continue
		}
		if star < 0 {
			return false
		}
		_, size = utf8.DecodeRuneInString(name[from:])
		from += size
		op, i = star, from
	}
	for op < len(g.ops) && g.ops[op].star {
		op++
	}
	return op == len(g.ops)
}

func (o *globOp) matches(c rune) bool {
	switch {
	case o.star:
		return false
	case o.any:
		return true
	case o.class == nil:
		return o.char == c
	}
	for _, r := range o.class {
		if r.lo <= c && c <= r.hi {
			return !o.negate
		}
	}
	return o.negate
}

package eval

import "context"

// maxDepth bounds the nesting of macro calls and includes.
const maxDepth = 200

// work counts one round of a loop, a call or an include against the limits.
func (s *State) work(off, end int) error {
	s.rounds++
	if s.rounds > s.MaxLoops {
		return s.fail(CodeLimit, off, end, "more than %d loop rounds and calls", s.MaxLoops)
	}
	if s.rounds&1023 == 0 {
		if err := context.Cause(s.ctx); err != nil {
			e := s.fail(CodeLimit, off, end, "rendering was stopped: %v", err)
			e.Err = err
			return e
		}
	}
	if s.Out.err != nil {
		return s.outputErr()
	}
	return nil
}

// spendFactor times the limit of one text is what all intermediate values of a
// render may take together: variables keep them alive.
// Values below smallValue bytes are bounded by the number of loop rounds.
const (
	spendFactor = 8
	smallValue  = 128
)

// spend counts an intermediate value against the memory of a render.
func (s *State) spend(v any, off, end int) error {
	switch v := v.(type) {
	case string:
		if len(v) >= smallValue {
			s.spent += len(v)
		}
	case []any:
		if 16*len(v) >= smallValue {
			s.spent += 16 * len(v)
		}
	}
	if s.spent/spendFactor > s.Host.MaxBytes() {
		return s.fail(CodeLimit, off, end, "the values of this template take more than %d bytes", spendFactor*s.Host.MaxBytes())
	}
	return nil
}

// deeper counts a macro call or include against the depth limit.
func (s *State) deeper(off, end int) error {
	if s.depth >= maxDepth {
		e := s.fail(CodeLimit, off, end, "macros and includes are nested more than %d deep", maxDepth)
		e.Hint = "something calls or includes itself without an end"
		return e
	}
	s.depth++
	return s.work(off, end)
}
